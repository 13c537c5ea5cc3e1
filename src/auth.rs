//! The server's half: passwords, access tokens, refresh tokens, rotation, sessions.
//!
//! Nothing here knows HTTP, Leptos or where a token travels. Errors are precise; whoever speaks to the outside makes one public
//! answer of them.
//!
//! | room | |
//! |---|---|
//! | [`rotation`] | the rule, pure: what a presented refresh token means |
//! | [`refresh`] | carries the rule out: refresh, and the read-only look |
//! | [`login`] | sign up, log in, log out |
//! | [`sessions`], [`ending`] | the sessions that a person has, ends and has lost |
//! | [`password_change`] | a new password, which ends the other sessions |
//! | [`operating`] | what the operator does to accounts and sessions |
//! | [`access_token`] | making and believing access tokens |
//! | [`keys`] | the keys that sign them: published, signing, believed, forgotten |
//! | [`secret`], [`secrets`], [`seal`] | what all keys hang on, also while it is being replaced; what is sealed under it |
//! | [`refresh_token`] | the form of a refresh token, and sealing one under another |
//! | [`instance`] | which browser a session began in |
//! | [`revocations`], [`acknowledgements`] | what this node keeps in memory of sessions |
//! | [`recent`] | what this node need not find out again |
//! | [`policy`] | what the operator decides about sessions |
//! | [`purging`] | how long the past is kept |
//! | [`tally`] | what was done and is being done, in numbers |
//! | [`password`], [`argon`], [`username`] | what people type |
//! | [`limits`] | the rule, pure: how often passwords may be tried |
//! | [`tries`], [`tries_key`], [`in_flight`], [`device`] | carries it out: counts tries, and knows devices that have signed in before |
//! | [`failures`], [`successes`] | how many failures are kept, and how often a right password is taken |
//! | [`turned_away`] | requests that were refused for what they are, whatever they ask for |
//! | [`fields`] | what accounts have beside a name and a password |

pub mod access_token;
mod acknowledgements;
mod argon;
pub mod clock;
pub mod device;
pub mod ending;
mod failures;
pub mod fields;
pub mod hasher;
mod in_flight;
pub mod instance;
pub mod keys;
pub mod limits;
pub mod login;
pub mod operating;
mod own_claim;
pub mod password;
pub mod password_change;
mod policy;
mod principal;
pub mod purging;
mod recent;
pub mod refresh;
pub mod refresh_token;
mod request_ids;
mod revocations;
pub mod rng;
pub mod rotation;
mod seal;
pub mod secret;
pub mod secrets;
pub mod sessions;
pub mod sign_up;
mod successes;
pub mod tally;
mod tries;
mod tries_key;
mod turned_away;
pub mod username;

use std::sync::{Arc, atomic::Ordering};

pub use crate::store::{
    Asked, EventKind, EventLine, EventRow, Listing, LiveSession, Page, Place, SECURITY_LOG, SessionLine, StoreError,
    UserDetails, UserLine,
};
pub use policy::Policy;
pub use principal::{Principal, Whose};
pub use revocations::PATIENCE;

use crate::{
    fields::Fields,
    store::{Ears, NewEvent, Store, UnixMillis, UserRow},
};
use access_token::{AccessToken, AccessTokens, Disbelief, Grant};
use acknowledgements::Acknowledgements;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use clock::Clock;
use device::{Device, DeviceKeys};
use failures::Failures;
use hasher::Hasher;
use instance::Instance;
use keys::{KeyState, KeysError, SigningKeys, schedule::Rule};
use recent::Recent;
use refresh_token::{RefreshKeys, RefreshToken};
use request_ids::RequestIds;
use revocations::{Revocations, Standing};
use rng::Rng;
use secrets::Secrets;
use successes::Successes;
use tally::Tally;
use tries::Tries;
use turned_away::TurnedAway;
use uuid::Uuid;

/// How lately the keys must have been read before a token of an unknown one is refused, in milliseconds: they are not read again for each that is forged.
const HEARD_OF_KEYS: UnixMillis = 100;

/// How many names are remembered, and as many again.
const NAMES: usize = 8192;

/// The server's half as one value, shared by everything that serves requests.
#[derive(Debug)]
pub struct Auth {
    policy: Policy,
    store: Store,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    hasher: Hasher,
    failures: Failures,
    turned_away: TurnedAway,
    successes: Successes,
    tries: Tries,
    devices: DeviceKeys,
    access_tokens: AccessTokens,
    refresh_key: RefreshKeys,
    revocations: Revocations,
    acknowledgements: Acknowledgements,
    /// Of those who came lately.
    names: Recent<Uuid, Arc<str>>,
    /// Sessions that were refused lately: whoever comes with them again is told so without a write.
    over: Recent<Uuid, ()>,
    request_ids: RequestIds,
    purging: purging::Turn,
    tally: Tally,
}

/// From where somebody comes: kept with the session and the events, for the person to recognise.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// Empty for the operator, whose commands come from no address.
    pub address: String,
    pub user_agent: String,
    /// Which client instance says that it comes. A program does not.
    pub instance: Option<Instance>,
    /// Who has signed in there before. A program keeps no such thing.
    pub device: Option<Device>,
}

impl Visit {
    pub fn is_operators(&self) -> bool {
        self.address.is_empty()
    }
}

/// What a login or a refresh hands out.
#[derive(Debug)]
pub struct Tokens {
    pub access: AccessToken,
    /// Seconds that the access token is good for, at least.
    pub expires_in: u64,
    pub session_id: Uuid,
    pub user_id: Uuid,
    /// The refresh token to keep from now on; none where the one presented stays.
    pub refresh: Option<RefreshToken>,
    /// Milliseconds until the session ends whatever happens.
    pub session_ends_in: UnixMillis,
    /// What the device is to keep from now on, where somebody has just signed in on it.
    pub device: Option<Device>,
}

/// A session as its holder sees it.
#[derive(Clone)]
pub struct Account {
    pub user: UserRow,
    pub session: crate::store::SessionRow,
    pub fields: Fields,
}

impl Account {
    fn is_open_to(&self, principal: &Principal, now: UnixMillis) -> bool {
        let Self { user, session, .. } = self;
        let lives = session.ended.is_none() && now < session.idle_expires_at && now < session.absolute_expires_at;
        lives && user.disabled_at.is_none() && user.id == principal.user_id() && session.id == principal.session_id()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PrincipalError {
    #[error("an access token was not believed: {0}")]
    Disbelieved(#[from] Disbelief),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    pub async fn new(
        policy: Policy,
        secret: &Secrets,
        store: Store,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, KeysError> {
        let policy = policy.consistent();
        let rule = Rule { every: policy.key_rotation, token_life: policy.access_ttl };
        let keys = SigningKeys::load(store.clone(), secret, rule, Arc::clone(&clock), Arc::clone(&rng)).await?;
        let tries_key = tries_key::load(&store, secret, clock.now(), &*rng).await?;
        Ok(Self {
            hasher: Hasher::new(policy.cores, Arc::clone(&rng)),
            failures: Failures::default(),
            turned_away: TurnedAway::default(),
            successes: Successes::default(),
            tries: Tries::new(&tries_key),
            devices: DeviceKeys::derive(secret),
            access_tokens: AccessTokens::new(keys, policy.issuer.clone(), policy.access_ttl, policy.fields),
            refresh_key: RefreshKeys::derive(secret),
            revocations: Revocations::load(&store, policy.access_ttl, &*clock).await?,
            acknowledgements: Acknowledgements::new(policy.settle),
            names: Recent::new(NAMES),
            over: Recent::new(NAMES),
            request_ids: RequestIds::default(),
            purging: purging::Turn::default(),
            tally: Tally::default(),
            policy,
            store,
            clock,
            rng,
        })
    }

    /// Believes an access token whose session has not ended. Reads no database, unless this instance has lately not heard who has ended.
    pub async fn principal(&self, access_token: &str) -> Result<Principal, PrincipalError> {
        let now = self.clock.now();
        let principal = match self.access_tokens.verify(access_token, now) {
            Err(Disbelief::UnknownKey) => self.verify_again(access_token, now, HEARD_OF_KEYS).await?,
            verdict => verdict?,
        };
        let session_id = principal.session_id();
        let ended = match self.revocations.standing(session_id, now) {
            Standing::Ended => true,
            Standing::NotEnded => false,
            Standing::Unknown => {
                self.tally.checks_while_deaf.fetch_add(1, Ordering::Relaxed);
                // Nor may it have heard that its key was withdrawn.
                self.verify_again(access_token, now, PATIENCE).await?;
                self.store.session(session_id).await?.is_none_or(|row| row.ended.is_some())
            }
        };
        if ended {
            return Err(Disbelief::Revoked.into());
        }
        self.acknowledgements.heard(session_id, principal.generation(), now);
        Ok(principal)
    }

    /// Judges a token by keys that were read lately.
    async fn verify_again(
        &self,
        token: &str,
        now: UnixMillis,
        lately: UnixMillis,
    ) -> Result<Principal, PrincipalError> {
        self.access_tokens.keys().catch_up(lately).await?;
        Ok(self.access_tokens.verify(token, now)?)
    }

    /// The account and the session of a principal. `None`: they are gone, or ended a moment ago.
    pub async fn account(&self, principal: &Principal) -> Result<Option<Account>, StoreError> {
        let Some(found) = self.store.session_with_user(principal.session_id()).await? else { return Ok(None) };
        let account = self.with_fields(found).await?;
        Ok(Some(account).filter(|account| account.is_open_to(principal, self.clock.now())))
    }

    /// The name of a principal. `None`: the account is gone. Names do not change, and whoever loses the account loses its sessions first.
    pub async fn username(&self, principal: &Principal) -> Result<Option<Arc<str>>, StoreError> {
        let id = principal.user_id();
        if let Some(name) = self.names.get(&id) {
            return Ok(Some(name));
        }
        let Some(user) = self.store.user(id).await? else { return Ok(None) };
        let name: Arc<str> = user.username.into();
        self.names.put(id, Arc::clone(&name));
        Ok(Some(name))
    }

    pub fn request_id(&self) -> Uuid {
        self.request_ids.next(self.clock.now())
    }

    /// Something that nobody can foresee, for a page's content security policy.
    pub fn nonce(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.rng.bytes::<16>())
    }

    /// The public keys as a JWK Set. Others may keep it for [`keys::schedule::KEPT_BY_OTHERS`].
    pub fn jwks(&self) -> serde_json::Value {
        self.access_tokens.keys().jwks(self.clock.now())
    }

    /// The signing keys, the one that begins last first.
    pub fn signing_keys(&self) -> Vec<KeyState> {
        self.access_tokens.keys().states(self.clock.now())
    }

    /// The key that signs, to sign with it what the server never would.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn signing_key(&self) -> (String, jsonwebtoken::EncodingKey) {
        let ring = self.access_tokens.keys().ring();
        let key = ring.signing(self.clock.now()).expect("there is one");
        (key.pair.kid.clone(), key.pair.encoding_key())
    }

    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    pub fn signup_open(&self) -> bool {
        self.policy.signup_open
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// Learns which sessions have ended elsewhere, and which keys there are. Call it several times a second, and when the store's ears hear something.
    pub async fn follow(&self) -> Result<(), StoreError> {
        self.revocations.follow(&self.store, &*self.clock).await?;
        self.access_tokens.keys().follow().await
    }

    pub fn ears(&self) -> Ears {
        self.store.ears()
    }

    /// The work that is done beside the requests; call it every second or so. Writes the acknowledgements that were heard and who was turned away, and deletes what
    /// was kept long enough.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        // Each whatever became of the others.
        let done = [
            self.write_acknowledgements(now).await,
            self.write_turned_away().await,
            self.access_tokens.keys().tend(now).await,
            self.purge(now).await,
        ];
        done.into_iter().collect()
    }

    /// Writes what is still to be written and closes the database.
    pub async fn close(&self) {
        if let Err(error) = self.write_acknowledgements(self.clock.now()).await {
            tracing::error!(%error, "the last acknowledgements were not written");
        }
        if let Err(error) = self.write_turned_away().await {
            tracing::error!(%error, "the last requests that were turned away are in the log alone");
        }
        self.store.close().await;
    }

    /// Signs the access token and puts it beside the refresh token.
    fn tokens(&self, grant: &Grant, refresh: Option<RefreshToken>, now: UnixMillis) -> Tokens {
        let (access, expires_in) = self.access_tokens.sign(grant, self.rng.bytes(), now);
        let session_ends_in = grant.session_ends_at.saturating_sub(now);
        Tokens {
            access,
            expires_in,
            session_id: grant.session_id,
            user_id: grant.user_id,
            refresh,
            session_ends_in,
            device: None,
        }
    }

    fn event<'a>(
        &self,
        kind: EventKind,
        user_id: Option<Uuid>,
        session_id: Option<Uuid>,
        visit: &'a Visit,
        at: UnixMillis,
    ) -> NewEvent<'a> {
        NewEvent {
            id: self.rng.id(at),
            at,
            kind,
            user_id,
            session_id,
            address: &visit.address,
            user_agent: &visit.user_agent,
            detail: "",
        }
    }
}
