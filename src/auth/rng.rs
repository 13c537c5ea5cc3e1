//! The one place that asks the system for randomness.

use std::fmt::Debug;

use uuid::Uuid;

use crate::store::UnixMillis;

pub trait Rng: Debug + Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Rng + '_ {
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// An identifier that sorts by time (RFC 9562, version 7). An identifier, not a secret.
    pub fn id(&self, now: UnixMillis) -> Uuid {
        uuid::Builder::from_unix_timestamp_millis(now.try_into().unwrap_or_default(), &self.bytes()).into_uuid()
    }
}

#[derive(Debug)]
pub struct SystemRng;

impl Rng for SystemRng {
    /// # Panics
    /// If the system has no randomness to give: nothing may go on without it.
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the source that everyone else is handed")]
        aws_lc_rs::rand::fill(bytes).expect("the system's random source failed");
    }
}
