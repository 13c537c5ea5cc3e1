//! How often a wrong password may be tried for one name.
//!
//! The first tries are free, then each waits twice as long as the one before. A name that does not exist is counted like one that
//! does. A try is counted before the password is looked at, so that parallel guesses get no more of them; success starts anew.
//! Sessions that exist are never touched: a stranger's guesses sign nobody out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::store::UnixMillis;

/// Tries without a wait.
const FREE: u32 = 20;
const LONGEST_WAIT: UnixMillis = 15 * 60 * 1000;
/// A name that was left alone this long starts anew.
const FORGOTTEN_AFTER: UnixMillis = 24 * 60 * 60 * 1000;
/// More names than this are not counted at a time: the oldest count is given up for the newest.
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
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= NAMES && !all.contains_key(name) {
            let oldest = all.iter().min_by_key(|(_, tries)| tries.last).map(|(name, _)| name.clone());
            all.remove(&oldest.unwrap_or_default());
        }
        let tries = all.entry(name.to_owned()).or_insert(Tries { count: 0, last: now });
        let next = tries.last.saturating_add(wait_after(tries.count));
        if now < next {
            let wait = u64::try_from(next - now).unwrap_or_default();
            return Err(TooMany(Duration::from_millis(wait)));
        }
        *tries = Tries { count: tries.count.saturating_add(1), last: now };
        Ok(())
    }

    /// The password was right.
    pub fn succeeded(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    pub fn forget_past(&self, now: UnixMillis) {
        let oldest = now.saturating_sub(FORGOTTEN_AFTER);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, tries| tries.last > oldest);
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
