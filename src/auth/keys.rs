//! The Ed25519 keys that sign access tokens. The private half is in the database, sealed under the server's secret, and the public one follows from it: a row that
//! does not open under the secret is none of ours, whatever it says.
//!
//! Every instance reads them several times a second ([`SigningKeys::follow`]), so what one of them or a command publishes or withdraws is soon
//! known to all. When a key begins and ends is in [`schedule`].

mod ring;
pub mod schedule;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};
use zeroize::Zeroizing;

use super::{
    clock::Clock,
    rng::Rng,
    seal::{Seal, Seed},
    secrets::{Accepted, Secrets, Whose},
};
use crate::store::{NewEvent, SigningKeyRow, Store, StoreError, UnixMillis};
pub(super) use ring::Ring;
use ring::{Key, Pair};
use schedule::{NewKey, Rule};

/// How long a failure to read them stands for whoever asks next.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "{what} in the database was sealed under another secret; start with the secret that this database was made with, or name it with \
         HALLPASS_SECRET_PREVIOUS"
    )]
    Sealed { what: String },
}

/// All keys of the database, as they were last read. Cannot be printed.
pub struct SigningKeys {
    store: Store,
    seals: Accepted<Seal>,
    rule: Rule,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    ring: RwLock<Ring>,
    /// One reads at a time, and those who wait for it need not read again. When that failed last, if it was the last.
    reading: Mutex<Option<Instant>>,
    /// When the database was last asked for them, and answered.
    read_at: AtomicI64,
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
            seals: secrets.each(|secret| Seal::derive(secret, "hallpass signing key seal 1")),
            rule,
            clock,
            rng,
            ring: RwLock::default(),
            reading: Mutex::new(None),
            read_at: AtomicI64::new(0),
        };
        keys.follow().await?;
        let shut = keys.ring().shut().map(str::to_owned);
        match shut {
            Some(kid) => Err(KeysError::Sealed { what: format!("the signing key {kid}") }),
            None => Ok(keys),
        }
    }

    /// The keys as this instance knows them. Not to be held across anything that waits.
    pub(super) fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the keys again.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let mut failed = self.reading.lock().await;
        self.read(&mut failed).await
    }

    /// Reads the keys again, unless that was done within `at_most` milliseconds: however many ask, the database is asked no more often than that. Nor is it
    /// where it failed a moment ago: those who wait must not wait for one failure after the other.
    pub(super) async fn catch_up(&self, at_most: UnixMillis) -> Result<(), StoreError> {
        let mut failed = self.reading.lock().await;
        if failed.is_some_and(|failed| failed.elapsed() < AFTER_FAILURE) {
            return Err(StoreError::Silent);
        }
        let age = self.clock.now().saturating_sub(self.read_at.load(Ordering::Relaxed));
        // Below zero: the clock was set back.
        if (0..=at_most).contains(&age) {
            return Ok(());
        }
        self.read(&mut failed).await
    }

    /// In the turn of whoever asks.
    async fn read(&self, failed: &mut Option<Instant>) -> Result<(), StoreError> {
        let read = self.read_now().await;
        *failed = read.is_err().then(Instant::now);
        read
    }

    async fn read_now(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut rows = self.store.signing_keys().await?;
        if rows.is_empty() {
            let first = NewKey::first(now);
            self.store.add_signing_key(&self.new_key(first, now), first.unless_after, None).await?;
            rows = self.store.signing_keys().await?;
        }
        if !self.ring().is_of(&rows) {
            self.take(rows, now).await?;
        }
        self.read_at.store(now, Ordering::Relaxed);
        Ok(())
    }

    /// Makes a ring of what was read. What is sealed under the secret before is sealed anew.
    async fn take(&self, rows: Vec<SigningKeyRow>, now: UnixMillis) -> Result<(), StoreError> {
        let mut opened = HashMap::new();
        for row in &rows {
            let Some((seed, whose)) = self.open(row, now) else { continue };
            if whose == Whose::Previous {
                let sealed = self.seals.current().close(&seed, &row.kid, &*self.rng);
                if self.store.reseal_signing_key(row, &sealed).await? {
                    tracing::info!(kid = row.kid, "a signing key was sealed anew, under the secret in use");
                }
            }
            opened.insert(row.kid.clone(), Pair::of(&seed));
        }
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let new = Ring::of(rows, opened, &ring, self.rule, now);
        for kid in new.strangers().filter(|kid| ring.strangers().all(|known| known != *kid)) {
            tracing::error!(
                kid,
                "a signing key in the database does not open under the server's secret, and is not believed"
            );
        }
        *ring = new;
        Ok(())
    }

    /// The seal holds the key to its id, which is the thumbprint of its public half.
    fn open(&self, row: &SigningKeyRow, now: UnixMillis) -> Option<(Seed, Whose)> {
        let mut seals = self.seals.at(now);
        seals.find_map(|(seal, whose)| Some((seal.open(&row.sealed_private_key, &row.kid)?, whose)))
    }

    /// Publishes the next key when its time has come, and forgets those that are over. Call it every second or so.
    pub(super) async fn tend(&self, now: UnixMillis) -> Result<(), StoreError> {
        let (due, over) = {
            let ring = self.ring();
            let over = ring.keys().iter().filter(|key| key.until <= now).map(|key| key.pair.kid.clone());
            (schedule::due(ring.times(), now, self.rule), over.collect::<Vec<_>>())
        };
        if let Some(due) = due {
            self.publish(due, now, None).await?;
        }
        for kid in &over {
            if self.store.forget_signing_key(kid).await? {
                tracing::info!(kid, "a signing key whose last token has run out was deleted");
            }
        }
        if due.is_some() || !over.is_empty() { self.follow().await } else { Ok(()) }
    }

    /// The next key, on an operator's wish: as soon as everybody can know it.
    pub(super) async fn rotate(&self, now: UnixMillis, wanted: &NewEvent<'_>) -> Result<Rotated, StoreError> {
        let published = self.publish(NewKey::soon(now), now, Some(wanted)).await?;
        self.follow().await?;
        let states = self.states(now);
        let found =
            states.into_iter().find(|key| published.as_ref().map_or(key.role == Role::Next, |kid| key.kid == *kid));
        // Both were read a moment ago.
        let state = found.ok_or(StoreError::Impossible { column: "signing_keys.signs_from" })?;
        Ok(if published.is_some() { Rotated::Published(state) } else { Rotated::OnItsWay(state) })
    }

    /// A new key that signs at once, and no other is believed any more: for when somebody may have the private half of one.
    pub(super) async fn replace_all(
        &self,
        now: UnixMillis,
        wanted: &NewEvent<'_>,
    ) -> Result<Vec<KeyState>, StoreError> {
        let key = self.new_key(NewKey::first(now), now);
        self.store.replace_signing_keys(&key, Some(wanted)).await?;
        tracing::warn!(kid = key.kid, "all signing keys were replaced; what others signed is refused");
        self.follow().await?;
        Ok(self.states(now))
    }

    /// `None`: another instance or a command has done so meanwhile.
    async fn publish(
        &self,
        new: NewKey,
        now: UnixMillis,
        wanted: Option<&NewEvent<'_>>,
    ) -> Result<Option<String>, StoreError> {
        let key = self.new_key(new, now);
        if !self.store.add_signing_key(&key, new.unless_after, wanted).await? {
            return Ok(None);
        }
        let ahead = new.signs_from.saturating_sub(now) / 1_000;
        tracing::info!(kid = key.kid, signs_in_seconds = ahead, "a signing key was published");
        Ok(Some(key.kid))
    }

    fn new_key(&self, new: NewKey, now: UnixMillis) -> SigningKeyRow {
        let seed = Zeroizing::new(self.rng.bytes::<32>());
        let Pair { kid, public, .. } = Pair::of(&seed);
        let sealed_private_key = self.seals.current().close(&seed, &kid, &*self.rng);
        SigningKeyRow { kid, public_key: public, sealed_private_key, created_at: now, signs_from: new.signs_from }
    }

    /// The public halves as a JWK Set.
    pub fn jwks(&self, now: UnixMillis) -> Value {
        self.ring().jwks(now)
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
        let state = |(which, key): (usize, &Key)| KeyState {
            kid: key.pair.kid.clone(),
            role: match signs {
                Some(signs) if signs == which => Role::Signing,
                _ if key.times.signs_from > now => Role::Next,
                _ => Role::Retiring,
            },
            created_at: key.times.created_at,
            signs_from: key.times.signs_from,
            believed_until: Some(key.until).filter(|until| *until < UnixMillis::MAX),
        };
        ring.keys().iter().enumerate().map(state).collect()
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.ring().keys().len())
    }
}
