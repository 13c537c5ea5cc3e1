//! How a secret of 32 bytes lies in the database: AES-256-GCM under a key of the server's secret. Nonce, ciphertext, tag; bound to the name that it goes by.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{rng::Rng, secret::ServerSecret};

const NONCE: usize = 12;

/// What is sealed.
pub type Seed = Zeroizing<[u8; 32]>;

pub struct Seal(LessSafeKey);

impl Seal {
    /// One for each purpose.
    pub fn derive(secret: &ServerSecret, purpose: &str) -> Self {
        let key = secret.derive(purpose);
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("a key of 32 bytes")))
    }

    pub fn close(&self, seed: &[u8; 32], name: &str, rng: &dyn Rng) -> Vec<u8> {
        let nonce = rng.bytes::<NONCE>();
        let mut sealed = seed.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name), &mut sealed)
            .expect("32 bytes can be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    pub fn open(&self, sealed: &[u8], name: &str) -> Option<Seed> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let seed = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(name), &mut sealed).ok()?;
        Some(Zeroizing::new((&*seed).try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSE: &str = "hallpass signing key seal 1";

    fn seal(secret: &str, purpose: &str) -> Seal {
        Seal::derive(&ServerSecret::new(secret).unwrap(), purpose)
    }

    /// Made with the crypto of Node, out of HKDF-SHA-256 and AES-256-GCM: rows of versions before open.
    #[test]
    fn the_form_matches_its_vector_and_opens_for_its_secret_purpose_and_name_alone() {
        let secret = "0123456789abcdef0123456789abcdef";
        let sealed: Vec<u8> = VECTOR
            .as_bytes()
            .chunks(2)
            .map(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap())
            .collect();
        let seed = seal(secret, PURPOSE).open(&sealed, "a kid").unwrap();
        assert!(seed.iter().copied().eq(0..32));
        assert!(seal(secret, PURPOSE).open(&sealed, "another").is_none());
        assert!(seal(secret, "hallpass signing key seal 2").open(&sealed, "a kid").is_none());
        assert!(seal("0123456789abcdef0123456789abcdeg", PURPOSE).open(&sealed, "a kid").is_none());
        for length in 0..sealed.len() {
            assert!(seal(secret, PURPOSE).open(&sealed[..length], "a kid").is_none(), "{length}");
        }
    }

    const VECTOR: &str = "000102030405060708090a0bea4e52e81ed1cc5d65e59e1ba0cc6276c3df72dc39c792e29c4746a1210a4629f482d53d394caeb32913803f12196466";
}
