//! When what is kept of the past has been kept long enough: ended sessions, which explain themselves to those who hold one of their tokens,
//! events, which their people read, and counts of tries.

use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use super::{Auth, revocations};
use crate::store::{Purge, StoreError, UnixMillis};

/// How long the past is kept, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Sessions after their end. A token of one that is gone is like one that never was.
    pub sessions: UnixMillis,
    pub events: UnixMillis,
}

impl Retention {
    /// An ended session must be there for as long as an access token of it may live: an instance that starts learns of it from its row.
    pub(super) fn consistent(self, access_ttl: UnixMillis) -> Self {
        Self { sessions: self.sessions.max(revocations::kept_for(access_ttl)), ..self }
    }
}

/// How many rows of each kind go at once: few enough that nobody notices.
const AT_ONCE: u16 = 250;
/// How many counts of tries are kept.
const MOST_TRIES: i64 = 1_000_000;
/// And how many of them go at once: when strangers make them up, faster than these can be hashed.
const TRIES_AT_ONCE: u16 = 1000;
/// How often is looked when there was nothing more.
const PAUSE: UnixMillis = 600_000;

/// When to look next.
#[derive(Debug, Default)]
pub struct Turn(AtomicI64);

impl Turn {
    fn has_come(&self, now: UnixMillis) -> bool {
        let next = self.0.load(Ordering::Relaxed);
        // A clock that was set back must not make it wait for longer.
        now >= next || now < next.saturating_sub(PAUSE)
    }

    fn next(&self, at: UnixMillis) {
        self.0.store(at, Ordering::Relaxed);
    }
}

impl Auth {
    /// Deletes a handful of what has been kept long enough, if it is time to.
    pub(super) async fn purge(&self, now: UnixMillis) -> Result<(), StoreError> {
        if !self.purging.has_come(now) {
            return Ok(());
        }
        let Retention { sessions, events } = self.policy.retention;
        let events_before = now.saturating_sub(events);
        let purge = Purge {
            sessions_before: now.saturating_sub(sessions),
            events_before,
            events_below: first_id(events_before),
            at_most: AT_ONCE,
        };
        let more_tries = self.store.purge_tries(now, MOST_TRIES, TRIES_AT_ONCE).await?;
        let more = self.store.purge(&purge).await? || more_tries;
        self.purging.next(if more { now } else { now.saturating_add(PAUSE) });
        Ok(())
    }
}

/// The least of the ids that are made at a time (RFC 9562, version 7).
pub(super) fn first_id(at: UnixMillis) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.try_into().unwrap_or_default(), &[0; 10]).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::rng::{Rng, SystemRng};

    #[test]
    fn every_id_of_a_time_is_after_the_first_of_it_and_before_the_first_of_the_next() {
        let rng: &dyn Rng = &SystemRng;
        for at in [0, 1, 1_800_000_000_000] {
            for id in [rng.id(at), first_id(at)] {
                assert!(first_id(at) <= id && id < first_id(at + 1));
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_ahead_and_back_puts_it_off_by_a_pause_at_most() {
        let turn = Turn::default();
        assert!(turn.has_come(1_000_000_000));
        turn.next(1_000_000_000 + PAUSE);
        assert!(!turn.has_come(1_000_000_000) && !turn.has_come(1_000_000_000 + PAUSE - 1));
        assert!(turn.has_come(1_000_000_000 + PAUSE));
        assert!(turn.has_come(999_999_999));
    }
}
