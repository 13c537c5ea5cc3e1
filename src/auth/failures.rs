//! How many failures are kept. Each is a line in the log; in the database a flood of them would fill the disk, and a person's list of what happened
//! with it.
//!
//! What is kept depends on the name that was typed and not on whether there is such an account: to keep one takes time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::{Auth, StoreError, Visit};
use crate::store::{EventKind, UnixMillis};

/// About one name: so many at once, and then one in so long.
const OF_ONE: Allowance = Allowance { at_once: 20, every: 10 * 60 * 1000 };
/// About all names together, on each instance: 8,640 a day at most.
const OF_ALL: Allowance = Allowance { at_once: 1_000, every: 10 * 1000 };
/// Names that used up nothing are forgotten when there are more than this.
const NAMES: usize = 4_096;

#[derive(Debug, Default)]
pub struct Failures(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    of_one: HashMap<String, Used>,
    of_all: Used,
}

#[derive(Clone, Copy)]
struct Allowance {
    at_once: u32,
    /// In milliseconds.
    every: UnixMillis,
}

/// When all that was used of an allowance will have come back.
#[derive(Clone, Copy, Debug, Default)]
struct Used(UnixMillis);

impl Allowance {
    /// What is used after one more, if there is one left.
    fn one_more(self, Used(until): Used, now: UnixMillis) -> Option<Used> {
        let whole = self.every.saturating_mul(self.at_once.into());
        // A clock that was set back takes nobody more than the whole.
        let until = until.clamp(now, now.saturating_add(whole)).saturating_add(self.every);
        (until.saturating_sub(now) <= whole).then_some(Used(until))
    }
}

impl Failures {
    /// Whether one more is kept about this name.
    fn keeps(&self, name: &str, now: UnixMillis) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = kept.of_one.get(name).copied().unwrap_or_default();
        let Some(of_one) = OF_ONE.one_more(used, now) else { return false };
        let Some(of_all) = OF_ALL.one_more(kept.of_all, now) else { return false };
        kept.of_all = of_all;
        if kept.of_one.len() >= NAMES {
            kept.of_one.retain(|_, Used(until)| *until > now);
        }
        kept.of_one.insert(name.to_owned(), of_one);
        true
    }
}

impl Auth {
    /// Says that something did not succeed. `name`: what was typed, normalised.
    pub(super) async fn failed(
        &self,
        kind: EventKind,
        name: &str,
        user_id: Option<Uuid>,
        session_id: Option<Uuid>,
        visit: &Visit,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let event = self.event(kind, user_id, session_id, visit, now);
        if self.failures.keeps(name, now) {
            return self.store.add_event(&event).await;
        }
        event.log();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: UnixMillis = 24 * 60 * 60 * 1000;

    fn kept(failures: &Failures, name: &str, tries: u32, now: UnixMillis) -> usize {
        (0..tries).filter(|_| failures.keeps(name, now)).count()
    }

    #[test]
    fn the_first_about_a_name_are_all_kept_and_then_one_in_ten_minutes() {
        let failures = Failures::default();
        assert_eq!(kept(&failures, "ada", 500, DAY), 20);
        assert_eq!(kept(&failures, "ada", 500, DAY + OF_ONE.every - 1), 0);
        assert_eq!(kept(&failures, "ada", 500, DAY + OF_ONE.every), 1);
        assert_eq!(kept(&failures, "grace", 500, DAY), 20, "another name is not touched");
        assert_eq!(kept(&failures, "ada", 500, 2 * DAY), 20, "after a quiet day it begins anew");
    }

    #[test]
    fn a_flood_over_many_names_is_bounded_on_the_disk_and_in_memory() {
        let failures = Failures::default();
        let mut all = 0;
        for second in 0..86_400 {
            for name in 0..3 {
                all += kept(&failures, &format!("{second} {name}"), 1, DAY + second * 1000);
            }
        }
        assert_eq!(all, 1_000 + 8_640 - 1);
        assert!(failures.0.lock().unwrap().of_one.len() <= NAMES);
    }

    #[test]
    fn a_clock_that_is_set_back_costs_no_more_than_what_was_used() {
        let failures = Failures::default();
        kept(&failures, "ada", 500, 10 * DAY);
        assert_eq!(kept(&failures, "ada", 500, DAY), 0);
        assert_eq!(kept(&failures, "ada", 500, DAY + 20 * OF_ONE.every), 20);
    }
}
