//! The ends of sessions: each written once, with its reason and the event that says who did it.

use uuid::Uuid;

use super::{
    EventKind, NewEvent, Store, StoreError, UnixMillis,
    database::{FromRow, Row, Transaction},
    events, reason_from,
};
use crate::ended::EndReason;

/// The session from which a person ends others: what they ask for is done only as long as it has not ended itself.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    pub user_id: Uuid,
    pub session_id: Uuid,
}

/// Makes the event of a session's end.
pub type EventOf<'a> = dyn Fn(Uuid) -> NewEvent<'a> + Send + Sync + 'a;

/// The sessions that ended at once.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    pub ids: Vec<Uuid>,
    /// How many of them had not run out before.
    pub live: u32,
}

/// How a session ended.
#[derive(Clone, Debug)]
pub struct EndingRow {
    pub reason: EndReason,
    pub at: UnixMillis,
    /// From where, if the event is there.
    pub by: Option<(String, String)>,
}

impl FromRow for EndingRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let reason: String = row.get("ended_reason")?;
        let (address, user_agent): (Option<String>, Option<String>) = (row.get("address")?, row.get("user_agent")?);
        Ok(Self { reason: reason_from(&reason)?, at: row.get("ended_at")?, by: address.zip(user_agent) })
    }
}

impl Store {
    /// Ends a session and writes the event with it. `false`: it had ended already.
    pub async fn end_session(
        &self,
        id: Uuid,
        reason: EndReason,
        now: UnixMillis,
        event: &NewEvent<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let ended = end(&mut transaction, id, reason, now).await?;
        if ended {
            events::insert(&mut transaction, event).await?;
        }
        transaction.commit().await?;
        Ok(ended)
    }

    /// Ends another session of the same user. `false`: the session that asks has ended itself, and nothing was done.
    pub async fn end_another(
        &self,
        own: Own,
        id: Uuid,
        now: UnixMillis,
        event: &NewEvent<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !still_holds(&mut transaction, own).await? {
            return Ok(false);
        }
        if end(&mut transaction, id, EndReason::Revoked, now).await? {
            events::insert(&mut transaction, event).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends all other sessions of the same user. `None`: the session that asks has ended itself, and nothing was done.
    pub async fn end_others(&self, own: Own, now: UnixMillis, event: &EventOf<'_>) -> Result<Option<Ends>, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !still_holds(&mut transaction, own).await? {
            return Ok(None);
        }
        let ends = end_all_others(&mut transaction, own, EndReason::Revoked, now, event).await?;
        transaction.commit().await?;
        Ok(Some(ends))
    }

    /// Ends all sessions of a user: the one that asks is signed out, the others are revoked. `None`: it has ended before, and nothing was done.
    pub async fn end_everywhere(
        &self,
        own: Own,
        now: UnixMillis,
        logout: &NewEvent<'_>,
        event: &EventOf<'_>,
    ) -> Result<Option<Ends>, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !end(&mut transaction, own.session_id, EndReason::SignedOut, now).await? {
            return Ok(None);
        }
        events::insert(&mut transaction, logout).await?;
        let mut ends = end_all_others(&mut transaction, own, EndReason::Revoked, now, event).await?;
        transaction.commit().await?;
        ends.ids.push(own.session_id);
        Ok(Some(ends))
    }

    /// How a session ended. `None`: it has not.
    pub async fn ending(&self, id: Uuid) -> Result<Option<EndingRow>, StoreError> {
        const ENDS: [EventKind; 4] =
            [EventKind::Logout, EventKind::SessionReplaced, EventKind::TokenRevoked, EventKind::TokenReuse];
        let query = self.database.read(
            "SELECT sessions.ended_reason, sessions.ended_at, events.address, events.user_agent
             FROM sessions LEFT JOIN events ON events.session_id = sessions.id AND events.at = sessions.ended_at
                 AND events.kind IN ($2, $3, $4, $5)
             WHERE sessions.id = $1 AND sessions.ended_at IS NOT NULL LIMIT 1",
        );
        let query = ENDS.into_iter().fold(query.bind(id), |query, kind| query.bind(kind.name()));
        query.optional().await
    }

    /// Sessions that ended after `since`, with the time of their end.
    pub async fn sessions_ended_since(&self, since: UnixMillis) -> Result<Vec<(Uuid, UnixMillis)>, StoreError> {
        self.database.read("SELECT id, ended_at FROM sessions WHERE ended_at > $1").bind(since).all().await
    }
}

pub(super) async fn end(
    transaction: &mut Transaction,
    id: Uuid,
    reason: EndReason,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let done = transaction.statement(
        "UPDATE sessions SET ended_at = $2, ended_reason = $3, sealed_current = NULL WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(now)
    .bind(reason.code())
    .execute()
    .await?;
    Ok(done == 1)
}

/// Whether a session has not ended. Written, not read, so that on every engine it does not end before the transaction does.
pub(super) async fn still_holds(transaction: &mut Transaction, own: Own) -> Result<bool, StoreError> {
    let held = transaction.statement(
        "UPDATE sessions SET last_seen_at = last_seen_at WHERE id = $1 AND user_id = $2 AND ended_at IS NULL",
    )
    .bind(own.session_id)
    .bind(own.user_id)
    .execute()
    .await?;
    Ok(held == 1)
}

/// Ends every session of a user but one. Those that had run out are closed with the rest, so that no clock revives them, but nothing is told
/// of them.
pub(super) async fn end_all_others(
    transaction: &mut Transaction,
    own: Own,
    reason: EndReason,
    now: UnixMillis,
    event: &EventOf<'_>,
) -> Result<Ends, StoreError> {
    let ended: Vec<(Uuid, bool)> = transaction.statement(
        "UPDATE sessions SET ended_at = $3, ended_reason = $4, sealed_current = NULL
         WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL
         RETURNING id, idle_expires_at > $3 AND absolute_expires_at > $3",
    )
    .bind(own.user_id)
    .bind(own.session_id)
    .bind(now)
    .bind(reason.code())
    .all()
    .await?;
    let mut ends = Ends::default();
    for (id, live) in ended {
        if live {
            events::insert(transaction, &event(id)).await?;
            ends.live += 1;
        }
        ends.ids.push(id);
    }
    Ok(ends)
}
