//! The sessions that ended within one access lifetime, in memory: their access tokens are refused without asking the database.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use uuid::Uuid;

use crate::store::{Store, StoreError, UnixMillis};

#[derive(Debug)]
pub struct Revocations {
    /// When the session ended, as far as this node knows; never earlier.
    ended: RwLock<HashMap<Uuid, UnixMillis>>,
    /// How long after the end an access token of the session could still be alive, in milliseconds.
    kept_for: UnixMillis,
    followed_to: AtomicI64,
}

/// More than an access token lives beyond its lifetime: a second of rounding, and as long as the end of its session may have waited to be
/// written while another refresh signed one more.
const GRACE: UnixMillis = 60_000;

impl Revocations {
    pub async fn load(store: &Store, access_lifetime: UnixMillis, now: UnixMillis) -> Result<Self, StoreError> {
        let revocations = Self {
            ended: RwLock::default(),
            kept_for: access_lifetime.saturating_add(GRACE),
            followed_to: AtomicI64::new(UnixMillis::MAX),
        };
        revocations.follow(store, now).await?;
        Ok(revocations)
    }

    pub fn contains(&self, session_id: Uuid) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session_id)
    }

    /// `now`: read after the end was written.
    pub fn add(&self, session_id: Uuid, now: UnixMillis) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(session_id, now);
    }

    /// Follows the clock: forgets the sessions whose last access token has run out and, if the clock was set back, asks for those
    /// that were forgotten too early.
    pub async fn follow(&self, store: &Store, now: UnixMillis) -> Result<(), StoreError> {
        let oldest = now.saturating_sub(self.kept_for);
        if now < self.followed_to.swap(now, Ordering::Relaxed) {
            let again = store.sessions_ended_since(oldest).await?;
            self.ended.write().unwrap_or_else(PoisonError::into_inner).extend(again);
        }
        self.ended.write().unwrap_or_else(PoisonError::into_inner).retain(|_, ended_at| *ended_at > oldest);
        Ok(())
    }
}
