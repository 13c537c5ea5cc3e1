//! The Ed25519 keys that sign access tokens. The private half is in the database, sealed under the server's secret.
//!
//! Every instance reads them several times a second ([`SigningKeys::follow`]), so what one of them or a command publishes or withdraws is soon
//! known to all. When a key begins and ends is in [`schedule`].

pub mod schedule;
mod seal;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::{
    clock::Clock,
    rng::Rng,
    secrets::{Accepted, Secrets, Whose},
};
use crate::store::{SigningKeyRow, Store, StoreError, UnixMillis};
use schedule::{NewKey, Rule, Times};
use seal::{Seal, Seed};

/// PKCS #8 around a raw Ed25519 seed (RFC 8410, section 7): all that stands before the 32 bytes.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the signing key {kid} in the database was sealed under another secret; start with the secret that this database was made with, or name it with \
         HALLPASS_SECRET_PREVIOUS"
    )]
    Sealed { kid: String },
}

/// All keys of the database, as they were last read. Cannot be printed.
pub struct SigningKeys {
    store: Store,
    seals: Accepted<Seal>,
    rule: Rule,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    ring: RwLock<Ring>,
    /// One reads at a time, and those who wait for it need not read again.
    reading: Mutex<()>,
    /// When the database was last asked for them, and answered.
    read_at: AtomicI64,
}

/// The keys at one time.
#[derive(Default)]
pub(super) struct Ring {
    /// Another one for each change.
    pub number: u64,
    rows: Vec<SigningKeyRow>,
    signing: Vec<Signing>,
    verifying: HashMap<String, Verifying>,
}

/// A key whose private half could be opened.
#[derive(Clone)]
pub(super) struct Signing {
    pub kid: String,
    pub key: EncodingKey,
    times: Times,
}

pub(super) struct Verifying {
    pub key: DecodingKey,
    /// From then on nothing that it signed is believed.
    pub until: UnixMillis,
}

/// What an operator may know of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    pub kid: String,
    pub role: Role,
    pub created_at: UnixMillis,
    pub signs_from: UnixMillis,
    /// Until when what it signed is believed; `None`: no key follows it yet.
    pub believed_until: Option<UnixMillis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Published, and not signing yet.
    Next,
    Signing,
    /// Its last tokens may still be about.
    Retiring,
}

/// What came of the wish for a new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    Published(KeyState),
    /// There is one that has yet to begin.
    OnItsWay(KeyState),
}

impl SigningKeys {
    /// Opens the keys in the database; makes the first one where there is none.
    pub async fn load(
        store: Store,
        secrets: &Secrets,
        rule: Rule,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, KeysError> {
        let keys = Self {
            store,
            seals: secrets.each(Seal::new),
            rule,
            clock,
            rng,
            ring: RwLock::default(),
            reading: Mutex::default(),
            read_at: AtomicI64::new(0),
        };
        keys.follow().await?;
        match keys.sealed_shut() {
            Some(kid) => Err(KeysError::Sealed { kid }),
            None => Ok(keys),
        }
    }

    /// The keys as this instance knows them. Not to be held across anything that waits.
    pub(super) fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the keys again.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let _turn = self.reading.lock().await;
        self.read().await
    }

    /// Reads the keys again, unless that was done within `at_most` milliseconds before `now`: however many ask, the database is asked no more often than that.
    pub(super) async fn catch_up(&self, now: UnixMillis, at_most: UnixMillis) -> Result<(), StoreError> {
        let _turn = self.reading.lock().await;
        let age = now.saturating_sub(self.read_at.load(Ordering::Relaxed));
        // A little below zero: read by somebody who came later. Far below: the clock was set back.
        if (-60_000..=at_most).contains(&age) { Ok(()) } else { self.read().await }
    }

    async fn read(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut rows = self.store.signing_keys().await?;
        if rows.is_empty() {
            let first = NewKey::first(now);
            self.store.add_signing_key(&self.new_key(first, now), first.unless_after).await?;
            rows = self.store.signing_keys().await?;
        }
        if rows != self.ring().rows {
            self.take(rows, now).await?;
        }
        self.read_at.store(now, Ordering::Relaxed);
        Ok(())
    }

    /// Makes a ring of what was read. What is sealed under the secret before is sealed anew.
    async fn take(&self, rows: Vec<SigningKeyRow>, now: UnixMillis) -> Result<(), StoreError> {
        let mut opened = Vec::new();
        for row in &rows {
            let Some((seed, whose)) = self.open(row, now) else { continue };
            if whose == Whose::Previous {
                let sealed = self.seals.current().close(&seed, &row.kid, &*self.rng);
                if self.store.reseal_signing_key(row, &sealed).await? {
                    tracing::info!(kid = row.kid, "a signing key was sealed anew, under the secret in use");
                }
            }
            opened.push((row.kid.clone(), encoding_key(&seed)));
        }
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        *ring = Ring::of(rows, opened, &ring, self.rule);
        drop(ring);
        if let Some(kid) = self.sealed_shut() {
            tracing::error!(
                kid,
                "this signing key is sealed under a secret that this instance does not have; it cannot sign with it"
            );
        }
        Ok(())
    }

    fn open(&self, row: &SigningKeyRow, now: UnixMillis) -> Option<(Seed, Whose)> {
        let mut seals = self.seals.at(now);
        let (seed, whose) =
            seals.find_map(|(seal, whose)| Some((seal.open(&row.sealed_private_key, &row.kid)?, whose)))?;
        Ed25519KeyPair::from_seed_and_public_key(seed.as_slice(), &row.public_key).ok()?;
        Some((seed, whose))
    }

    /// A key that signs, now or later, and that this instance could not open.
    fn sealed_shut(&self) -> Option<String> {
        let (ring, now) = (self.ring(), self.clock.now());
        let signs = schedule::signer(ring.times(), now).map(|which| ring.rows[which].signs_from)?;
        let needed = ring.rows.iter().filter(|row| row.signs_from >= signs);
        needed.map(|row| &row.kid).find(|kid| ring.signing.iter().all(|key| key.kid != **kid)).cloned()
    }

    /// Publishes the next key when its time has come, and forgets those that are over. Call it every second or so.
    pub(super) async fn tend(&self, now: UnixMillis) -> Result<(), StoreError> {
        let (due, over) = {
            let ring = self.ring();
            (schedule::due(ring.times(), now, self.rule), ring.verifying.values().any(|key| key.until <= now))
        };
        if let Some(due) = due {
            self.publish(due, now).await?;
        }
        if over {
            let forgotten = self.store.forget_signing_keys(now.saturating_sub(schedule::kept(self.rule))).await?;
            tracing::info!(forgotten, "signing keys whose last token has run out were deleted");
        }
        if due.is_some() || over { self.follow().await } else { Ok(()) }
    }

    /// The next key, on an operator's wish: as soon as everybody can know it.
    pub(super) async fn rotate(&self, now: UnixMillis) -> Result<Rotated, StoreError> {
        let published = self.publish(NewKey::soon(now), now).await?;
        self.follow().await?;
        let states = self.states(now);
        let found =
            states.into_iter().find(|key| published.as_ref().map_or(key.role == Role::Next, |kid| key.kid == *kid));
        // Both were read a moment ago.
        let state = found.ok_or(StoreError::Impossible { column: "signing_keys.signs_from" })?;
        Ok(if published.is_some() { Rotated::Published(state) } else { Rotated::OnItsWay(state) })
    }

    /// A new key that signs at once, and no other is believed any more: for when somebody may have the private half of one.
    pub(super) async fn replace_all(&self, now: UnixMillis) -> Result<Vec<KeyState>, StoreError> {
        let key = self.new_key(NewKey::first(now), now);
        self.store.replace_signing_keys(&key).await?;
        tracing::warn!(kid = key.kid, "all signing keys were replaced; what others signed is refused");
        self.follow().await?;
        Ok(self.states(now))
    }

    /// `None`: another instance or a command has done so meanwhile.
    async fn publish(&self, new: NewKey, now: UnixMillis) -> Result<Option<String>, StoreError> {
        let key = self.new_key(new, now);
        if !self.store.add_signing_key(&key, new.unless_after).await? {
            return Ok(None);
        }
        let ahead = new.signs_from.saturating_sub(now) / 1_000;
        tracing::info!(kid = key.kid, signs_in_seconds = ahead, "a signing key was published");
        Ok(Some(key.kid))
    }

    fn new_key(&self, new: NewKey, now: UnixMillis) -> SigningKeyRow {
        let seed = Zeroizing::new(self.rng.bytes::<32>());
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("any 32 bytes are a seed");
        let public_key = pair.public_key().as_ref().to_vec();
        let kid = thumbprint(&public_key);
        let sealed_private_key = self.seals.current().close(&seed, &kid, &*self.rng);
        SigningKeyRow { kid, public_key, sealed_private_key, created_at: now, signs_from: new.signs_from }
    }

    /// The public halves as a JWK Set (RFC 7517; RFC 8037 for the key type): of what signs, will sign, or has signed what is still believed.
    pub fn jwks(&self, now: UnixMillis) -> Value {
        let ring = self.ring();
        let believed = ring.rows.iter().filter(|row| ring.believes(&row.kid, now));
        json!({ "keys": believed.map(public_jwk).collect::<Vec<_>>() })
    }

    /// How old the key is that signs, in milliseconds.
    pub(super) fn age(&self, now: UnixMillis) -> UnixMillis {
        let since = self.ring().signing(now).map_or(now, |key| key.times.created_at);
        now.saturating_sub(since).max(0)
    }

    /// All keys, the one that begins last first.
    pub(super) fn states(&self, now: UnixMillis) -> Vec<KeyState> {
        let ring = self.ring();
        let signs = schedule::signer(ring.times(), now);
        let states = ring.rows.iter().enumerate().map(|(which, row)| KeyState {
            kid: row.kid.clone(),
            role: match signs {
                Some(signs) if signs == which => Role::Signing,
                _ if row.signs_from > now => Role::Next,
                _ => Role::Retiring,
            },
            created_at: row.created_at,
            signs_from: row.signs_from,
            believed_until: ring.verifying.get(&row.kid).map(|key| key.until).filter(|until| *until < UnixMillis::MAX),
        });
        states.collect()
    }
}

impl Ring {
    /// What was opened before stays open: a running instance goes on signing, whatever others have done to the seals.
    fn of(rows: Vec<SigningKeyRow>, mut opened: Vec<(String, EncodingKey)>, before: &Self, rule: Rule) -> Self {
        let of = |row: &SigningKeyRow| Times { created_at: row.created_at, signs_from: row.signs_from };
        let signing = rows.iter().filter_map(|row| {
            let found = opened.iter().position(|(kid, _)| *kid == row.kid).map(|at| opened.swap_remove(at).1);
            let known = || before.signing.iter().find(|key| key.kid == row.kid).map(|key| key.key.clone());
            Some(Signing { kid: row.kid.clone(), key: found.or_else(known)?, times: of(row) })
        });
        let mut signing: Vec<_> = signing.collect();
        if signing.is_empty() {
            // An operator's mistake, which is logged. What it signs is refused, and that is all that it can do.
            signing.clone_from(&before.signing);
        }
        let verifying = rows.iter().map(|row| {
            let until = schedule::believed_until(rows.iter().map(of), of(row), rule);
            (row.kid.clone(), Verifying { key: DecodingKey::from_ed_der(&row.public_key), until })
        });
        Self { number: before.number + 1, verifying: verifying.collect(), signing, rows }
    }

    /// The key that signs. `None`: this instance could open none, which is refused at its start.
    pub fn signing(&self, now: UnixMillis) -> Option<&Signing> {
        schedule::signer(self.signing.iter().map(|key| key.times), now).map(|which| &self.signing[which])
    }

    /// A key whose tokens are believed at this time.
    pub fn verifying(&self, kid: &str, now: UnixMillis) -> Option<&Verifying> {
        self.verifying.get(kid).filter(|key| now < key.until)
    }

    fn believes(&self, kid: &str, now: UnixMillis) -> bool {
        self.verifying(kid, now).is_some()
    }

    fn times(&self) -> impl Iterator<Item = Times> + Clone {
        self.rows.iter().map(|row| Times { created_at: row.created_at, signs_from: row.signs_from })
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.ring().rows.len())
    }
}

fn encoding_key(seed: &Seed) -> EncodingKey {
    EncodingKey::from_ed_der(&Zeroizing::new([PKCS8_PREFIX.as_slice(), seed.as_slice()].concat()))
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
