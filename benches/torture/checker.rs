//! A history against the invariants of rotation. An operation took effect somewhere between its begin and its end; one that was not answered, at any time
//! after its begin, or never. So nothing is accused that some order allows. Each check says how often it had something to judge.

use std::{
    collections::{BTreeMap, BTreeSet},
    ptr,
};

use super::{
    doctored,
    record::{Answer, Event, Moment, Operation, Struck},
    stories::STORIES,
};

/// As the instances are told, in milliseconds.
const SETTLE: Moment = 2_000;
const ABSOLUTE: Moment = 20_000;
/// When an ended session's access token must be dead everywhere.
const BOUND: Moment = 1_000;
/// What clocks of the database and of this program may differ, and times be rounded.
const ROUNDING: Moment = 200;
/// Access tokens count in whole seconds.
const WHOLE_SECONDS: Moment = 2_000;
/// From the request that acknowledges until it is written, which is done once a second.
const WRITTEN_AFTER: Moment = 3_000;
/// How late a request that was not answered may still arrive.
const LATE: Moment = 10_000;
/// When an instance has read the database's clock again after a fault.
const READ_AGAIN: Moment = 1_000;

/// Judges one session.
pub type Check = fn(&[&Event], &[Struck]) -> Found;
type Doctor = fn(&mut [Event]);

/// Each with what it must not let pass.
const CHECKS: [(&str, Check, &[Doctor]); 6] = [
    ("2: one line", one_line, &[doctored::forked]),
    ("4: the parent of an acknowledged token is dead", dead_parents, &[doctored::lenient]),
    ("4: nobody is accused without evidence", evidence, &[doctored::suspicious, doctored::hasty]),
    ("5: ended is ended", ended_is_ended, &[doctored::undead, doctored::unrevoked, doctored::believed]),
    ("6: nothing outlives the absolute end, and nothing ends before it", lifetimes, &[doctored::everlasting]),
    ("7: what was handed out is known, and each session ends for its own reasons", own_reasons, &[doctored::forgetful]),
];

/// How often there was something to judge, and what was wrong.
#[derive(Default)]
pub struct Found {
    pub judged: usize,
    pub wrong: Vec<String>,
}

impl Found {
    pub fn judge(&mut self, right: bool, what: impl FnOnce() -> String) {
        self.judged += 1;
        if !right {
            self.wrong.push(what());
        }
    }
}

/// Prints a line for each invariant; whether all held, and it would have been noticed otherwise.
pub fn check(events: &[Event], struck: &[Struck]) -> bool {
    let sessions = events.iter().map(|event| event.session).collect::<BTreeSet<_>>().len();
    println!("\n{} operations in {sessions} sessions, {} faults", events.len(), struck.len());
    println!("\n| invariant | judged | broken | where the history was doctored |\n|---|---|---|---|");
    let mut good = true;
    for (name, check, doctors) in CHECKS {
        let noticed = |doctor: &Doctor| {
            let mut false_history = events.to_vec();
            doctor(&mut false_history);
            found(check, &false_history, struck).wrong.len()
        };
        let noticed: Vec<usize> = doctors.iter().map(noticed).collect();
        good &= tell(name, &found(check, events, struck), &noticed);
    }
    good
}

/// Prints the line of an invariant; whether it held, and whatever was doctored was noticed.
pub fn tell(name: &str, all: &Found, noticed: &[usize]) -> bool {
    let counts: Vec<String> = noticed.iter().map(usize::to_string).collect();
    println!("| {name} | {} | {} | {} |", all.judged, all.wrong.len(), counts.join(", "));
    all.wrong.iter().take(5).for_each(|wrong| println!("    {wrong}"));
    // Had it judged nothing, or could it find nothing, it would say nothing.
    all.wrong.is_empty() && all.judged > 0 && noticed.iter().all(|&times| times > 0)
}

/// Whether the checks say of short histories what must be said of them.
pub fn judges_stories() -> bool {
    let misjudged = STORIES.iter().filter(|story| {
        let found = found(story.check, &story.events(), story.struck);
        found.judged == 0 || found.wrong.is_empty() == story.is_wrong
    });
    misjudged.inspect(|story| println!("    misjudged: {}", story.name)).count() == 0
}

fn found(check: Check, events: &[Event], struck: &[Struck]) -> Found {
    let mut sessions: BTreeMap<usize, Vec<&Event>> = BTreeMap::new();
    for event in events {
        sessions.entry(event.session).or_default().push(event);
    }
    let mut all = Found::default();
    for events in sessions.values_mut() {
        events.sort_by_key(|event| event.begin);
        let found = check(events, struck);
        all.judged += found.judged;
        all.wrong.extend(found.wrong);
    }
    all
}

fn refreshes<'a>(events: &'a [&'a Event]) -> impl Iterator<Item = &'a Event> {
    events.iter().copied().filter(|event| event.operation == Operation::Refresh)
}

/// By how much an instance may have misread the database's clock: by half of what the reading took, which a fault makes long.
fn misread(event: &Event, struck: &[Struck]) -> Moment {
    let near = |struck: &&Struck| {
        struck.hit(event.instance) && struck.begin <= event.end && event.begin <= struck.end + READ_AGAIN
    };
    struck.iter().filter(near).map(|struck| (struck.end - struck.begin) / 2).max().unwrap_or(0)
}

/// Each generation is one token, whoever is given it; what answers is the shown token or the next; and no answer goes back behind one that came before
/// its question.
fn one_line(events: &[&Event], _: &[Struck]) -> Found {
    let mut found = Found::default();
    let mut tokens: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    let mut answered: Vec<(Moment, u32)> = Vec::new();
    for event in events {
        let Some((generation, token)) = event.token() else { continue };
        let same = tokens.entry(generation).or_default();
        same.insert(token);
        found.judge(same.len() == 1, || format!("two tokens of one generation: {event:?}"));
        found.judge(generation.wrapping_sub(event.shown) <= 1, || format!("not the next token: {event:?}"));
        let before = answered.iter().filter(|(end, _)| *end < event.begin).map(|(_, generation)| *generation).max();
        found.judge(before.is_none_or(|before| before <= generation), || format!("back to {generation}: {event:?}"));
        answered.push((event.end, generation));
    }
    found
}

/// An instance saw an access token twice, at least SETTLE apart and that long after every delivery, and nothing happened to it until it must have written
/// that down: then the parent, shown afterwards, is refused.
fn dead_parents(events: &[&Event], struck: &[Struck]) -> Found {
    let mut found = Found::default();
    let seen: Vec<_> = events.iter().filter(|event| event.operation == Operation::Me && event.granted()).collect();
    for shown in refreshes(events) {
        let child = shown.shown + 1;
        let deliveries: Vec<_> = refreshes(events)
            .filter(|event| event.shown == shown.shown && event.begin < shown.begin && event.refusal().is_none())
            .map(|event| misread(event, struck) + if event.granted() { event.end } else { event.end + LATE })
            .collect();
        let acknowledged = seen.iter().filter(|last| last.shown == child).any(|last| {
            let settled = |moment: Moment| moment + SETTLE + ROUNDING < last.begin;
            let written = last.end + WRITTEN_AFTER;
            let twice = seen.iter().any(|first| {
                let quiet =
                    |struck: &Struck| !struck.hit(last.instance) || struck.begin > written || struck.end < first.begin;
                let same = first.shown == child && first.instance == last.instance;
                same && settled(first.end) && struck.iter().all(quiet)
            });
            twice && written < shown.begin && deliveries.iter().all(|end| settled(*end))
        });
        if acknowledged {
            found.judge(!shown.granted(), || format!("the parent of an acknowledged token: {shown:?}"));
        }
    }
    found
}

/// A session that ended as reused was shown a token two behind, or the parent of one that was used SETTLE after its first delivery, by somebody who was told
/// that it had ended so, or told nothing. What others showed, who were answered, is no evidence.
pub fn evidence(events: &[&Event], struck: &[Struck]) -> Found {
    let mut found = Found::default();
    let reused = |event: &Event| event.refusal() == Some("reused");
    let Some(told) = refreshes(events).filter(|event| reused(event)).min_by_key(|event| event.end) else {
        return found;
    };
    let mut suspects =
        refreshes(events).filter(|event| event.begin <= told.end && (reused(event) || event.answer == Answer::Open));
    let offence =
        suspects.any(|shown| is_stale(shown, events, told.end) || is_used_up(shown, events, struck, told.end));
    found.judge(offence, || format!("accused without evidence: {told:?}"));
    found
}

/// Whether there may have been a token two generations later by then. Somebody had shown the one between.
fn is_stale(shown: &Event, events: &[&Event], then: Moment) -> bool {
    let between = refreshes(events).filter(|event| event.shown == shown.shown + 1 && event.begin <= then);
    let mut advanced = between.map(|event| match &event.answer {
        Answer::Token(generation, _) => *generation > event.shown,
        Answer::Open => true,
        Answer::Done | Answer::Refused(_) => false,
    });
    advanced.any(|advanced| advanced)
}

/// Whether the token after it may have been acknowledged by then.
fn is_used_up(shown: &Event, events: &[&Event], struck: &[Struck], then: Moment) -> bool {
    let made = refreshes(events)
        .filter(|event| event.shown == shown.shown && event.refusal().is_none() && !ptr::eq(*event, shown))
        .map(|event| event.begin.saturating_sub(misread(event, struck)));
    let Some(delivered) = made.min() else { return false };
    let mut uses = events.iter().filter(|event| {
        event.operation == Operation::Me && event.shown == shown.shown + 1 && event.refusal().is_none()
    });
    uses.any(|used| {
        let end = if used.answer == Answer::Open { then } else { used.end.min(then) };
        used.begin <= then && end + ROUNDING + misread(used, struck) >= delivered + SETTLE
    })
}

/// From the answer to a logout or a revocation, or from the first word that the session has ended: no refresh is granted any more, and after the bound no access token is
/// believed, at any instance.
fn ended_is_ended(events: &[&Event], _: &[Struck]) -> Found {
    let mut found = Found::default();
    let over = |event: &&&Event| match event.operation {
        Operation::Logout | Operation::Revoke => event.granted(),
        Operation::Refresh => event.refusal().is_some(),
        Operation::Login | Operation::Me => false,
    };
    let Some(ended) = events.iter().filter(over).map(|event| event.end).min() else { return found };
    for event in events {
        match event.operation {
            Operation::Refresh if event.begin > ended => {
                found.judge(!event.granted(), || format!("refreshed after its end at {ended}: {event:?}"));
            }
            Operation::Me if event.begin > ended + BOUND => {
                found.judge(!event.granted(), || format!("believed after its end at {ended}: {event:?}"));
            }
            _ => {}
        }
    }
    found
}

/// Nothing is granted after the absolute end, whatever was refreshed; and nothing is called expired before it.
pub fn lifetimes(events: &[&Event], struck: &[Struck]) -> Found {
    let mut found = Found::default();
    let Some(login) = events.iter().find(|event| event.operation == Operation::Login && event.granted()) else {
        return found;
    };
    for event in events {
        let misread = misread(login, struck) + misread(event, struck);
        let tolerance = misread + if event.operation == Operation::Me { WHOLE_SECONDS } else { ROUNDING };
        if event.begin > login.end + ABSOLUTE + tolerance && !is_end(event) {
            found.judge(!event.granted(), || format!("after the absolute end: {event:?}"));
        }
        if event.refusal() == Some("expired") {
            let may_be = event.end + ROUNDING + misread >= login.begin + ABSOLUTE;
            found.judge(may_be, || format!("expired too early: {event:?}"));
        }
    }
    found
}

fn is_end(event: &Event) -> bool {
    matches!(event.operation, Operation::Logout | Operation::Revoke)
}

/// A token that was handed out is never unknown, and a session is signed out only by its own logout and revoked only from another. Other reasons nobody gave.
fn own_reasons(events: &[&Event], _: &[Struck]) -> Found {
    let mut found = Found::default();
    for event in refreshes(events) {
        let asked_for = |operation| events.iter().any(|other| other.operation == operation && other.begin <= event.end);
        let right = match event.refusal() {
            None | Some("reused" | "expired") => true,
            Some("signed_out") => asked_for(Operation::Logout),
            Some("revoked") => asked_for(Operation::Revoke),
            Some(_) => false,
        };
        found.judge(right, || format!("for no reason of its own: {event:?}"));
    }
    found
}
