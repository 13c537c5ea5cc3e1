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
use crate::store::{EventKind, NewEvent, UnixMillis};

/// Of failures to sign in with one name: so many at once, and then one in so long.
const OF_ONE: Allowance = Allowance { at_once: 20, every: 10 * 60 * 1000 };
/// With all names together, on each instance: 8,640 a day at most.
const OF_ALL: Allowance = Allowance { at_once: 1_000, every: 10 * 1000 };
/// Names, or what stands for them, that used up nothing are forgotten when there are more than this.
const NAMES: usize = 4_096;

#[derive(Debug)]
pub struct Failures {
    of_one: Allowance,
    of_all: Allowance,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    of_one: HashMap<String, Used>,
    of_all: Used,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub at_once: u32,
    /// In milliseconds.
    pub every: UnixMillis,
}

/// When all that was used of an allowance will have come back.
#[derive(Clone, Copy, Debug, Default)]
struct Used(UnixMillis);

impl Allowance {
    /// Takes one more, if there is one left.
    fn take(self, used: &mut Used, now: UnixMillis) -> bool {
        let whole = self.every.saturating_mul(self.at_once.into());
        // More than the whole is used only if the clock was set back, and if by far, it begins anew.
        if !(now..=now.saturating_add(2 * whole)).contains(&used.0) {
            used.0 = now;
        }
        let left = used.0.saturating_add(self.every).saturating_sub(now) <= whole;
        used.0 = used.0.saturating_add(if left { self.every } else { 0 });
        left
    }
}

/// Those to sign in.
impl Default for Failures {
    fn default() -> Self {
        Self::allowing(OF_ONE, OF_ALL)
    }
}

impl Failures {
    pub(super) fn allowing(of_one: Allowance, of_all: Allowance) -> Self {
        Self { of_one, of_all, kept: Mutex::default() }
    }

    /// Whether one more is kept about this name.
    pub(super) fn keeps(&self, name: &str, now: UnixMillis) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { of_one, of_all } = &mut *kept;
        let mut used = of_one.get(name).copied().unwrap_or_default();
        // In this order: what is not kept about one name takes nothing from the others.
        let keeps = self.of_one.take(&mut used, now) && self.of_all.take(of_all, now);
        if keeps && of_one.len() >= NAMES {
            of_one.retain(|_, Used(until)| *until > now);
        }
        if keeps {
            of_one.insert(name.to_owned(), used);
        }
        keeps
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
        // Each kind for itself: with one a stranger must not hide another.
        self.failed_like(kind, name, self.event(kind, user_id, session_id, visit, self.clock.now())).await
    }

    /// Says it out of what is kept of another kind: for what must not be told apart by the time that it takes.
    pub(super) async fn failed_like(
        &self,
        kept_like: EventKind,
        name: &str,
        event: NewEvent<'_>,
    ) -> Result<(), StoreError> {
        if self.failures.keeps(&format!("{} {name}", kept_like.name()), event.at) {
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
        assert!(failures.kept.lock().unwrap().of_one.len() <= NAMES);
    }

    #[test]
    fn a_clock_that_is_set_back_begins_anew() {
        let failures = Failures::default();
        assert_eq!(kept(&failures, "ada", 500, 10 * DAY), 20);
        assert_eq!(kept(&failures, "ada", 500, 10 * DAY - 1), 0, "by a little it changes nothing");
        assert_eq!(kept(&failures, "ada", 500, DAY), 20);
    }
}
