//! How the private half of a signing key lies in the database: AES-256-GCM under a key of the server's secret. Nonce, ciphertext, tag; bound to the key's id.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::auth::{rng::Rng, secret::ServerSecret};

const NONCE: usize = 12;

pub type Seed = Zeroizing<[u8; 32]>;

pub struct Seal(LessSafeKey);

impl Seal {
    pub fn new(secret: &ServerSecret) -> Self {
        let key = secret.derive("hallpass signing key seal 1");
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("a key of 32 bytes")))
    }

    pub fn close(&self, seed: &[u8; 32], kid: &str, rng: &dyn Rng) -> Vec<u8> {
        let nonce = rng.bytes::<NONCE>();
        let mut sealed = seed.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(kid), &mut sealed)
            .expect("32 bytes can be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    pub fn open(&self, sealed: &[u8], kid: &str) -> Option<Seed> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let seed = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(kid), &mut sealed).ok()?;
        Some(Zeroizing::new((&*seed).try_into().ok()?))
    }
}
