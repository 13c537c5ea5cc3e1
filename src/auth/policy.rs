//! What the operator decides about sessions.

use super::purging::Retention;
use crate::{fields::Field, store::UnixMillis};

/// Times in milliseconds.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The public URL: issuer and audience of access tokens.
    pub issuer: String,
    pub access_ttl: UnixMillis,
    /// How long a key signs; `None`: until a command replaces it.
    pub key_rotation: Option<UnixMillis>,
    pub idle_ttl: UnixMillis,
    pub absolute_ttl: UnixMillis,
    /// See [`rotation`](super::rotation).
    pub settle: UnixMillis,
    pub retention: Retention,
    pub signup_open: bool,
    /// What accounts have beside a name and a password.
    pub fields: &'static [Field],
    /// How many passwords are hashed at a time.
    pub cores: usize,
}

impl Policy {
    /// A rotation is what extends the idle lifetime, so it must come round well within it.
    pub(super) fn consistent(mut self) -> Self {
        let longest = self.idle_ttl / 2;
        if self.settle > longest {
            tracing::warn!(
                settle = self.settle,
                shortened_to = longest,
                "the time to settle is too long for the idle lifetime, and was shortened"
            );
            self.settle = longest;
        }
        self.retention = self.retention.consistent(self.access_ttl);
        self
    }
}
