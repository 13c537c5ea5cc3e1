//! What is written by `serde` is read by hand as it was.

use std::fmt::Debug;

use serde::Serialize;
use serde_json::json;

use super::{FromJson, Json};
use crate::{
    api::{
        Account, Grant, Moment, Problem,
        activity::{Activity, Happening, What},
        ending::{By, Ending},
        password::PasswordChanged,
        problem::{FieldProblem, Reached},
        sessions::{LiveSession, Sessions},
    },
    ended::{EndReason, Refusal},
    fields::Filled,
};

#[track_caller]
fn survives<T: Serialize + FromJson + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(Json::parse(&text).as_ref().and_then(T::from_json).as_ref(), Some(value), "{text}");
}

fn moment() -> Moment {
    Moment { unix_ms: 1_800_000_000_123, utc: "2027-01-15T08:00:00Z".to_owned() }
}

fn problem() -> Problem {
    Problem::new(422, "invalid_input", "Unprocessable Content", "Enter \u{201c}a\u{201d} name.\n")
}

fn refusals() -> impl Iterator<Item = Refusal> {
    EndReason::ALL.into_iter().map(Refusal::Ended).chain([Refusal::Invalid, Refusal::Expired])
}

#[test]
fn whose_account_it_is() {
    let text = |text: &str| text.to_owned();
    let account = Account {
        user_id: text("7"),
        username: text("zoë \u{1f600}"),
        session_id: text("8"),
        signed_in_at: moment(),
        idle_until: moment(),
        ends_at: moment(),
        device: text("Firefox on Linux"),
        address: text("::1"),
        fields: [Filled { name: "team".to_owned(), value: "red".to_owned() }].into_iter().collect(),
    };
    survives(&account);
    survives(&Ok::<Account, Problem>(account));
    survives(&Err::<Account, _>(problem()));
    survives(&PasswordChanged { ended: u32::MAX });
}

#[test]
fn what_went_wrong() {
    survives(&problem());
    let fields = vec![FieldProblem { field: "username".to_owned(), detail: "Taken.".to_owned() }];
    survives(&Problem { retry_after: Some(7), fields, ..problem() });
    for limit in Reached::ALL {
        survives(&Problem { limit: Some(limit), ..problem() });
    }
}

#[test]
fn why_a_session_ended() {
    for why in refusals() {
        survives(&why);
        for by in [None, Some(By::Operator), Some(By::Device("a device".to_owned()))] {
            survives(&Some(Ending { why, at: moment(), by }));
        }
    }
    survives(&None::<Ending>);
}

#[test]
fn the_lists() {
    let ended = EndReason::ALL.into_iter().map(What::SessionEnded);
    let rest = [
        What::AccountMade,
        What::SignedIn,
        What::SignInFailed,
        What::SignedOut,
        What::PasswordChanged,
        What::PasswordChangeFailed,
        What::TooManyTries,
        What::AccountDisabled,
        What::AccountEnabled,
    ];
    let happening = |what| Happening {
        id: "9".to_owned(),
        at: moment(),
        what,
        device: None,
        address: String::new(),
        ended_device: Some("another".to_owned()),
    };
    survives(&Activity { happenings: ended.chain(rest).map(happening).collect(), next: Some("10".to_owned()) });
    let session = LiveSession {
        id: "8".to_owned(),
        device: "a device".to_owned(),
        address: "::1".to_owned(),
        signed_in_at: moment(),
        last_active_at: moment(),
        is_this: true,
    };
    survives(&Sessions { sessions: vec![session], next: None });
}

#[test]
fn a_grant() {
    let text = json!({"access_token": "a.b.c", "expires_in": 900, "session_id": "8", "user_id": "7", "renewed": false});
    let grant = Grant::from_json(&Json::parse(&text.to_string()).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&grant).unwrap(), text);
}

#[test]
fn what_is_something_else_is_refused() {
    for text in ["[]", "{}", "7", "\"Maybe\"", "{\"Ended\":\"Maybe\"}", "null"] {
        let json = Json::parse(text).unwrap();
        assert_eq!(Refusal::from_json(&json), None, "{text}");
        assert_eq!(Grant::from_json(&json), None, "{text}");
    }
    assert!(Json::parse("<html>").is_none());
}
