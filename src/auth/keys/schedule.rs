//! When signing keys begin and end. Pure: the times of the keys and the time of day go in.
//!
//! A key is public for a while before it signs, so that every instance, and every service that keeps the public keys for a while, knows it by then. It
//! signs until the next one begins, and is believed until the last token that it can have signed has run out.

use crate::store::UnixMillis;

/// For how long others may keep the public keys, in seconds.
pub const KEPT_BY_OTHERS: u32 = 300;
/// How long a key is public before it signs, at least: longer than anybody keeps the set without it. Instances of ours learn of it within a second.
pub const LEAD: UnixMillis = 2 * 1_000 * KEPT_BY_OTHERS as UnixMillis;
/// How long at most, if there is no hurry: a day, in which whatever knows only the keys of its start, such as an instance of a version before keys rotated, can be replaced.
const UNHURRIED: UnixMillis = 86_400_000;
/// How much longer than its tokens live a key is believed after the next one began: a token may be signed a little late.
const GRACE: UnixMillis = 60_000;
/// The shortest time between two keys that an operator may ask for.
pub const SHORTEST: UnixMillis = 3_600_000;

/// When a key was published, and from when it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub created_at: UnixMillis,
    pub signs_from: UnixMillis,
}

/// What the operator decides. In milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// How long a key signs; `None`: until a command replaces it.
    pub every: Option<UnixMillis>,
    /// How long an access token lives.
    pub token_life: UnixMillis,
}

/// A key that is to be made, unless there is one already that signs from later than `unless_after`. That is asked where it is written, so that of several
/// who find at once that it is time, one makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewKey {
    pub signs_from: UnixMillis,
    pub unless_after: UnixMillis,
}

impl NewKey {
    /// The first of a database. Nobody can know of it, and so nobody can miss it.
    pub fn first(now: UnixMillis) -> Self {
        Self { signs_from: now, unless_after: -1 }
    }

    /// The next as soon as may be, unless one is on its way.
    pub fn soon(now: UnixMillis) -> Self {
        Self { signs_from: now.saturating_add(LEAD), unless_after: now }
    }
}

/// Which of the keys signs: the latest that has begun or, where the clock was set back before all of them, the earliest. `None`: there is none.
pub fn signer(keys: impl Iterator<Item = Times> + Clone, now: UnixMillis) -> Option<usize> {
    let begun = keys.clone().enumerate().filter(|(_, times)| times.signs_from <= now);
    let latest = begun.max_by_key(|(_, times)| (times.signs_from, times.created_at));
    latest.or_else(|| keys.enumerate().min_by_key(|(_, times)| times.signs_from)).map(|(which, _)| which)
}

/// Until when what a key signed is believed: for good, as long as no other follows it.
pub fn believed_until(keys: impl Iterator<Item = Times>, key: Times, rule: Rule) -> UnixMillis {
    let next = keys.map(|times| times.signs_from).filter(|begins| *begins > key.signs_from).min();
    next.map_or(UnixMillis::MAX, |begins| begins.saturating_add(kept(rule)))
}

/// How long a key is kept after the next one began.
pub fn kept(rule: Rule) -> UnixMillis {
    rule.token_life.saturating_add(GRACE)
}

/// Whether it is time to publish the next key.
pub fn due(keys: impl Iterator<Item = Times>, now: UnixMillis, rule: Rule) -> Option<NewKey> {
    let every = rule.every?;
    let ahead = (every / 2).clamp(LEAD, UNHURRIED);
    let latest = keys.map(|times| times.signs_from).max()?;
    let unless_after = now.saturating_sub(every).saturating_add(ahead);
    (latest <= unless_after).then(|| NewKey { signs_from: now.saturating_add(ahead), unless_after })
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
