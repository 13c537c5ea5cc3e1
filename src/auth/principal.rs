//! Who a request speaks for.

use uuid::Uuid;

/// Somebody who was verified. There is no other way to come by one: the fields are private, and only the verification of an
/// access token and the read-only look at a refresh cookie make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    user_id: Uuid,
    session_id: Uuid,
    generation: u32,
    authenticated_at: u64,
}

impl Principal {
    pub(super) fn verified(user_id: Uuid, session_id: Uuid, generation: u32, authenticated_at: u64) -> Self {
        Self { user_id, session_id, generation, authenticated_at }
    }

    pub fn user_id(&self) -> Uuid {
        self.user_id
    }

    pub fn session_id(&self) -> Uuid {
        self.session_id
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// When the person last gave a password, in seconds since the Unix epoch.
    pub fn authenticated_at(&self) -> u64 {
        self.authenticated_at
    }
}
