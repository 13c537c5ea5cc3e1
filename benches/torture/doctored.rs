//! What a history would look like if a server broke an invariant: the one that was recorded, with answers changed. A check that lets it pass checks nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Answer, Event, Operation};

/// Another token of a generation that has one.
pub fn forked(events: &mut [Event]) {
    let mut seen = BTreeSet::new();
    for event in events {
        let Some((generation, _)) = event.token() else { continue };
        if !seen.insert((event.session, generation)) {
            event.answer = Answer::Token(generation, "another".to_owned());
            return;
        }
    }
}

/// The next token for whoever shows one that was used.
pub fn lenient(events: &mut [Event]) {
    for event in refused(events, "reused") {
        event.answer = next_token(event.shown);
    }
}

/// An alarm at the last refresh of each session, whatever was shown.
pub fn suspicious(events: &mut [Event]) {
    let mut last: BTreeMap<usize, &mut Event> = BTreeMap::new();
    for event in events.iter_mut().filter(|event| event.operation == Operation::Refresh) {
        last.insert(event.session, event);
    }
    for event in last.into_values() {
        event.answer = Answer::Refused("reused".to_owned());
    }
}

/// The next token for whoever comes after the end.
pub fn undead(events: &mut [Event]) {
    for event in refused(events, "signed_out") {
        event.answer = next_token(event.shown);
    }
}

/// The next token for whoever comes after the absolute end.
pub fn everlasting(events: &mut [Event]) {
    for event in refused(events, "expired") {
        event.answer = next_token(event.shown);
    }
}

/// Sessions that nobody knows any more.
pub fn forgetful(events: &mut [Event]) {
    for event in refused(events, "reused") {
        event.answer = Answer::Refused("invalid".to_owned());
    }
}

fn refused<'a>(events: &'a mut [Event], code: &'a str) -> impl Iterator<Item = &'a mut Event> {
    events.iter_mut().filter(move |event| event.operation == Operation::Refresh && event.refusal() == Some(code))
}

fn next_token(shown: u32) -> Answer {
    Answer::Token(shown + 1, "one that should not be".to_owned())
}
