//! Where somebody is signed in, and ending it there.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Moment, Problem, bearer::Bearer, call::Call, json::read_by_field};

/// One session, as its person recognises it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSession {
    pub id: String,
    /// Browser and system in words, where it was last seen.
    pub device: String,
    pub address: String,
    pub signed_in_at: Moment,
    pub last_active_at: Moment,
    /// The one that asks.
    pub is_this: bool,
}

read_by_field!(LiveSession { id, device, address, signed_in_at, last_active_at, is_this });

/// A page of the list, the session seen last first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    pub sessions: Vec<LiveSession>,
    /// What to ask for as `after`, if there are more.
    pub next: Option<String>,
}

read_by_field!(Sessions { sessions, next });

/// The sessions of whoever calls, ten at a time. `after`: the `next` of the page before; what is none begins at the first.
#[server(prefix = "/api", endpoint = "sessions", protocol = Call<Bearer>)]
pub async fn list(#[server(default)] after: String) -> Result<Sessions, Problem> {
    let caller = super::caller::Caller::current()?;
    let principal = caller.principal().await?;
    caller.person(principal).sessions(&after).await
}

/// Ends a session of whoever calls. 404 for anybody else's; nothing happens to one that has ended already.
#[server(prefix = "/api", endpoint = "end_session", protocol = Call<Bearer>)]
pub async fn end_session(id: String) -> Result<(), Problem> {
    let caller = super::caller::Caller::current()?;
    let principal = caller.principal().await?;
    caller.person(principal).end_session(&id).await
}

/// Ends all sessions of whoever calls but the one that asks. How many there were.
#[server(prefix = "/api", endpoint = "end_other_sessions", protocol = Call<Bearer>)]
pub async fn end_other_sessions() -> Result<u32, Problem> {
    let caller = super::caller::Caller::current()?;
    let principal = caller.principal().await?;
    caller.person(principal).end_other_sessions().await
}

/// Ends all sessions of whoever calls, the one that asks among them. The cookie stays until a logout clears it.
#[server(prefix = "/api", endpoint = "logout_everywhere", protocol = Call<Bearer>)]
pub async fn logout_everywhere() -> Result<(), Problem> {
    let caller = super::caller::Caller::current()?;
    let principal = caller.principal().await?;
    caller.person(principal).log_out_everywhere().await
}

#[cfg(feature = "ssr")]
impl Sessions {
    pub(super) fn of(page: crate::auth::Page<crate::auth::LiveSession>, this: &str) -> Self {
        let session = |row: crate::auth::LiveSession| {
            let id = row.id.to_string();
            LiveSession {
                is_this: id == this,
                id,
                device: super::device::in_words(&row.user_agent),
                address: row.address,
                signed_in_at: Moment::at(row.authenticated_at),
                last_active_at: Moment::at(row.last_seen_at),
            }
        };
        Self {
            next: page.next.as_ref().map(ToString::to_string),
            sessions: page.rows.into_iter().map(session).collect(),
        }
    }
}
