//! The sessions that ended within one access lifetime, in memory: their access tokens are refused without asking the database.
//!
//! What other instances and the operator's commands end is read from the database several times a second, and as soon as one of them says so. An instance that could not
//! read for longer than [`PATIENCE`] does not know who has ended, and says that it does not. So a token of an ended session is refused
//! everywhere within that time, whoever is paused, cut off or restarted.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use uuid::Uuid;

use super::clock::Clock;
use crate::store::{Store, StoreError, UnixMillis};

#[derive(Debug)]
pub struct Revocations {
    /// When the session ended, as far as this node knows; never earlier.
    ended: RwLock<HashMap<Uuid, UnixMillis>>,
    /// How long after the end an access token of the session could still be alive, in milliseconds.
    kept_for: UnixMillis,
    /// When the database was last asked who has ended, and answered.
    heard_at: AtomicI64,
}

/// What this node knows of a session whose access token it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ended,
    NotEnded,
    /// It may have ended elsewhere, at another instance or by a command of the operator: ask the database.
    Unknown,
}

/// More than an access token lives beyond its lifetime: a second of rounding, and as long as the end of its session may have waited to be
/// written while another refresh signed one more. For the same reason, what ended so long before it was last asked for may be news.
const GRACE: UnixMillis = 60_000;

/// How old the last word from the database may be.
pub const PATIENCE: UnixMillis = 700;

/// How long an ended session must be known, in milliseconds.
pub fn kept_for(access_lifetime: UnixMillis) -> UnixMillis {
    access_lifetime.saturating_add(GRACE)
}

impl Revocations {
    pub async fn load(store: &Store, access_lifetime: UnixMillis, clock: &dyn Clock) -> Result<Self, StoreError> {
        let revocations = Self {
            ended: RwLock::default(),
            kept_for: kept_for(access_lifetime),
            heard_at: AtomicI64::new(UnixMillis::MAX),
        };
        revocations.follow(store, clock).await?;
        Ok(revocations)
    }

    pub fn standing(&self, session_id: Uuid, now: UnixMillis) -> Standing {
        if self.ended.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session_id) {
            return Standing::Ended;
        }
        if self.lag(now) > PATIENCE { Standing::Unknown } else { Standing::NotEnded }
    }

    /// How old the last word from the database is, in milliseconds. A clock that was set back makes it as old as can be.
    pub fn lag(&self, now: UnixMillis) -> UnixMillis {
        let lag = now.saturating_sub(self.heard_at.load(Ordering::Relaxed));
        if lag < 0 { UnixMillis::MAX } else { lag }
    }

    /// `now`: read after the end was written.
    pub fn add(&self, session_id: Uuid, now: UnixMillis) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(session_id, now);
    }

    /// Asks the database who has ended since it was last asked, and forgets the sessions whose last access token has run out. After the clock
    /// was set back, it asks for those too that were forgotten too early.
    pub async fn follow(&self, store: &Store, clock: &dyn Clock) -> Result<(), StoreError> {
        let now = clock.now();
        let oldest = now.saturating_sub(self.kept_for);
        let heard_at = self.heard_at.load(Ordering::Relaxed);
        let since = if now < heard_at { oldest } else { oldest.max(heard_at.saturating_sub(GRACE)) };
        let news = store.sessions_ended_since(since).await?;
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        for (id, at) in news {
            ended.entry(id).or_insert(at);
        }
        ended.retain(|_, ended_at| *ended_at > oldest);
        self.heard_at.store(now, Ordering::Relaxed);
        Ok(())
    }
}
