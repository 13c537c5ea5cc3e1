//! The one place that reads the server's clocks.

use std::{
    fmt::Debug,
    sync::atomic::{AtomicI64, Ordering},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use crate::store::{Store, StoreError, UnixMillis};

pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> UnixMillis;
}

#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is handed")]
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis::try_from(since.as_millis()).unwrap_or(UnixMillis::MAX)
    }
}

/// The clock of a database that several instances share, so that their own need not agree. It goes on when the database is gone.
#[derive(Debug)]
pub struct DatabaseClock {
    store: Store,
    started: Instant,
    /// What the database's clock showed when this one was started; [`UNKNOWN`] until it was read.
    epoch: AtomicI64,
}

const UNKNOWN: UnixMillis = UnixMillis::MIN;

/// What is known of the epoch after a reading.
fn follow(known: UnixMillis, time: UnixMillis, asked: UnixMillis, answered: UnixMillis) -> UnixMillis {
    if known == UNKNOWN { time - asked.midpoint(answered) } else { known.clamp(time - answered, time - asked) }
}

impl DatabaseClock {
    /// Reads the database's clock for the first time. `None`: it is for this instance alone, whose own clock is as good.
    #[expect(clippy::disallowed_methods, reason = "this is a clock that everyone else is handed")]
    pub async fn start(store: Store) -> Result<Option<Self>, StoreError> {
        let clock = Self { store, started: Instant::now(), epoch: AtomicI64::new(UNKNOWN) };
        Ok(clock.follow().await?.then_some(clock))
    }

    /// Reads it again; `false`: there is none. It was read somewhere between the question and the answer. What was known stands as far as that does not disprove it, so an
    /// answer that is long in coming moves no clock.
    pub async fn follow(&self) -> Result<bool, StoreError> {
        let asked = self.elapsed();
        let Some(time) = self.store.time().await? else { return Ok(false) };
        let answered = self.elapsed();
        self.epoch.store(follow(self.epoch.load(Ordering::Relaxed), time, asked, answered), Ordering::Relaxed);
        Ok(true)
    }

    fn elapsed(&self) -> UnixMillis {
        UnixMillis::try_from(self.started.elapsed().as_millis()).unwrap_or(UnixMillis::MAX)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> UnixMillis {
        self.epoch.load(Ordering::Relaxed).saturating_add(self.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_follows_the_database_and_no_answer_that_is_long_in_coming() {
        let first = follow(UNKNOWN, 1_000_000, 10, 30);
        assert_eq!(first, 999_980);
        assert_eq!(follow(first, 1_000_070, 80, 100), first, "in between, so nothing is wrong with it");
        assert_eq!(follow(first, 1_003_000, 1_000, 6_000), first, "read at some time within five seconds");
        assert_eq!(follow(first, 1_060_000, 1_000, 1_010), 1_058_990, "set forward, at the least by so much");
        assert_eq!(follow(first, 900_000, 1_000, 1_010), 899_000, "set back");
    }
}
