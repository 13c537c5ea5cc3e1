//! How often a password may be tried: the numbers, and the rule. Pure: what was counted and the time go in, and whether to go on or how long to wait comes out.
//!
//! `docs/abuse.md` says what each limit is for. NIST SP 800-63B-4, section 3.2.2, allows 100 failures in a row on an account: strangers may fail at
//! [`STRANGERS`]`.most` of them, and [`KNOWN`]`.most` are kept for devices that have signed in before. These counts are forgotten when nobody has tried for a while;
//! the failures [`in_a_row`] are not, until a password is right.

use std::time::Duration;

use crate::store::{UnixMillis, Who};

const SECOND: UnixMillis = 1000;
const HOUR: UnixMillis = 3600 * SECOND;
const DAY: UnixMillis = 24 * HOUR;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// In the headers that tell of it.
    pub name: &'static str,
    /// Tries without a wait. After the last of them it is a second, and then each time twice as long.
    pub free: u32,
    pub longest_wait: UnixMillis,
    /// After so many there are no more until the count is forgotten.
    pub most: u32,
    pub memory: Memory,
}

/// How long what was counted counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// This long after the last try.
    AfterLast(UnixMillis),
    /// This long after the first, which is a window.
    AfterFirst(UnixMillis),
}

/// Tries for one name by whoever is not known.
pub const STRANGERS: Limit =
    Limit { name: "login", free: 20, longest_wait: HOUR, most: 80, memory: Memory::AfterLast(7 * DAY) };

/// Tries of one device that has signed in before, or in one session. When they are used up it is a stranger like others.
pub const DEVICE: Limit = Limit { name: "device", free: 10, longest_wait: 0, most: 10, memory: Memory::AfterLast(DAY) };

/// Those of all such devices and sessions of an account.
pub const KNOWN: Limit =
    Limit { name: "devices", free: 20, longest_wait: 0, most: 20, memory: Memory::AfterLast(7 * DAY) };

/// How many failures in a row there may be at an account. Then strangers' passwords are not believed any more, and whoever is known stands in line with strangers,
/// until a password is right.
pub const fn in_a_row(who: Who) -> u32 {
    match who {
        Who::Stranger => STRANGERS.most,
        Who::Known => KNOWN.most,
    }
}

/// Tries from one address for one name. Counted without a limit, so that a success forgets those of whoever succeeded and no others.
pub const PAIR: Limit = Limit {
    name: "login from here",
    free: u32::MAX,
    longest_wait: 0,
    most: u32::MAX,
    memory: Memory::AfterLast(7 * DAY),
};

/// Tries from one address, whatever the name.
pub const ADDRESS: Limit = hourly("address", 300);

/// Sign-ups from one address for names that were taken.
pub const TAKEN: Limit = hourly("signup", 100);

/// Accounts made from one address.
pub const ACCOUNTS: Limit = hourly("accounts", 1000);

/// Right passwords of one account, on each instance.
pub const SUCCESSES: Limit = hourly("successes", 1000);

/// Those that a visitor is told of.
pub const TOLD: [Limit; 7] = [STRANGERS, DEVICE, KNOWN, ADDRESS, TAKEN, ACCOUNTS, SUCCESSES];

const fn hourly(name: &'static str, most: u32) -> Limit {
    Limit { name, free: most, longest_wait: 0, most, memory: Memory::AfterFirst(HOUR) }
}

/// What was counted before a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    pub tries: u32,
    pub first: UnixMillis,
    pub last: UnixMillis,
}

/// Too many tries. The next one is looked at after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many tries: {limit:?}, {wait:?}")]
pub struct TooMany {
    pub limit: Limit,
    pub wait: Duration,
}

impl Memory {
    pub fn length(self) -> UnixMillis {
        match self {
            Self::AfterLast(length) | Self::AfterFirst(length) => length,
        }
    }
}

impl Limit {
    /// How long after the last of so many tries the next may come.
    pub fn wait_after(&self, tries: u32) -> UnixMillis {
        match tries.checked_sub(self.free) {
            None => 0,
            Some(doublings) => (SECOND << doublings.min(30)).min(self.longest_wait),
        }
    }

    /// Whether one more may be tried. A clock that was set back makes nobody owe a wait who owed none, nor hear of a longer one than was ever asked for.
    pub fn judge(&self, before: Before, now: UnixMillis) -> Result<(), TooMany> {
        let (since, wait) = match self.memory {
            _ if before.tries < self.most => (before.last, self.wait_after(before.tries)),
            Memory::AfterLast(length) => (before.last, length),
            Memory::AfterFirst(length) => (before.first, length),
        };
        let left = since.saturating_add(wait).saturating_sub(now).min(wait);
        match u64::try_from(left) {
            Ok(left) if left > 0 => Err(TooMany { limit: *self, wait: Duration::from_millis(left) }),
            _ => Ok(()),
        }
    }
}

/// The limit of this name, if it is one that visitors are told of.
pub fn told(name: &str) -> Option<Limit> {
    TOLD.into_iter().find(|limit| limit.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Limit; 8] = [STRANGERS, DEVICE, KNOWN, PAIR, ADDRESS, TAKEN, ACCOUNTS, SUCCESSES];

    fn wait(limit: &Limit, tries: u32, last: UnixMillis, now: UnixMillis) -> UnixMillis {
        let judged = limit.judge(Before { tries, first: last.min(0), last }, now);
        judged.map_or_else(|TooMany { wait, .. }| UnixMillis::try_from(wait.as_millis()).unwrap(), |()| 0)
    }

    #[test]
    fn the_first_tries_are_free_and_then_each_waits_twice_as_long() {
        for (tries, seconds) in [
            (0, 0),
            (1, 0),
            (19, 0),
            (20, 1),
            (21, 2),
            (22, 4),
            (31, 2048),
            (32, 3600),
            (79, 3600),
            (80, 7 * 24 * 3600),
            (u32::MAX, 7 * 24 * 3600),
        ] {
            assert_eq!(wait(&STRANGERS, tries, 0, 0), seconds * SECOND, "after {tries}");
            assert_eq!(wait(&STRANGERS, tries, 0, seconds * SECOND), 0, "after {tries}, and the wait");
            if seconds > 0 {
                assert_eq!(wait(&STRANGERS, tries, 0, seconds * SECOND - 1), 1, "after {tries}, and nearly the wait");
            }
        }
    }

    #[test]
    fn an_hour_begins_with_its_first_try_and_ends_for_all_of_them() {
        for (tries, first, last, now, left) in
            [(299, 0, 0, 0, 0), (300, 0, 0, 0, HOUR), (300, 0, HOUR - 1, HOUR - 1, 1), (300, 0, HOUR - 1, HOUR, 0)]
        {
            let judged = ADDRESS.judge(Before { tries, first, last }, now);
            let told = judged.map_or_else(|TooMany { wait, .. }| wait.as_millis(), |()| 0);
            assert_eq!(told, u128::try_from(left).unwrap(), "{tries} tries, {now}");
        }
    }

    #[test]
    fn more_tries_never_wait_shorter_and_more_time_never_longer() {
        let times = [-DAY, -1, 0, 1, 500, SECOND, 10 * SECOND, HOUR, DAY, 7 * DAY, 30 * DAY];
        for limit in &ALL {
            for tries in 0..200 {
                for (earlier, later) in times.iter().zip(&times[1..]) {
                    let waits = wait(limit, tries, 0, *earlier);
                    assert!(waits >= wait(limit, tries, 0, *later), "{} {tries}", limit.name);
                    assert!(waits <= wait(limit, tries + 1, 0, *earlier), "{} {tries}", limit.name);
                    assert!(waits <= limit.memory.length(), "{} {tries}", limit.name);
                }
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_asks_for_no_more_than_the_wait_itself() {
        for limit in &ALL {
            for tries in 0..100 {
                let longest = wait(limit, tries, 0, 0);
                for now in [-1, -DAY, -1000 * DAY, UnixMillis::MIN] {
                    assert_eq!(wait(limit, tries, 0, now), longest, "{} after {tries} at {now}", limit.name);
                }
            }
        }
    }

    #[test]
    fn whoever_tries_at_an_account_no_more_than_a_hundred_fail_in_a_row() {
        const { assert!(in_a_row(Who::Stranger) + in_a_row(Who::Known) <= 100) };
        // One device does not use up what is kept for all.
        const { assert!(DEVICE.most < KNOWN.most) };
        for kept_longer in [STRANGERS, KNOWN] {
            for own in [PAIR, DEVICE] {
                assert!(
                    own.memory.length() <= kept_longer.memory.length(),
                    "a success takes off no more than is there"
                );
            }
        }
    }
}
