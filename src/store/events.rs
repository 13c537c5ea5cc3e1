//! What happened, append only.

use sqlx::{Executor, Sqlite};
use uuid::Uuid;

use super::{Store, StoreError, UnixMillis};

/// The event names of the OWASP logging vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    UserCreated,
    LoginSuccess,
    LoginFail,
    Logout,
    SessionReplaced,
    TokenReuse,
}

impl EventKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user_created",
            Self::LoginSuccess => "authn_login_success",
            Self::LoginFail => "authn_login_fail",
            Self::Logout => "session_logout",
            Self::SessionReplaced => "session_replaced",
            Self::TokenReuse => "authn_token_reuse",
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

impl Store {
    pub async fn add_event(&self, event: &NewEvent<'_>) -> Result<(), StoreError> {
        insert(&self.write, event).await
    }

    /// The names of what happened to a user, oldest first.
    pub async fn event_kinds(&self, user_id: Uuid) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT kind FROM events WHERE user_id = $1 ORDER BY at, id")
            .bind(user_id)
            .fetch_all(&self.read)
            .await?)
    }
}

pub(super) async fn insert<'e>(
    to: impl Executor<'e, Database = Sqlite>,
    event: &NewEvent<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO events (id, at, kind, user_id, session_id, address, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(event.id)
    .bind(event.at)
    .bind(event.kind.name())
    .bind(event.user_id)
    .bind(event.session_id)
    .bind(event.address)
    .bind(event.user_agent)
    .execute(to)
    .await?;
    Ok(())
}
