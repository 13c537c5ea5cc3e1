//! How often an account is entered: whoever has its password could begin sessions, and leave rows of them, for as long as the disk has room.
//!
//! Counted in memory, by each instance for itself: no guess depends on it, and a login has enough to write.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::limits::{Before, SUCCESSES, TooMany};
use crate::store::{Hash, UnixMillis};

/// What is forgotten is looked for when there are this many, and then at twice as many as were left.
const ACCOUNTS: usize = 4_096;

#[derive(Debug, Default)]
pub struct Successes(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    by_account: HashMap<Hash, Before>,
    tidied_at: usize,
}

impl Default for Counted {
    fn default() -> Self {
        Self { by_account: HashMap::new(), tidied_at: ACCOUNTS }
    }
}

impl Successes {
    /// One more, of the account that is counted under this key.
    pub fn count(&self, account: Hash, now: UnixMillis) -> Result<(), TooMany> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.tidy(now);
        let first = Before { tries: 0, first: now, last: now };
        let before = counted.by_account.get(&account).filter(|before| !is_forgotten(before, now)).unwrap_or(&first);
        SUCCESSES.judge(*before, now)?;
        let after = Before { tries: before.tries + 1, first: before.first, last: now };
        counted.by_account.insert(account, after);
        Ok(())
    }
}

#[cfg(test)]
impl super::Auth {
    /// As if this account had been entered as often as it may be.
    pub fn use_up_successes(&self, username: &str) {
        let ways = [self.tries.of_a_stranger(username, &super::Visit::default())];
        while self.succeeded(&ways).is_ok() {}
    }
}

impl Counted {
    fn tidy(&mut self, now: UnixMillis) {
        if self.by_account.len() >= self.tidied_at {
            self.by_account.retain(|_, before| !is_forgotten(before, now));
            self.tidied_at = ACCOUNTS.max(2 * self.by_account.len());
        }
    }
}

/// A clock that was set back begins anew.
fn is_forgotten(before: &Before, now: UnixMillis) -> bool {
    !(before.first..before.first.saturating_add(SUCCESSES.memory.length())).contains(&now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: UnixMillis = 3600 * 1000;

    fn counted(successes: &Successes, account: u32, times: u32, now: UnixMillis) -> usize {
        (0..times).filter(|_| successes.count(key(account), now).is_ok()).count()
    }

    fn key(account: u32) -> Hash {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&account.to_be_bytes());
        key
    }

    #[test]
    fn an_account_is_entered_a_thousand_times_in_an_hour_and_others_are_not_touched() {
        let successes = Successes::default();
        assert_eq!(counted(&successes, 1, 1001, 0), 1000);
        let told = successes.count(key(1), HOUR - 1);
        assert_eq!(told, Err(TooMany { limit: SUCCESSES, wait: Duration::from_millis(1) }));
        assert_eq!(counted(&successes, 2, 1, 0), 1);
        assert_eq!(counted(&successes, 1, 1001, HOUR), 1000, "and then it begins anew");
        assert_eq!(counted(&successes, 1, 1, HOUR - 1), 1, "as it does when the clock is set back");
    }

    #[test]
    fn what_is_forgotten_takes_no_memory_for_ever() {
        let successes = Successes::default();
        for account in 0..100_000 {
            assert_eq!(counted(&successes, account, 1, i64::from(account) * 1000), 1);
            assert!(successes.0.lock().unwrap().by_account.len() <= 2 * ACCOUNTS);
        }
    }
}
