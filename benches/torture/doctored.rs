//! What a history would look like if a server broke an invariant: the one that was recorded, with answers changed, and what the database keeps of it, with rows
//! changed. A check that lets it pass checks nothing.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::{ended::EndReason, store::EventKind};

use super::{
    aftermath::Kept,
    record::{Answer, Event, Moment, Operation},
};

/// Nothing can be acknowledged so soon.
const SOON: Moment = 1_000;

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

/// The next token for whoever was refused, for whichever reason.
pub fn lenient(events: &mut [Event]) {
    let refused = |event: &&mut Event| event.operation == Operation::Refresh && event.refusal().is_some();
    events.iter_mut().filter(refused).for_each(|event| event.answer = next_token(event.shown));
}

/// An alarm in each session that advanced as it should, at the newest token that anybody had shown.
pub fn suspicious(events: &mut [Event]) {
    accuse(events, |accused, all| {
        accused.shown > 1 && all.iter().all(|other| other.begin > accused.end || other.shown <= accused.shown)
    });
}

/// An alarm in each session at a parent whose child was made a moment ago.
pub fn hasty(events: &mut [Event]) {
    accuse(events, |accused, all| {
        let made = all.iter().filter(|other| other.shown == accused.shown).map(|other| other.begin).min();
        let is_parent = accused.token().is_some_and(|(generation, _)| generation > accused.shown);
        is_parent && made.is_some_and(|made| made < accused.begin && accused.end < made + SOON)
    });
}

/// The last refresh of each session that was granted, and is innocent among all of them, is taken for a thief's.
fn accuse(events: &mut [Event], is_innocent: impl Fn(&Event, &[&Event]) -> bool) {
    let mut sessions: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| event.operation == Operation::Refresh) {
        sessions.entry(event.session).or_default().push(index);
    }
    for indexes in sessions.into_values() {
        let all: Vec<&Event> = indexes.iter().map(|&index| &events[index]).collect();
        let innocent = |index: &&usize| events[**index].granted() && is_innocent(&events[**index], &all);
        if let Some(&index) = indexes.iter().rev().find(innocent) {
            events[index].answer = Answer::Refused("reused".to_owned());
        }
    }
}

/// The next token for whoever comes after the end.
pub fn undead(events: &mut [Event]) {
    for event in refused(events, "signed_out") {
        event.answer = next_token(event.shown);
    }
}

/// The same for whoever comes after an end that was asked for in another session.
pub fn unrevoked(events: &mut [Event]) {
    for event in refused(events, "revoked") {
        event.answer = next_token(event.shown);
    }
}

/// Calls that are answered after the end.
pub fn believed(events: &mut [Event]) {
    let refused = |event: &&mut Event| event.operation == Operation::Me && event.refusal().is_some();
    events.iter_mut().filter(refused).for_each(|event| event.answer = Answer::Done);
}

/// The next token for whoever comes last to each session, which outlives its absolute end.
pub fn everlasting(events: &mut [Event]) {
    let mut last = BTreeMap::new();
    for event in events.iter_mut().filter(|event| event.operation == Operation::Refresh) {
        last.insert(event.session, event);
    }
    for event in last.into_values().filter(|event| event.refusal().is_some()) {
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

/// Sessions that nobody was told of.
pub fn without_login(all: &mut [Kept]) {
    for kept in &mut *all {
        kept.events.retain(|kind| !is_login(kind));
    }
}

/// Events of sessions that are not there.
pub fn without_row(all: &mut [Kept]) {
    for kept in &mut *all {
        kept.generation = None;
    }
}

/// Ends that were told and did not happen.
pub fn without_end(all: &mut [Kept]) {
    ended(all).for_each(|kept| kept.ended = None);
}

/// Ends that nobody was told of.
pub fn untold(all: &mut [Kept]) {
    ended(all).for_each(|kept| kept.events.retain(|kind| is_login(kind)));
}

pub fn told_twice(all: &mut [Kept]) {
    for kept in ended(all) {
        let again: Vec<String> = kept.events.iter().filter(|kind| !is_login(kind)).cloned().collect();
        kept.events.extend(again);
    }
}

/// Ends that were told as others.
pub fn mistold(all: &mut [Kept]) {
    for kept in ended(all) {
        let other = if kept.ended.as_deref() == Some(EndReason::Reused.code()) {
            EndReason::SignedOut
        } else {
            EndReason::Reused
        };
        kept.ended = Some(other.code().to_owned());
    }
}

/// Ends that are gone without a trace, though they were answered.
pub fn undone(all: &mut [Kept]) {
    untold(all);
    without_end(all);
}

/// Rotations that are gone, though they were answered.
pub fn set_back(all: &mut [Kept]) {
    for kept in &mut *all {
        kept.generation = kept.generation.map(|generation| generation - 1);
    }
}

/// Events of somebody else.
pub fn of_others(all: &mut [Kept]) {
    for kept in &mut *all {
        kept.of_others = 1;
    }
}

fn ended(all: &mut [Kept]) -> impl Iterator<Item = &mut Kept> {
    all.iter_mut().filter(|kept| kept.ended.is_some())
}

fn is_login(kind: &str) -> bool {
    kind == EventKind::LoginSuccess.name()
}
