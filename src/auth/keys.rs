//! The Ed25519 keys that sign access tokens. The private half is in the database, sealed under the server's secret.

use std::{collections::HashMap, fmt};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{clock::Clock, rng::Rng, secret::ServerSecret};
use crate::store::{SigningKeyRow, Store, StoreError, UnixMillis};

/// PKCS #8 around a raw Ed25519 seed (RFC 8410, section 7): all that stands before the 32 bytes.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const NONCE: usize = 12;

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the signing key {kid} in the database was sealed under another secret; start with the secret that this database was made with"
    )]
    Sealed { kid: String },
}

/// The key that signs, and all whose tokens are still accepted. Cannot be printed.
pub struct SigningKeys {
    pub(super) kid: String,
    pub(super) signs: EncodingKey,
    pub(super) verifies: HashMap<String, DecodingKey>,
    jwks: Value,
    signs_since: UnixMillis,
}

impl SigningKeys {
    /// Opens the keys in the database; makes the first one where there is none.
    pub async fn load(
        store: &Store,
        secret: &ServerSecret,
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> Result<Self, KeysError> {
        let seal = Seal::new(secret);
        let mut rows = store.signing_keys().await?;
        if rows.is_empty() {
            rows = store.add_first_signing_key(&new_key(&seal, clock, rng)).await?;
        }
        let newest = &rows[0];
        let sealed = || KeysError::Sealed { kid: newest.kid.clone() };
        let seed = seal.open(newest).ok_or_else(sealed)?;
        let pair =
            Ed25519KeyPair::from_seed_and_public_key(seed.as_slice(), &newest.public_key).map_err(|_| sealed())?;
        debug_assert_eq!(pair.public_key().as_ref(), newest.public_key.as_slice());
        let pkcs8 = Zeroizing::new([PKCS8_PREFIX.as_slice(), seed.as_slice()].concat());
        Ok(Self {
            kid: newest.kid.clone(),
            signs: EncodingKey::from_ed_der(&pkcs8),
            verifies: rows.iter().map(|row| (row.kid.clone(), DecodingKey::from_ed_der(&row.public_key))).collect(),
            signs_since: newest.created_at,
            jwks: json!({ "keys": rows.iter().map(public_jwk).collect::<Vec<_>>() }),
        })
    }

    /// The public halves as a JWK Set (RFC 7517; RFC 8037 for the key type).
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// When the key that signs was made.
    pub fn signs_since(&self) -> UnixMillis {
        self.signs_since
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.kid)
    }
}

fn new_key(seal: &Seal, clock: &dyn Clock, rng: &dyn Rng) -> SigningKeyRow {
    let seed = Zeroizing::new(rng.bytes::<32>());
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("any 32 bytes are a seed");
    let public_key = pair.public_key().as_ref().to_vec();
    let kid = thumbprint(&public_key);
    let sealed_private_key = seal.close(&seed, &kid, rng);
    SigningKeyRow { kid, public_key, sealed_private_key, created_at: clock.now() }
}

/// RFC 7638, section 3; the members for this key type from RFC 8037, section 2.
fn thumbprint(public_key: &[u8]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public_key);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
}

fn public_jwk(row: &SigningKeyRow) -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": row.kid, "x": BASE64_URL_SAFE_NO_PAD.encode(&row.public_key),
    })
}

/// AES-256-GCM under a key of the server's secret. Sealed: nonce, ciphertext, tag; bound to the key's id.
struct Seal(LessSafeKey);

impl Seal {
    fn new(secret: &ServerSecret) -> Self {
        let key = secret.derive("hallpass signing key seal 1");
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("a key of 32 bytes")))
    }

    fn close(&self, seed: &[u8; 32], kid: &str, rng: &dyn Rng) -> Vec<u8> {
        let nonce = rng.bytes::<NONCE>();
        let mut sealed = seed.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(kid), &mut sealed)
            .expect("32 bytes can be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    fn open(&self, row: &SigningKeyRow) -> Option<Zeroizing<[u8; 32]>> {
        let (nonce, sealed) = row.sealed_private_key.split_first_chunk::<NONCE>()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let seed = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(row.kid.as_str()), &mut sealed)
            .ok()?;
        Some(Zeroizing::new((&*seed).try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_matches_rfc_8037_appendix_a_3() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let public_key = BASE64_URL_SAFE_NO_PAD.decode(x).unwrap();
        assert_eq!(thumbprint(&public_key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
