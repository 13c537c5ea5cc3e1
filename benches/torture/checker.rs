//! A history against the invariants of rotation. An operation took effect somewhere between its begin and its end; one that was not answered, at any time
//! after its begin, or never. So nothing is accused that some order allows. Each check says how often it had something to judge.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    doctored,
    record::{Event, Moment, Operation, Struck},
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

type Check = fn(&[&Event], &[Struck]) -> Found;
type Doctor = fn(&mut [Event]);

/// Each with what it must not let pass.
const CHECKS: [(&str, Check, Doctor); 6] = [
    ("2: one line", one_line, doctored::forked),
    ("4: the parent of an acknowledged token is dead", dead_parents, doctored::lenient),
    ("4: nobody is accused without evidence", evidence, doctored::suspicious),
    ("5: ended is ended", ended_is_ended, doctored::undead),
    ("6: nothing outlives the absolute end, and nothing ends before it", lifetimes, doctored::everlasting),
    ("7: what was acknowledged is there, and each session ends for its own reasons", own_reasons, doctored::forgetful),
];

/// How often there was something to judge, and what was wrong.
#[derive(Default)]
struct Found {
    judged: usize,
    wrong: Vec<String>,
}

impl Found {
    fn judge(&mut self, right: bool, what: impl FnOnce() -> String) {
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
    for (name, check, doctor) in CHECKS {
        let all = found(check, events, struck);
        let mut false_history = events.to_vec();
        doctor(&mut false_history);
        let noticed = found(check, &false_history, struck).wrong.len();
        println!("| {name} | {} | {} | {noticed} |", all.judged, all.wrong.len());
        all.wrong.iter().take(5).for_each(|wrong| println!("    {wrong}"));
        // Had it judged nothing, or could it find nothing, it would say nothing.
        good &= all.wrong.is_empty() && all.judged > 0 && noticed > 0;
    }
    good
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
            .map(|event| if event.granted() { event.end } else { event.end + LATE })
            .collect();
        let acknowledged = seen.iter().filter(|last| last.shown == child).any(|last| {
            let settled = |moment: Moment| moment + SETTLE + ROUNDING < last.begin;
            let written = last.end + WRITTEN_AFTER;
            let twice = seen.iter().any(|first| {
                let quiet = |struck: &Struck| {
                    struck.instance != last.instance || struck.begin > written || struck.end < first.begin
                };
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

/// A session that ended as reused was shown a token two behind, or the parent of one that was used SETTLE after its first delivery.
fn evidence(events: &[&Event], _: &[Struck]) -> Found {
    let mut found = Found::default();
    let Some(accused) =
        refreshes(events).filter(|event| event.refusal() == Some("reused")).min_by_key(|event| event.end)
    else {
        return found;
    };
    let offence = refreshes(events).filter(|event| event.begin <= accused.end).any(|shown| {
        let child = shown.shown + 1;
        let stale = refreshes(events).any(|other| other.shown >= child && other.begin <= accused.end);
        let made = refreshes(events).filter(|event| event.shown == shown.shown && event.refusal().is_none());
        let delivered = made.map(|event| event.begin).min().unwrap_or(Moment::MAX);
        let acknowledged = events.iter().any(|event| {
            event.operation == Operation::Me
                && event.shown >= child
                && event.begin <= accused.end
                && event.end + ROUNDING >= delivered.saturating_add(SETTLE)
        });
        stale || acknowledged
    });
    found.judge(offence, || format!("accused without evidence: {accused:?}"));
    found
}

/// From the answer to a logout, or from the first word that the session has ended: no refresh is granted any more, and after the bound no access token is
/// believed, at any instance.
fn ended_is_ended(events: &[&Event], _: &[Struck]) -> Found {
    let mut found = Found::default();
    let over = |event: &&&Event| match event.operation {
        Operation::Logout => event.granted(),
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
fn lifetimes(events: &[&Event], _: &[Struck]) -> Found {
    let mut found = Found::default();
    let Some(login) = events.iter().find(|event| event.operation == Operation::Login && event.granted()) else {
        return found;
    };
    for event in events {
        let tolerance = if event.operation == Operation::Me { WHOLE_SECONDS } else { ROUNDING };
        if event.begin > login.end + ABSOLUTE + tolerance && event.operation != Operation::Logout {
            found.judge(!event.granted(), || format!("after the absolute end: {event:?}"));
        }
        if event.refusal() == Some("expired") {
            found.judge(event.end + ROUNDING >= login.begin + ABSOLUTE, || format!("expired too early: {event:?}"));
        }
    }
    found
}

/// A token that was handed out is never unknown, and a session is signed out only by its own logout. Other reasons nobody gave.
fn own_reasons(events: &[&Event], _: &[Struck]) -> Found {
    let mut found = Found::default();
    for event in refreshes(events) {
        let signed_out = || events.iter().any(|other| other.operation == Operation::Logout && other.begin <= event.end);
        let right = match event.refusal() {
            None | Some("reused" | "expired") => true,
            Some("signed_out") => signed_out(),
            Some(_) => false,
        };
        found.judge(right, || format!("for no reason of its own: {event:?}"));
    }
    found
}
