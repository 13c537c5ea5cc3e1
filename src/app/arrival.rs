//! What the server knew when it rendered the page, carried into the page so that the browser starts from the same.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    api::{
        Problem,
        json::{FromJson, Json, JsonByHand, read_by_field},
    },
    client::Rendered,
    ended::Refusal,
    fields::Fields,
};

/// How the person arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arrival {
    /// With a session, as this person.
    SignedIn { session: String, user: String },
    /// No session; if it was there and ended, why.
    SignedOut(Option<Refusal>),
    /// The cookie was kept back: the browser may remember.
    Unknown,
    /// There is a cookie, and a refresh will tell what it is worth.
    Doubtful,
}

impl FromJson for Arrival {
    fn from_json(json: &Json) -> Option<Self> {
        let (name, held) = json.variant()?;
        Some(match &*name {
            "SignedIn" => Self::SignedIn { session: held.get("session")?, user: held.get("user")? },
            "SignedOut" => Self::SignedOut(FromJson::from_json(&held)?),
            "Unknown" => Self::Unknown,
            "Doubtful" => Self::Doubtful,
            _ => return None,
        })
    }
}

impl Arrival {
    /// On the server, what the look at the cookie showed; in the browser, what the server wrote into the page.
    pub(super) fn of_this_page() -> Self {
        SharedValue::<_, JsonByHand>::new_with_encoding(Self::seen).into_inner()
    }

    /// The same, for the browser's half.
    pub fn rendered(&self) -> Rendered {
        match self {
            Self::SignedIn { session, user } => Rendered::For { session: session.clone(), user: user.clone() },
            Self::SignedOut(_) => Rendered::ForNobody,
            Self::Unknown => Rendered::Unknown,
            Self::Doubtful => Rendered::Doubtful,
        }
    }

    #[cfg(feature = "ssr")]
    fn seen() -> Self {
        use crate::api::caller::{self, Caller};
        match Caller::current().ok().and_then(|caller| caller.arrival()) {
            Some(caller::Arrival::SignedIn(principal)) => {
                Self::SignedIn { session: principal.session_id().to_string(), user: principal.user_id().to_string() }
            }
            Some(caller::Arrival::SignedOut(why)) => Self::SignedOut(why),
            Some(caller::Arrival::Doubtful) => Self::Doubtful,
            Some(caller::Arrival::Unknown) | None => Self::Unknown,
        }
    }

    #[cfg(not(feature = "ssr"))]
    fn seen() -> Self {
        Self::Unknown
    }
}

/// A form that was sent without scripts and refused: what to show in it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub username: String,
    pub fields: Fields,
    pub problem: Problem,
}

read_by_field!(Refused { username, fields, problem });

/// A form of which nothing is shown again.
impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { username: String::new(), fields: Fields::default(), problem }
    }
}

impl Refused {
    /// The one that the server answers with this very page.
    pub(super) fn of_this_page() -> Option<Self> {
        SharedValue::<_, JsonByHand>::new_with_encoding(use_context::<Self>).into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Filled;

    #[test]
    fn what_the_server_writes_into_the_page_is_read_by_hand_as_it_was() {
        let signed_in = Arrival::SignedIn { session: "8".to_owned(), user: "7".to_owned() };
        let over = Arrival::SignedOut(Some(Refusal::Expired));
        for arrival in [signed_in, over, Arrival::SignedOut(None), Arrival::Unknown, Arrival::Doubtful] {
            let text = serde_json::to_string(&arrival).unwrap();
            assert_eq!(Json::parse(&text).as_ref().and_then(Arrival::from_json), Some(arrival), "{text}");
        }
        let filled = [Filled { name: "team".to_owned(), value: "red".to_owned() }].into_iter().collect();
        let refused = Some(Refused { username: "ada".to_owned(), fields: filled, problem: Problem::unauthenticated() });
        let text = serde_json::to_string(&refused).unwrap();
        assert_eq!(Json::parse(&text).as_ref().and_then(FromJson::from_json), Some(refused));
    }
}
