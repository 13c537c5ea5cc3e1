//! Why this browser's session is over.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Moment, Problem,
    call::{Call, Plain},
    json::{FromJson, Json, read_by_field},
};
#[cfg(feature = "ssr")]
use crate::ended::EndReason;
use crate::ended::Refusal;

/// How the session of this browser's cookie ended.
///
/// It names no address and no account: whoever has copied the cookie can read it too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub why: Refusal,
    pub at: Moment,
    /// `None`: nobody did it, or it is not known who.
    pub by: Option<By>,
}

read_by_field!(Ending { why, at, by });

/// Who ended a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    /// Somebody with this browser and system, in words; of a key that was used in two places, both.
    Device(String),
    /// Whoever runs this site.
    Operator,
}

impl FromJson for By {
    fn from_json(json: &Json) -> Option<Self> {
        let (name, held) = json.variant()?;
        match &*name {
            "Device" => String::from_json(&held).map(Self::Device),
            "Operator" => Some(Self::Operator),
            _ => None,
        }
    }
}

/// How the session of this browser's cookie ended. `None`: it has not, or there is no cookie of a known session. Changes nothing.
#[server(prefix = "/api", endpoint = "ending", protocol = Call<Plain>)]
pub async fn of_this_browser() -> Result<Option<Ending>, Problem> {
    super::caller::Caller::current()?.ending().await
}

#[cfg(feature = "ssr")]
impl Ending {
    pub(super) fn of(ending: crate::auth::ending::Ending) -> Self {
        let reused = ending.why == Refusal::Ended(EndReason::Reused);
        let by = |visit: crate::auth::Visit| match visit.is_operators() {
            true => By::Operator,
            false if reused => By::Device(super::device::both_in_words(&visit.user_agent, &ending.seen_user_agent)),
            false => By::Device(super::device::in_words(&visit.user_agent)),
        };
        Self { why: ending.why, at: Moment::at(ending.at), by: ending.by.map(by) }
    }
}
