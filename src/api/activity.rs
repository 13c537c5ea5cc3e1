//! What happened to somebody's account lately.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Moment, Problem,
    bearer::Bearer,
    call::Call,
    json::{FromJson, Json, read_by_field},
};
use crate::ended::EndReason;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    AccountMade,
    SignedIn,
    SignInFailed,
    /// Too many tries: signing in was refused.
    TooManyTries,
    SignedOut,
    /// A session was ended by other means than its own sign-out.
    SessionEnded(EndReason),
    PasswordChanged,
    PasswordChangeFailed,
    AccountDisabled,
    AccountEnabled,
    /// Something that the account has beside a name and a password.
    DetailsChanged,
    /// Failures to sign in were forgotten.
    Unlocked,
}

impl FromJson for What {
    fn from_json(json: &Json) -> Option<Self> {
        let (name, held) = json.variant()?;
        Some(match &*name {
            "AccountMade" => Self::AccountMade,
            "SignedIn" => Self::SignedIn,
            "SignInFailed" => Self::SignInFailed,
            "TooManyTries" => Self::TooManyTries,
            "SignedOut" => Self::SignedOut,
            "SessionEnded" => Self::SessionEnded(EndReason::from_json(&held)?),
            "PasswordChanged" => Self::PasswordChanged,
            "PasswordChangeFailed" => Self::PasswordChangeFailed,
            "AccountDisabled" => Self::AccountDisabled,
            "AccountEnabled" => Self::AccountEnabled,
            "DetailsChanged" => Self::DetailsChanged,
            "Unlocked" => Self::Unlocked,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    pub id: String,
    pub at: Moment,
    pub what: What,
    /// Browser and system in words; of a key that was used in two places, both. `None`: the operator did it.
    pub device: Option<String>,
    pub address: String,
    /// Where a session was that was ended from elsewhere.
    pub ended_device: Option<String>,
}

read_by_field!(Happening { id, at, what, device, address, ended_device });

/// A page of the list, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    pub happenings: Vec<Happening>,
    /// What to ask for as `after`, if there are more.
    pub next: Option<String>,
}

read_by_field!(Activity { happenings, next });

/// What happened to the account of whoever calls, ten at a time. `after`: the `next` of the page before; what is none begins at the latest.
#[server(prefix = "/api", endpoint = "activity", protocol = Call<Bearer>)]
pub async fn list(#[server(default)] after: String) -> Result<Activity, Problem> {
    let caller = super::caller::Caller::current()?;
    let principal = caller.principal().await?;
    caller.person(principal).activity(&after).await
}

#[cfg(feature = "ssr")]
impl Activity {
    pub(super) fn of(page: crate::auth::Page<crate::auth::EventRow>) -> Self {
        Self {
            next: page.next.as_ref().map(ToString::to_string),
            happenings: page.rows.into_iter().filter_map(Happening::of).collect(),
        }
    }
}

#[cfg(feature = "ssr")]
impl Happening {
    /// `None`: nothing for its person to read.
    fn of(row: crate::auth::EventRow) -> Option<Self> {
        use crate::auth::EventKind;
        let kind = row.kind?;
        let what = match kind {
            EventKind::UserCreated => What::AccountMade,
            EventKind::LoginSuccess => What::SignedIn,
            EventKind::LoginFail => What::SignInFailed,
            EventKind::Logout => What::SignedOut,
            EventKind::SessionReplaced => What::SessionEnded(EndReason::Replaced),
            EventKind::TokenReuse => What::SessionEnded(EndReason::Reused),
            EventKind::TokenRevoked => What::SessionEnded(row.session_ended.unwrap_or(EndReason::Revoked)),
            EventKind::PasswordChange => What::PasswordChanged,
            EventKind::PasswordChangeFail => What::PasswordChangeFailed,
            EventKind::LoginLock | EventKind::LimitExceeded => What::TooManyTries,
            EventKind::UserArchived => What::AccountDisabled,
            EventKind::UserUpdated => What::AccountEnabled,
            EventKind::FieldChanged => What::DetailsChanged,
            EventKind::Unlocked => What::Unlocked,
            // They are gone, or it is about nobody's account, or of no weight for its person.
            EventKind::UserDeleted
            | EventKind::UseAfterExpire
            | EventKind::TokenInvalid
            | EventKind::Csrf
            | EventKind::KeyPublished
            | EventKind::KeysReplaced
            | EventKind::Restored => return None,
        };
        let ended_elsewhere = kind == EventKind::TokenRevoked;
        let other = row.session_user_agent.as_ref().filter(|_| kind == EventKind::TokenReuse);
        let in_words = |user_agent: &String| super::device::in_words(user_agent);
        Some(Self {
            id: row.id.to_string(),
            at: Moment::at(row.at),
            what,
            device: (!row.address.is_empty()).then(|| match other {
                Some(other) => super::device::both_in_words(&row.user_agent, other),
                None => in_words(&row.user_agent),
            }),
            address: row.address,
            ended_device: row.session_user_agent.filter(|_| ended_elsewhere).as_ref().map(in_words),
        })
    }
}
