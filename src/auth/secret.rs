//! The server's secret, and the keys that are derived from it.

use std::fmt;

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

/// At least this many bytes, or it is refused.
pub const SHORTEST: usize = 32;

/// What everything the server signs, tags or seals hangs on. Cannot be printed.
pub struct ServerSecret(Zeroizing<Vec<u8>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    #[error("is empty")]
    Empty,
    #[error("has {0} bytes")]
    Short(usize),
    #[error("repeats itself: it has only {0} different bytes")]
    Repetitive(usize),
}

impl ServerSecret {
    /// Refuses what cannot be a secret. A random one of the required length never has so few different bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, WeakSecret> {
        let bytes = Zeroizing::new(bytes.into());
        let different = bytes.iter().collect::<std::collections::HashSet<_>>().len();
        match bytes.len() {
            0 => Err(WeakSecret::Empty),
            short if short < SHORTEST => Err(WeakSecret::Short(short)),
            _ if different < 8 => Err(WeakSecret::Repetitive(different)),
            _ => Ok(Self(bytes)),
        }
    }

    /// Another handle on the same secret.
    #[must_use]
    pub fn again(&self) -> Self {
        Self(self.0.clone())
    }

    /// A key of 32 bytes for one purpose: HKDF-SHA-256 (RFC 5869), without salt, the purpose as info.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&self.0);
        secret
            .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|expanded| expanded.fill(key.as_mut_slice()))
            .expect("HKDF gives a key of its own hash's length");
        key
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_secrets_are_refused_with_what_is_wrong() {
        assert_eq!(ServerSecret::new("").unwrap_err(), WeakSecret::Empty);
        assert_eq!(ServerSecret::new("changeme").unwrap_err(), WeakSecret::Short(8));
        assert_eq!(ServerSecret::new("a".repeat(64)).unwrap_err(), WeakSecret::Repetitive(1));
        assert_eq!(ServerSecret::new("abcabcabc".repeat(8)).unwrap_err(), WeakSecret::Repetitive(3));
    }

    #[test]
    fn keys_differ_by_purpose_and_by_secret() {
        let one = ServerSecret::new("0123456789abcdef0123456789abcdef").unwrap();
        let two = ServerSecret::new("0123456789abcdef0123456789abcdeg").unwrap();
        assert_eq!(*one.derive("a"), *one.derive("a"));
        assert_ne!(*one.derive("a"), *one.derive("b"));
        assert_ne!(*one.derive("a"), *two.derive("a"));
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = ServerSecret::new("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(format!("{secret:?}"), "ServerSecret(..)");
    }
}
