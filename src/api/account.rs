//! The principal, read: the pattern for every server function behind sign-in.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    bearer::{Bearer, BearerOnce},
    call::Call,
    json::read_by_field,
};
use crate::fields::Fields;

/// Who is signed in, and the session they are signed in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user_id: String,
    pub username: String,
    pub session_id: String,
    pub signed_in_at: Moment,
    /// When the session ends if it is not used until then.
    pub idle_until: Moment,
    /// When the session ends whatever happens.
    pub ends_at: Moment,
    /// Browser and system in words.
    pub device: String,
    pub address: String,
    pub fields: Fields,
}

read_by_field!(Account { user_id, username, session_id, signed_in_at, idle_until, ends_at, device, address, fields });

/// A point in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the Unix epoch.
    pub unix_ms: i64,
    /// RFC 3339, UTC, to the second.
    pub utc: String,
}

read_by_field!(Moment { unix_ms, utc });

/// The account of whoever calls: from the bearer header, or from the read-only look while a page is rendered.
#[server(prefix = "/api", endpoint = "me", protocol = Call<Bearer>)]
pub async fn me() -> Result<Account, Problem> {
    let caller = super::caller::Caller::current()?;
    Ok(Account::of(caller.account().await?))
}

/// Whether the access token is still good. Reads no database.
#[server(prefix = "/api", endpoint = "look", protocol = Call<BearerOnce>)]
pub async fn look() -> Result<(), Problem> {
    super::caller::Caller::current()?.principal().await?;
    Ok(())
}

#[cfg(feature = "ssr")]
impl Account {
    fn of(crate::auth::Account { user, session, fields }: crate::auth::Account) -> Self {
        Self {
            user_id: user.id.to_string(),
            username: user.username,
            session_id: session.id.to_string(),
            signed_in_at: Moment::at(session.authenticated_at),
            idle_until: Moment::at(session.idle_expires_at),
            ends_at: Moment::at(session.absolute_expires_at),
            device: super::device::in_words(&session.user_agent),
            address: session.address,
            fields,
        }
    }
}

#[cfg(feature = "ssr")]
impl Moment {
    pub(super) fn at(unix_ms: i64) -> Self {
        let since = std::time::Duration::from_millis(unix_ms.try_into().unwrap_or_default());
        Self { unix_ms, utc: humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string() }
    }
}
