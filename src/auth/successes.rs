//! How often an account is entered: whoever has its password could begin sessions, and leave rows of them, for as long as the disk has room.
//!
//! Counted in memory, by each instance for itself: no guess depends on it, and a login has enough to write. Counted for each password: with a new one, which is how
//! an owner gets rid of whoever knows the old one, it begins anew.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{
    device::Owner,
    limits::{Before, SUCCESSES, TooMany},
};
use crate::store::UnixMillis;

/// What is forgotten is looked for when there are this many, and then at twice as many as were left.
const ACCOUNTS: usize = 4_096;

#[derive(Debug, Default)]
pub struct Successes(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    by_account: HashMap<Owner, Before>,
    tidied_at: usize,
}

impl Default for Counted {
    fn default() -> Self {
        Self { by_account: HashMap::new(), tidied_at: ACCOUNTS }
    }
}

impl Successes {
    /// One more, of this account.
    pub fn count(&self, account: Owner, now: UnixMillis) -> Result<(), TooMany> {
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
    /// As if this account had been entered so often.
    pub fn enter_often(&self, user: &crate::store::UserRow, times: u32) {
        for _ in 0..times {
            assert!(self.successes.count(user.owner(), self.clock.now()).is_ok());
        }
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

    use uuid::Uuid;

    use super::*;

    const HOUR: UnixMillis = 3600 * 1000;

    fn account(number: u128) -> Owner {
        Owner { user_id: Uuid::from_u128(number), password_changed_at: 0 }
    }

    fn counted(successes: &Successes, account: Owner, times: u32, now: UnixMillis) -> usize {
        (0..times).filter(|_| successes.count(account, now).is_ok()).count()
    }

    #[test]
    fn an_account_is_entered_a_thousand_times_in_an_hour_and_others_are_not_touched() {
        let successes = Successes::default();
        assert_eq!(counted(&successes, account(1), 1001, 0), 1000);
        let told = successes.count(account(1), HOUR - 1);
        assert_eq!(told, Err(TooMany { limit: SUCCESSES, wait: Duration::from_millis(1) }));
        assert_eq!(counted(&successes, account(2), 1, 0), 1);
        let with_a_new_password = Owner { password_changed_at: 1, ..account(1) };
        assert_eq!(counted(&successes, with_a_new_password, 1, 1), 1);
        assert_eq!(counted(&successes, account(1), 1001, HOUR), 1000, "and then it begins anew");
        assert_eq!(counted(&successes, account(1), 1, HOUR - 1), 1, "as it does when the clock is set back");
    }

    #[test]
    fn what_is_forgotten_is_not_kept() {
        let successes = Successes::default();
        for number in 0..100_000_u32 {
            assert_eq!(counted(&successes, account(number.into()), 1, i64::from(number) * 1000), 1);
            assert!(successes.0.lock().unwrap().by_account.len() <= 2 * ACCOUNTS);
        }
    }
}
