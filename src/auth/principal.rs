//! Who a request speaks for.

use std::sync::Arc;

use uuid::Uuid;

use crate::fields::{Field, Fields};

/// Somebody who was verified. There is no other way to come by one: the fields are private, and only the verification of an
/// access token and the read-only look at a refresh cookie make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    user_id: Uuid,
    session_id: Uuid,
    generation: u32,
    authenticated_at: u64,
    own: Arc<Fields>,
}

/// Of whom a token speaks that we had signed. It proves nothing: for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    pub user_id: Uuid,
    pub session_id: Uuid,
}

impl Principal {
    pub(super) fn verified(
        user_id: Uuid,
        session_id: Uuid,
        generation: u32,
        authenticated_at: u64,
        own: Arc<Fields>,
    ) -> Self {
        Self { user_id, session_id, generation, authenticated_at, own }
    }

    pub fn user_id(&self) -> Uuid {
        self.user_id
    }

    pub fn session_id(&self) -> Uuid {
        self.session_id
    }

    pub fn whose(&self) -> Whose {
        Whose { user_id: self.user_id, session_id: self.session_id }
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// When the person last gave a password, in seconds since the Unix epoch.
    pub fn authenticated_at(&self) -> u64 {
        self.authenticated_at
    }

    /// What the access token says of a field that tokens carry, as it was when the token was made; empty where it says nothing.
    pub fn claim(&self, field: Field) -> &str {
        self.own.get(field)
    }
}
