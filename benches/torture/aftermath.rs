//! What the database says when all is over: what was answered is there, and no change is there by half, whatever was answered with trouble or not at all.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::{ended::EndReason, store::EventKind};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    checker::{Found, tell},
    doctored,
    record::{Answer, Event, Operation, session},
};

/// Of a session: its id, its generation, why it ended, the kinds of its events, and how many of these are of another user.
type Row = (Uuid, Option<i64>, Option<String>, Vec<String>, i64);

/// What is kept of a session.
#[derive(Clone, Debug)]
pub struct Kept {
    pub session: Uuid,
    /// `None`: there are events of it, and no row.
    pub generation: Option<i64>,
    pub ended: Option<String>,
    /// The kinds of the events that name it.
    pub events: Vec<String>,
    /// How many of them are of another user than it is.
    pub of_others: i64,
}

const ALL: &str = "
    SELECT COALESCE(sessions.id, told.session_id), generation, ended_reason,
        COALESCE(array_agg(kind) FILTER (WHERE kind IS NOT NULL), '{}'),
        COUNT(*) FILTER (WHERE told.user_id IS DISTINCT FROM sessions.user_id)
    FROM sessions FULL JOIN (SELECT session_id, user_id, kind FROM events WHERE session_id IS NOT NULL) AS told
        ON told.session_id = sessions.id
    GROUP BY 1, 2, 3";

/// Those that say how a session ended.
const ENDS: [EventKind; 4] =
    [EventKind::Logout, EventKind::SessionReplaced, EventKind::TokenRevoked, EventKind::TokenReuse];

type Doctor = fn(&mut [Kept]);

/// What must not pass.
const DOCTORS: [Doctor; 9] = [
    doctored::without_login,
    doctored::without_row,
    doctored::without_end,
    doctored::untold,
    doctored::told_twice,
    doctored::mistold,
    doctored::undone,
    doctored::set_back,
    doctored::of_others,
];

pub async fn read(url: &str) -> Vec<Kept> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows: Vec<Row> = sqlx::query_as(ALL).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let kept = |(session, generation, ended, events, of_others)| Kept { session, generation, ended, events, of_others };
    rows.into_iter().map(kept).collect()
}

/// Prints the line; whether all is there, and it would have been noticed otherwise.
pub fn check(events: &[Event], kept: &[Kept]) -> bool {
    let noticed = DOCTORS.map(|doctor| {
        let mut false_rows = kept.to_vec();
        doctor(&mut false_rows);
        found(events, &false_rows).wrong.len()
    });
    tell("7: the database has what was answered, and no half of a change", &found(events, kept), &noticed)
}

fn found(events: &[Event], kept: &[Kept]) -> Found {
    let mut found = Found::default();
    let sessions: BTreeMap<usize, Uuid> =
        events.iter().filter_map(|event| Some((event.session, session(event.token()?.1)))).collect();
    for kept in kept {
        found.judge(is_whole(kept), || format!("by half: {kept:?}"));
    }
    let revocations = events.iter().filter(|event| event.operation == Operation::Revoke);
    let revoked: BTreeSet<Uuid> = revocations.filter_map(|event| sessions.get(&event.session).copied()).collect();
    for kept in kept.iter().filter(|kept| kept.ended.as_deref() == Some(EndReason::Revoked.code())) {
        found.judge(revoked.contains(&kept.session), || format!("nobody asked for it: {kept:?}"));
    }
    let kept: BTreeMap<Uuid, &Kept> = kept.iter().map(|kept| (kept.session, kept)).collect();
    for event in events {
        let Some(session) = sessions.get(&event.session) else { continue };
        let kept = kept.get(session);
        found.judge(kept.is_some_and(|kept| bears_out(kept, event)), || format!("answered: {event:?} kept: {kept:?}"));
    }
    found
}

/// A session begins with its event, and ends with the one that says how; all are of whoever it is of.
fn is_whole(kept: &Kept) -> bool {
    let logins = kept.events.iter().filter(|kind| *kind == EventKind::LoginSuccess.name()).count();
    let ends: Vec<&str> =
        kept.events.iter().map(String::as_str).filter(|kind| ENDS.iter().any(|end| end.name() == *kind)).collect();
    let ends_well = match &kept.ended {
        None => ends.is_empty(),
        Some(reason) => end_of(reason).is_some_and(|end| ends == [end.name()]),
    };
    kept.generation.is_some() && kept.of_others == 0 && logins == 1 && ends_well
}

/// `None`: for other reasons nobody here ends a session.
fn end_of(reason: &str) -> Option<EventKind> {
    match EndReason::from_code(reason)? {
        EndReason::SignedOut => Some(EventKind::Logout),
        EndReason::Reused => Some(EventKind::TokenReuse),
        EndReason::Revoked => Some(EventKind::TokenRevoked),
        EndReason::Replaced | EndReason::PasswordChanged | EndReason::Disabled => None,
    }
}

/// Whether what is kept of a session is what somebody was told of it, or came of that.
fn bears_out(kept: &Kept, event: &Event) -> bool {
    match &event.answer {
        Answer::Token(generation, _) => kept.generation.is_some_and(|kept| kept >= i64::from(*generation)),
        Answer::Done => !matches!(event.operation, Operation::Logout | Operation::Revoke) || kept.ended.is_some(),
        Answer::Refused(code) => EndReason::from_code(code).is_none() || kept.ended.as_ref() == Some(code),
        Answer::Open => true,
    }
}
