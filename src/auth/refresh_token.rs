//! The refresh token: its form, its tag, and how one is sealed under another.
//!
//! ```text
//! base64url, no padding, of   version:1 | session_id:16 | generation:4 | secret:32 | tag:16
//!
//! version      1
//! generation   unsigned, big-endian, from 1
//! secret       random, new for every generation
//! tag          the first 16 bytes of HMAC-SHA-256(key, all that stands before it)
//! ```
//!
//! The tag lets garbage be refused before the database is asked. It grants nothing: the hash of the whole token must match the
//! session's row.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    secret::ServerSecret,
    secrets::{Accepted, Secrets},
};
use crate::store::{Hash, UnixMillis};

const VERSION: u8 = 1;
const TAG: usize = 16;
const BODY: usize = 1 + 16 + 4 + 32;
const BYTES: usize = BODY + TAG;
/// Every token has this many characters.
pub const TEXT: usize = BYTES * 4 / 3;

/// The key behind the tags.
#[derive(Debug)]
pub struct RefreshKey(hmac::Key);

/// The keys behind the tags, while the server's secret is being replaced: one makes them, several are accepted.
#[derive(Debug)]
pub struct RefreshKeys(Accepted<RefreshKey>);

/// A token whose tag was checked. Cannot be printed.
#[derive(Clone)]
pub struct RefreshToken {
    pub session_id: Uuid,
    pub generation: u32,
    secret: Zeroizing<[u8; 32]>,
    bytes: Zeroizing<[u8; BYTES]>,
}

impl RefreshKey {
    pub fn derive(secret: &ServerSecret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.derive("hallpass refresh tag 1").as_slice()))
    }

    pub fn issue(&self, session_id: Uuid, generation: u32, secret: Zeroizing<[u8; 32]>) -> RefreshToken {
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes[0] = VERSION;
        bytes[1..17].copy_from_slice(session_id.as_bytes());
        bytes[17..21].copy_from_slice(&generation.to_be_bytes());
        bytes[21..BODY].copy_from_slice(secret.as_slice());
        let tag = hmac::sign(&self.0, &bytes[..BODY]);
        bytes[BODY..].copy_from_slice(&tag.as_ref()[..TAG]);
        RefreshToken { session_id, generation, secret, bytes }
    }

    /// Reads a token. `None`: not of the form, or its tag is not ours.
    pub fn read(&self, text: &str) -> Option<RefreshToken> {
        if text.len() != TEXT {
            return None;
        }
        // The slice decoder wants room for its estimate, which is a little more than the token.
        let mut decoded = Zeroizing::new([0; BYTES + 3]);
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, decoded.as_mut_slice()).ok()?;
        let bytes = Zeroizing::new(<[u8; BYTES]>::try_from(&decoded[..length]).ok()?);
        let tag = hmac::sign(&self.0, &bytes[..BODY]);
        constant_time::verify_slices_are_equal(&tag.as_ref()[..TAG], &bytes[BODY..]).ok()?;
        if bytes[0] != VERSION {
            return None;
        }
        Some(RefreshToken {
            session_id: Uuid::from_bytes(bytes[1..17].try_into().ok()?),
            generation: u32::from_be_bytes(bytes[17..21].try_into().ok()?),
            secret: Zeroizing::new(bytes[21..BODY].try_into().ok()?),
            bytes,
        })
    }

    /// The token after `parent`, with the secret that was sealed under it.
    pub fn unseal(&self, parent: &RefreshToken, sealed: &Hash) -> RefreshToken {
        let secret = parent.pad_for_successor(sealed);
        self.issue(parent.session_id, parent.generation + 1, Zeroizing::new(secret))
    }
}

impl RefreshKeys {
    pub fn derive(secrets: &Secrets) -> Self {
        Self(secrets.each(RefreshKey::derive))
    }

    pub fn issue(&self, session_id: Uuid, generation: u32, secret: Zeroizing<[u8; 32]>) -> RefreshToken {
        self.0.current().issue(session_id, generation, secret)
    }

    /// Reads a token of any secret that is accepted at a time.
    pub fn read(&self, text: &str, now: UnixMillis) -> Option<RefreshToken> {
        self.0.at(now).find_map(|(key, _)| key.read(text))
    }

    /// The token after `parent`, as it was made: its tag is of the secret that was in use then, and `hash` tells which.
    pub fn unseal(&self, parent: &RefreshToken, sealed: &Hash, hash: &Hash, now: UnixMillis) -> RefreshToken {
        let made = self.0.at(now).map(|(key, _)| key.unseal(parent, sealed)).find(|token| token.hash() == *hash);
        made.unwrap_or_else(|| self.0.current().unseal(parent, sealed))
    }
}

impl RefreshToken {
    /// What the session's row keeps of it.
    pub fn hash(&self) -> Hash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.bytes.as_slice()).as_ref());
        hash
    }

    /// `successor`'s secret so that only a holder of this token can read it: a copy of the database opens nothing.
    pub fn seal(&self, successor: &RefreshToken) -> Hash {
        self.pad_for_successor(&successor.secret)
    }

    /// `bytes XOR HMAC-SHA-256(secret, "successor" | session_id | generation + 1)`: seals, and unseals.
    fn pad_for_successor(&self, bytes: &[u8; 32]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_slice());
        let mut context = hmac::Context::with_key(&key);
        context.update(b"successor");
        context.update(self.session_id.as_bytes());
        context.update(&(self.generation + 1).to_be_bytes());
        let pad = context.sign();
        let mut out = [0; 32];
        for (out, (byte, pad)) in out.iter_mut().zip(bytes.iter().zip(pad.as_ref())) {
            *out = byte ^ pad;
        }
        out
    }

    /// The token itself, for the cookie or the program that it is sent to and for nothing else.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(self.bytes.as_slice()))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, generation {})", self.session_id, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RefreshKey {
        RefreshKey::derive(&ServerSecret::new("0123456789abcdef0123456789abcdef").unwrap())
    }

    fn session() -> Uuid {
        Uuid::from_bytes(*b"session-id-16-by")
    }

    /// Worked out by a script that shares no code with this crate: `end2end/vectors/refresh_token.py`.
    const VECTORS: [(u32, [u8; 32], &str); 2] = [
        (1, [0x11; 32], "AXNlc3Npb24taWQtMTYtYnkAAAABEREREREREREREREREREREREREREREREREREREREREREV213k66cIKw4pnwzxg3Cf"),
        (2, [0x22; 32], "AXNlc3Npb24taWQtMTYtYnkAAAACIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiL1jVC_2LvACSZGko8tbvJZ"),
    ];
    const HASH_OF_FIRST: &str = "e4208f4c472008c372369a080a7a3552d4e1813112c05977fe814d033075d005";
    const SECOND_SEALED_UNDER_FIRST: &str = "d9917fc73b0e1fed1e7d24421f99aa5b1489a6312e188ae042c85f4e732b8c19";

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write;
        bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    }

    #[test]
    fn the_format_matches_its_vectors() {
        for (generation, secret, text) in VECTORS {
            let token = key().issue(session(), generation, Zeroizing::new(secret));
            assert_eq!(*token.expose(), text);
            let read = key().read(text).expect("a vector reads back");
            assert_eq!((read.session_id, read.generation, *read.secret), (session(), generation, secret));
        }
        let [first, second] = VECTORS.map(|(.., text)| key().read(text).unwrap());
        assert_eq!(hex(&first.hash()), HASH_OF_FIRST);
        assert_eq!(hex(&first.seal(&second)), SECOND_SEALED_UNDER_FIRST);
    }

    #[test]
    fn the_successor_comes_back_from_its_seal_to_the_holder_of_the_parent_alone() {
        let first = key().issue(session(), 1, Zeroizing::new([1; 32]));
        let second = key().issue(session(), 2, Zeroizing::new([2; 32]));
        let sealed = first.seal(&second);
        assert_eq!(key().unseal(&first, &sealed).expose(), second.expose());
        let stranger = key().issue(session(), 1, Zeroizing::new([3; 32]));
        assert_ne!(key().unseal(&stranger, &sealed).expose(), second.expose());
    }

    #[test]
    fn every_flipped_bit_and_every_other_length_is_refused() {
        let text = key().issue(session(), 1, Zeroizing::new([1; 32])).expose();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.as_str()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key().read(&BASE64_URL_SAFE_NO_PAD.encode(changed)).is_none(), "bit {bit}");
        }
        for length in 0..text.len() {
            assert!(key().read(&text[..length]).is_none(), "{length} characters");
        }
        for other in [format!("{}=", *text), format!(" {}", *text), text.replace(['-', '_'], "+"), "é".repeat(46)] {
            assert!(other == *text || key().read(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_tag_from_another_secret_or_another_version_is_refused() {
        let other = RefreshKey::derive(&ServerSecret::new("another secret of at least 32 bytes").unwrap());
        let text = other.issue(session(), 1, Zeroizing::new([1; 32])).expose();
        assert!(key().read(&text).is_none());

        let mut bytes = *key().issue(session(), 1, Zeroizing::new([1; 32])).bytes;
        bytes[0] = 2;
        let tag = hmac::sign(&key().0, &bytes[..BODY]);
        bytes[BODY..].copy_from_slice(&tag.as_ref()[..TAG]);
        assert!(key().read(&BASE64_URL_SAFE_NO_PAD.encode(bytes)).is_none(), "authentic, but not version 1");
    }

    #[test]
    fn a_token_does_not_print() {
        let token = key().issue(session(), 1, Zeroizing::new([1; 32]));
        let printed = format!("{token:?}");
        assert!(!printed.contains(token.expose().as_str()) && !printed.contains("[1"));
    }
}
