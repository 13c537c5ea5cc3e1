//! What happened, append only.

use uuid::Uuid;

use super::{
    Store, StoreError, UnixMillis,
    database::{FromRow, Row, Transaction},
    reason_from,
};
use crate::ended::EndReason;

/// The event names of the OWASP logging vocabulary, where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    UserCreated,
    LoginSuccess,
    LoginFail,
    Logout,
    SessionReplaced,
    /// A session was ended from another one, or by the operator.
    TokenRevoked,
    TokenReuse,
    PasswordChange,
    PasswordChangeFail,
}

impl EventKind {
    const ALL: [Self; 9] = [
        Self::UserCreated,
        Self::LoginSuccess,
        Self::LoginFail,
        Self::Logout,
        Self::SessionReplaced,
        Self::TokenRevoked,
        Self::TokenReuse,
        Self::PasswordChange,
        Self::PasswordChangeFail,
    ];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user_created",
            Self::LoginSuccess => "authn_login_success",
            Self::LoginFail => "authn_login_fail",
            Self::Logout => "session_logout",
            Self::SessionReplaced => "session_replaced",
            Self::TokenRevoked => "authn_token_revoked",
            Self::TokenReuse => "authn_token_reuse",
            Self::PasswordChange => "authn_password_change",
            Self::PasswordChangeFail => "authn_password_change_fail",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    pub id: Uuid,
    pub at: UnixMillis,
    pub kind: EventKind,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub address: &'a str,
    pub user_agent: &'a str,
}

/// An event as it is read again.
#[derive(Clone, Debug)]
pub struct EventRow {
    pub id: Uuid,
    pub at: UnixMillis,
    pub kind: EventKind,
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
            kind: EventKind::from_name(&kind).ok_or(StoreError::Impossible { column: "kind" })?,
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

    /// The names of what happened to a user, oldest first.
    pub async fn event_kinds(&self, user_id: Uuid) -> Result<Vec<String>, StoreError> {
        let kinds = self.database.read("SELECT kind FROM events WHERE user_id = $1 ORDER BY at, id");
        Ok(kinds.bind(user_id).all::<(String,)>().await?.into_iter().map(|(kind,)| kind).collect())
    }
}

pub(super) async fn insert(to: &mut Transaction, event: &NewEvent<'_>) -> Result<(), StoreError> {
    to.statement(
        "INSERT INTO events (id, at, kind, user_id, session_id, address, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(event.id)
    .bind(event.at)
    .bind(event.kind.name())
    .bind(event.user_id)
    .bind(event.session_id)
    .bind(event.address)
    .bind(event.user_agent)
    .execute()
    .await?;
    Ok(())
}
