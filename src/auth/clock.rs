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
    /// What the database's clock showed when this one was started.
    epoch: AtomicI64,
}

impl DatabaseClock {
    /// Reads the database's clock for the first time. `None`: it is for this instance alone, whose own clock is as good.
    #[expect(clippy::disallowed_methods, reason = "this is a clock that everyone else is handed")]
    pub async fn start(store: Store) -> Result<Option<Self>, StoreError> {
        let clock = Self { store, started: Instant::now(), epoch: AtomicI64::new(0) };
        Ok(clock.follow().await?.then_some(clock))
    }

    /// Reads it again; `false`: there is none. It was read somewhere between the question and the answer; the middle is wrong by half of what that took, at most.
    pub async fn follow(&self) -> Result<bool, StoreError> {
        let asked = self.elapsed();
        let Some(time) = self.store.time().await? else { return Ok(false) };
        self.epoch.store(time - asked.midpoint(self.elapsed()), Ordering::Relaxed);
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
