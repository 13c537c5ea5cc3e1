//! The keys at one time: those whose private half this instance could open, and no others. What the database says of public halves is not asked: whoever could
//! write there could put in one of their own.

use std::{collections::HashMap, sync::Arc};

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use super::schedule::{self, Rule, Times};
use crate::{
    auth::seal::Seed,
    store::{SigningKeyRow, UnixMillis},
};

#[derive(Default)]
pub struct Ring {
    /// Another one for each change.
    pub number: u64,
    /// All that is in the database, as it was read.
    rows: Vec<SigningKeyRow>,
    /// The one that begins last first.
    keys: Vec<Key>,
    /// Where none could be opened, which is an operator's mistake: the one that signed before. What it signs is refused, and that is all that it can do.
    last_resort: Option<Key>,
}

#[derive(Clone)]
pub struct Key {
    pub pair: Pair,
    pub times: Times,
    /// From then on nothing that it signed is believed.
    pub until: UnixMillis,
}

/// A private half and what follows from it.
#[derive(Clone)]
pub struct Pair {
    pub kid: String,
    pub public: Vec<u8>,
    /// Ready to sign: to read a key costs as much as a signature.
    pub signs: Arc<Ed25519KeyPair>,
    pub verifies: DecodingKey,
}

impl Pair {
    pub fn of(seed: &Seed) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("any 32 bytes are a seed");
        let public = pair.public_key().as_ref().to_vec();
        Self { kid: thumbprint(&public), signs: Arc::new(pair), verifies: DecodingKey::from_ed_der(&public), public }
    }

    /// For whoever makes tokens that the server would not.
    #[cfg(any(test, fuzzing))]
    pub fn encoding_key(&self) -> jsonwebtoken::EncodingKey {
        use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
        let der: Pkcs8V1Der<'_> = self.signs.as_der().expect("a key has a form");
        jsonwebtoken::EncodingKey::from_ed_der(der.as_ref())
    }

    /// RFC 7517; RFC 8037 for the key type.
    fn public_jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.kid, "x": BASE64_URL_SAFE_NO_PAD.encode(&self.public),
        })
    }
}

impl Ring {
    /// What was opened before stays open: a running instance goes on signing and believing, whatever others have done to the seals.
    pub fn of(
        rows: Vec<SigningKeyRow>,
        mut opened: HashMap<String, Pair>,
        before: &Self,
        rule: Rule,
        now: UnixMillis,
    ) -> Self {
        let known = |kid: &str| before.keys.iter().find(|key| key.pair.kid == kid).map(|key| key.pair.clone());
        let keys = rows.iter().filter_map(|row| {
            let pair = opened.remove(&row.kid).or_else(|| known(&row.kid))?;
            let times = Times { created_at: row.created_at, signs_from: row.signs_from };
            Some(Key { pair, times, until: UnixMillis::MAX })
        });
        let mut keys: Vec<_> = keys.collect();
        let times: Vec<_> = keys.iter().map(|key| key.times).collect();
        for key in &mut keys {
            key.until = schedule::believed_until(times.iter().copied(), key.times, rule);
        }
        let last_resort = if keys.is_empty() { before.signing(now).cloned() } else { None };
        Self { number: before.number + 1, rows, keys, last_resort }
    }

    pub fn is_of(&self, rows: &[SigningKeyRow]) -> bool {
        self.rows == rows
    }

    /// Those that are believed, are yet to sign, or are over and not deleted yet.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The ids of the rows that are none of our keys.
    pub fn strangers(&self) -> impl Iterator<Item = &str> {
        let ours = |kid: &str| self.keys.iter().any(|key| key.pair.kid == kid);
        self.rows.iter().map(|row| row.kid.as_str()).filter(move |kid| !ours(kid))
    }

    /// The id of a key that could not be opened, where none could.
    pub fn shut(&self) -> Option<&str> {
        self.strangers().next().filter(|_| self.keys.is_empty())
    }

    /// The key that signs. `None`: this instance could open none, which is refused at its start.
    pub fn signing(&self, now: UnixMillis) -> Option<&Key> {
        let signer = schedule::signer(self.times(), now).map(|which| &self.keys[which]);
        signer.or(self.last_resort.as_ref())
    }

    /// A key whose tokens are believed at this time.
    pub fn verifying(&self, kid: &str, now: UnixMillis) -> Option<&Key> {
        self.keys.iter().find(|key| key.pair.kid == kid && now < key.until)
    }

    /// The public halves as a JWK Set (RFC 7517): of what signs, will sign, or has signed what is still believed.
    pub fn jwks(&self, now: UnixMillis) -> Value {
        let believed = self.keys.iter().filter(|key| now < key.until);
        json!({ "keys": believed.map(|key| key.pair.public_jwk()).collect::<Vec<_>>() })
    }

    pub fn times(&self) -> impl Iterator<Item = Times> + Clone {
        self.keys.iter().map(|key| key.times)
    }
}

/// RFC 7638, section 3; the members for this key type from RFC 8037, section 2.
fn thumbprint(public_key: &[u8]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public_key);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
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
