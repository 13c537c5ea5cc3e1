//! The rule as a table: a row for each line of its specification, and for each of its edges.

use super::*;

const SETTLE: UnixMillis = 120_000;
const ROTATED: UnixMillis = 1_000_000;
/// A replay moved the last delivery ten seconds on.
const DELIVERED: UnixMillis = ROTATED + 10_000;
const IDLE_END: UnixMillis = 10_000_000;
const ABSOLUTE_END: UnixMillis = 20_000_000;

const CURRENT: Hash = [7; 32];
const PARENT: Hash = [6; 32];
const GRANDPARENT: Hash = [5; 32];
const STRANGER: Hash = [99; 32];

fn line() -> Line {
    Line {
        generation: 7,
        current: CURRENT,
        parent: Some(PARENT),
        rotated_at: ROTATED,
        delivered_at: DELIVERED,
        replays: 1,
        acknowledged: false,
        elsewhere: false,
        idle_expires_at: IDLE_END,
        absolute_expires_at: ABSOLUTE_END,
        ended: None,
    }
}

fn token(generation: u32, hash: Hash) -> Presented {
    Presented { generation, hash, in_step: false, same_instance: false }
}

fn testifying(generation: u32, hash: Hash) -> Presented {
    Presented { in_step: true, ..token(generation, hash) }
}

fn from_its_browser(generation: u32, hash: Hash) -> Presented {
    Presented { same_instance: true, ..token(generation, hash) }
}

struct Row {
    case: &'static str,
    line: Line,
    presented: Presented,
    now: UnixMillis,
    decision: Decision,
}

/// One row of the table.
fn row(case: &'static str, line: Line, presented: Presented, now: UnixMillis, decision: Decision) -> Row {
    Row { case, line, presented, now, decision }
}

#[test]
fn every_line_of_the_table_is_decided_as_it_says() {
    use Decision::{Mint, Refuse, Replay, Reuse, Rotate};
    let invalid = Refuse(Refusal::Invalid);
    let expired = Refuse(Refusal::Expired);
    let late = DELIVERED + SETTLE;
    let acknowledged = || Line { acknowledged: true, ..line() };
    let elsewhere = || Line { elsewhere: true, ..line() };
    let replayed = |replays| Line { replays, ..line() };
    let first = || Line { generation: 1, parent: None, ..line() };

    let mut rows = vec![
        row("idle lifetime over, to the millisecond", line(), token(7, CURRENT), IDLE_END, expired),
        row("one millisecond before it is over", line(), token(7, CURRENT), IDLE_END - 1, Rotate),
        row("absolute lifetime over", Line { absolute_expires_at: late, ..line() }, token(7, CURRENT), late, expired),
        row("an old token past the lifetime is no alarm", line(), token(5, GRANDPARENT), IDLE_END, expired),
        row("current, just delivered", line(), token(7, CURRENT), DELIVERED, Mint),
        row("current, delivered less than SETTLE ago", line(), token(7, CURRENT), late - 1, Mint),
        row("current, delivered SETTLE ago", line(), token(7, CURRENT), late, Rotate),
        row("current, the clock went back", line(), token(7, CURRENT), ROTATED - 3_600_000, Mint),
        row("current, acknowledged, delivered long ago", acknowledged(), token(7, CURRENT), late, Rotate),
        row("current, the testimony makes no difference", line(), testifying(7, CURRENT), late, Rotate),
        row("current, the first of its session", first(), token(1, CURRENT), late, Rotate),
        row("parent, not acknowledged, at once", line(), token(6, PARENT), ROTATED, Replay { counted: true }),
        row(
            "parent, not acknowledged, hours later",
            line(),
            token(6, PARENT),
            ROTATED + 7_200_000,
            Replay { counted: true },
        ),
        row(
            "parent, in step, within SETTLE",
            line(),
            testifying(6, PARENT),
            ROTATED + SETTLE,
            Replay { counted: true },
        ),
        row("parent, in step, after SETTLE", line(), testifying(6, PARENT), ROTATED + SETTLE + 1, Reuse),
        row(
            "current, sent elsewhere meanwhile, from its browser",
            elsewhere(),
            from_its_browser(7, CURRENT),
            late,
            Reuse,
        ),
        row("current, sent elsewhere a moment ago", elsewhere(), from_its_browser(7, CURRENT), late - 1, Mint),
        row("current, sent elsewhere, and from there", elsewhere(), token(7, CURRENT), late, Rotate),
        row("current, never elsewhere, from its browser", line(), from_its_browser(7, CURRENT), late, Rotate),
        row("parent, rotated elsewhere, from its browser", elsewhere(), from_its_browser(6, PARENT), late, Reuse),
        row(
            "parent, rotated elsewhere a moment ago",
            elsewhere(),
            from_its_browser(6, PARENT),
            late - 1,
            Replay { counted: true },
        ),
        row("parent, rotated elsewhere, and from there", elsewhere(), token(6, PARENT), late, Replay { counted: true }),
        row(
            "parent, a lost answer to its browser",
            line(),
            from_its_browser(6, PARENT),
            late,
            Replay { counted: true },
        ),
        row("parent, the 32nd replay", replayed(31), token(6, PARENT), late, Replay { counted: true }),
        row("parent, the 33rd replay", replayed(32), token(6, PARENT), late, Replay { counted: false }),
        row("parent, acknowledged", acknowledged(), token(6, PARENT), ROTATED, Reuse),
        row("two generations old", line(), token(5, GRANDPARENT), ROTATED, Reuse),
        row("many generations old", line(), token(1, STRANGER), ROTATED, Reuse),
        row("two generations old, acknowledged", acknowledged(), token(5, GRANDPARENT), ROTATED, Reuse),
        row("newer than the line knows", line(), token(8, STRANGER), ROTATED, invalid),
        row("this generation with another secret", line(), token(7, STRANGER), ROTATED, invalid),
        row("the parent's generation with another secret", line(), token(6, STRANGER), ROTATED, invalid),
        row("the first of its session has no parent", first(), token(0, [0; 32]), ROTATED, invalid),
    ];
    for reason in EndReason::ALL {
        let ended = || Line { ended: Some(reason), ..line() };
        let refused = Refuse(Refusal::Ended(reason));
        rows.push(row("ended, current", ended(), token(7, CURRENT), DELIVERED, refused));
        rows.push(row("ended, parent", ended(), token(6, PARENT), DELIVERED, refused));
        rows.push(row("ended, two generations old", ended(), token(5, GRANDPARENT), DELIVERED, refused));
        rows.push(row("ended and past its lifetime", ended(), token(7, CURRENT), ABSOLUTE_END, refused));
    }

    for Row { case, line, presented, now, decision } in rows {
        assert_eq!(decide(&line, &presented, now, SETTLE), decision, "{case}");
    }
}

#[test]
fn strict_mode_rotates_every_time_and_still_replays_a_lost_answer() {
    assert_eq!(decide(&line(), &token(7, CURRENT), DELIVERED, 0), Decision::Rotate);
    assert_eq!(decide(&line(), &token(6, PARENT), ROTATED, 0), Decision::Replay { counted: true });
    assert!(acknowledges(&line(), 7, DELIVERED, 0));
}

#[test]
fn only_the_current_generation_heard_from_late_enough_acknowledges() {
    let late = DELIVERED + SETTLE;
    assert!(acknowledges(&line(), 7, late, SETTLE));
    assert!(!acknowledges(&line(), 7, late - 1, SETTLE), "the disk may not have it yet");
    assert!(!acknowledges(&line(), 6, late, SETTLE), "the parent proves nothing about the current one");
    assert!(!acknowledges(&Line { acknowledged: true, ..line() }, 7, late, SETTLE), "once is enough");
    assert!(!acknowledges(&Line { ended: Some(EndReason::Revoked), ..line() }, 7, late, SETTLE));
}

#[test]
fn the_idle_lifetime_never_outlives_the_absolute_one() {
    assert_eq!(idle_end(100, 50, 1_000), 150);
    assert_eq!(idle_end(980, 50, 1_000), 1_000);
    assert_eq!(idle_end(UnixMillis::MAX, 50, 1_000), 1_000, "a clock gone mad extends nothing");
}
