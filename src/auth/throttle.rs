//! How often a wrong password may be tried for one name.
//!
//! The first tries are free, then each waits twice as long as the one before. A name that does not exist is counted like one that
//! does. A try is counted before the password is looked at, so that parallel guesses get no more of them; success starts anew.
//! Sessions that exist are never touched: a stranger's guesses sign nobody out.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::store::UnixMillis;

/// Tries without a wait.
const FREE: u32 = 20;
const LONGEST_WAIT: UnixMillis = 15 * 60 * 1000;
/// A name that was left alone this long starts anew.
const FORGOTTEN_AFTER: UnixMillis = 24 * 60 * 60 * 1000;
/// More names than this are not counted at a time.
const NAMES: usize = 100_000;

#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, Tries>>);

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    last: UnixMillis,
}

/// Too many tries. The next one is looked at after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany(pub Duration);

/// How long after the `count`th try the next may come, in milliseconds.
fn wait_after(count: u32) -> UnixMillis {
    match count.checked_sub(FREE) {
        None => 0,
        Some(doublings) => (1000 << doublings.min(20)).min(LONGEST_WAIT),
    }
}

impl Throttle {
    /// Counts a try, or says how long to wait.
    pub fn count(&self, name: &str, now: UnixMillis) -> Result<(), TooMany> {
        let mut all = self.lock();
        if all.len() >= NAMES && !all.contains_key(name) {
            make_room(&mut all);
        }
        let tries = all.entry(name.to_owned()).or_insert(Tries { count: 0, last: now });
        let wait = wait_after(tries.count);
        let next = tries.last.saturating_add(wait);
        if wait > 0 && now < next {
            let wait = u64::try_from((next - now).min(wait)).unwrap_or_default();
            return Err(TooMany(Duration::from_millis(wait)));
        }
        *tries = Tries { count: tries.count.saturating_add(1), last: now.max(tries.last) };
        Ok(())
    }

    /// A try that was counted and then not looked at.
    pub fn forgive(&self, name: &str) {
        if let Some(tries) = self.lock().get_mut(name) {
            tries.count = tries.count.saturating_sub(1);
        }
    }

    /// The password was right.
    pub fn succeeded(&self, name: &str) {
        self.lock().remove(name);
    }

    pub fn forget_past(&self, now: UnixMillis) {
        let oldest = now.saturating_sub(FORGOTTEN_AFTER);
        self.lock().retain(|_, tries| tries.last > oldest);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Tries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives up the counts that matter least: a flood of made-up names must not push out one that is being guessed at.
fn make_room(all: &mut HashMap<String, Tries>) {
    for counts in [2, FREE, u32::MAX] {
        all.retain(|_, tries| tries.count > counts);
        if all.len() < NAMES {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tries_are_free_and_then_each_waits_twice_as_long() {
        let throttle = Throttle::default();
        let mut now = 0;
        for _ in 0..FREE {
            assert_eq!(throttle.count("ada", now), Ok(()));
        }
        for seconds in [1, 2, 4, 8] {
            assert_eq!(throttle.count("ada", now), Err(TooMany(Duration::from_secs(seconds))));
            now += UnixMillis::try_from(seconds).unwrap() * 1000;
            assert_eq!(throttle.count("ada", now), Ok(()));
        }
        assert_eq!(throttle.count("bob", now), Ok(()), "another name is not touched");
        assert_eq!(wait_after(u32::MAX), LONGEST_WAIT);
    }

    #[test]
    fn whoever_owes_no_wait_is_let_in_whatever_the_clock_does() {
        let throttle = Throttle::default();
        for now in [10_000, 9_999, 0, 10_000] {
            assert_eq!(throttle.count("ada", now), Ok(()));
        }
        (4..FREE).for_each(|_| throttle.count("ada", 10_000).unwrap());
        assert_eq!(throttle.count("ada", 0), Err(TooMany(Duration::from_secs(1))), "never longer than the wait itself");
    }

    #[test]
    fn a_try_that_was_not_looked_at_does_not_count() {
        let throttle = Throttle::default();
        for _ in 0..FREE * 2 {
            throttle.count("ada", 0).unwrap();
            throttle.forgive("ada");
        }
    }

    #[test]
    fn a_flood_of_names_does_not_push_out_one_that_is_guessed_at() {
        let throttle = Throttle::default();
        (0..FREE).for_each(|_| throttle.count("ada", 0).unwrap());
        for name in 0..NAMES + 10 {
            throttle.count(&format!("made up {name}"), 1).unwrap();
        }
        assert!(throttle.lock().len() <= NAMES);
        assert!(throttle.count("ada", 1).is_err());
    }

    #[test]
    fn success_and_a_quiet_day_start_anew() {
        let throttle = Throttle::default();
        for name in ["ada", "bob"] {
            (0..FREE).for_each(|_| throttle.count(name, 0).unwrap());
            assert!(throttle.count(name, 0).is_err());
        }
        throttle.succeeded("ada");
        assert_eq!(throttle.count("ada", 0), Ok(()));
        throttle.forget_past(FORGOTTEN_AFTER);
        assert_eq!(throttle.count("bob", FORGOTTEN_AFTER), Ok(()));
    }
}
