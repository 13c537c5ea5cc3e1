//! The sessions that ended within one access lifetime, in memory: their access tokens are refused without asking the database.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use uuid::Uuid;

use crate::store::{Store, StoreError, UnixMillis};

#[derive(Debug)]
pub struct Revocations {
    /// When the session ended.
    ended: RwLock<HashMap<Uuid, UnixMillis>>,
    /// How long after the end an access token of the session could still be alive, in milliseconds.
    kept_for: UnixMillis,
}

impl Revocations {
    pub async fn load(store: &Store, access_lifetime: UnixMillis, now: UnixMillis) -> Result<Self, StoreError> {
        // Tokens are rounded up to the next second.
        let kept_for = access_lifetime.saturating_add(2_000);
        let ended = store.sessions_ended_since(now.saturating_sub(kept_for)).await?;
        Ok(Self { ended: RwLock::new(ended.into_iter().collect()), kept_for })
    }

    pub fn contains(&self, session_id: Uuid) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session_id)
    }

    pub fn add(&self, session_id: Uuid, now: UnixMillis) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(session_id, now);
    }

    /// Forgets the sessions whose last access token has run out.
    pub fn forget_past(&self, now: UnixMillis) {
        let oldest = now.saturating_sub(self.kept_for);
        self.ended.write().unwrap_or_else(PoisonError::into_inner).retain(|_, ended_at| *ended_at > oldest);
    }
}
