//! What happened, append only. Each is a line in the log as well, as soon as it is durable.

use uuid::Uuid;

use super::{
    EventKind, Store, StoreError, UnixMillis,
    database::{Batch, FromRow, Row, Transaction},
    reason_from, security_log,
};
use crate::ended::EndReason;

#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    pub id: Uuid,
    pub at: UnixMillis,
    pub kind: EventKind,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub address: &'a str,
    pub user_agent: &'a str,
    /// What it is about, in words of ours; empty where the kind says all.
    pub detail: &'a str,
}

/// An event as it is read again.
#[derive(Clone, Debug)]
pub struct EventRow {
    pub id: Uuid,
    pub at: UnixMillis,
    /// `None`: one that only a newer version knows.
    pub kind: Option<EventKind>,
    pub address: String,
    pub user_agent: String,
    /// Of the session that it is about: where it was last seen, and why it ended.
    pub session_user_agent: Option<String>,
    pub session_ended: Option<EndReason>,
}

impl FromRow for EventRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let kind: String = row.get("kind")?;
        let ended: Option<String> = row.get("ended_reason")?;
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            kind: EventKind::from_name(&kind),
            address: row.get("address")?,
            user_agent: row.get("user_agent")?,
            session_user_agent: row.get("seen_user_agent")?,
            session_ended: ended.as_deref().map(reason_from).transpose()?,
        })
    }
}

impl Store {
    pub async fn add_event(&self, event: &NewEvent<'_>) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        insert(&mut transaction, event).await?;
        transaction.commit().await
    }

    /// Adds what is told in the log already; what was added before, once. Of an account that is gone meanwhile it names nobody.
    pub async fn add_told_events<'a>(&self, events: impl IntoIterator<Item = NewEvent<'a>>) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        for event in events {
            let sql = "INSERT INTO events (id, at, kind, user_id, session_id, address, user_agent, detail)
                 VALUES ($1, $2, $3, (SELECT id FROM users WHERE id = $4), (SELECT id FROM sessions WHERE id = $5), $6, $7, $8) ON CONFLICT (id) DO NOTHING";
            bind(transaction.batch().statement(sql), &event).execute().await?;
        }
        transaction.commit().await
    }

    /// The names of what happened to a user, oldest first.
    pub async fn event_kinds(&self, user_id: Uuid) -> Result<Vec<String>, StoreError> {
        let kinds = self.database.read("SELECT kind FROM events WHERE user_id = $1 ORDER BY at, id");
        Ok(kinds.bind(user_id).all::<(String,)>().await?.into_iter().map(|(kind,)| kind).collect())
    }
}

pub(super) async fn insert(to: &mut Transaction, event: &NewEvent<'_>) -> Result<(), StoreError> {
    add(to.batch(), event).execute().await?;
    tell(to, event);
    Ok(())
}

/// One more statement, that adds an event. It is to be [told](tell) as well.
pub(super) fn add<'t>(to: Batch<'t>, event: &NewEvent<'_>) -> Batch<'t> {
    let insert = "INSERT INTO events (id, at, kind, user_id, session_id, address, user_agent, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    bind(to.statement(insert), event)
}

/// A line in the log, when the event is durable.
pub(super) fn tell(transaction: &mut Transaction, event: &NewEvent<'_>) {
    let line = security_log::Line::of(event);
    transaction.once_committed(move || line.write());
}

/// The values of an event, in the order of its members.
fn bind<'t>(to: Batch<'t>, event: &NewEvent<'_>) -> Batch<'t> {
    to.bind(event.id)
        .bind(event.at)
        .bind(event.kind.name())
        .bind(event.user_id)
        .bind(event.session_id)
        .bind(event.address)
        .bind(event.user_agent)
        .bind(event.detail)
}

/// Commits what was done, with its event; undoes all where nothing was. Whether it was.
pub(super) async fn commit_if(
    done: bool,
    mut transaction: Transaction,
    event: &NewEvent<'_>,
) -> Result<bool, StoreError> {
    if done {
        insert(&mut transaction, event).await?;
        transaction.commit().await?;
    } else {
        transaction.undo().await?;
    }
    Ok(done)
}

impl NewEvent<'_> {
    /// For what is told in the log and not kept.
    pub fn log(&self) {
        security_log::Line::of(self).write();
    }
}
