//! A server's half that signs with a key everybody knows and whose clock stands still, so that what it signs is the same in every run.

use std::sync::{Arc, LazyLock};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::FutureExt;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};

use super::SECRET;
use crate::{
    auth::{
        Auth, Policy, Principal, PrincipalError, access_token::Disbelief, clock::Clock, purging::Retention, rng::Rng,
        secret::ServerSecret, secrets::Secrets,
    },
    fields::Field,
    store::{Store, UnixMillis},
};

pub const ISSUER: &str = "https://example.com";
pub const NOW: UnixMillis = 1_800_000_000_000;
/// Milliseconds.
pub const LIFETIME: UnixMillis = 900_000;

/// What accounts have, and tokens carry.
pub const CARRIED: Field = Field::optional("team", "Team", 40).in_tokens();
/// What tokens do not carry.
const KEPT: Field = Field::optional("motto", "Motto", 40);

const DAY: UnixMillis = 86_400_000;

pub static THE: LazyLock<Issuer> = LazyLock::new(Issuer::new);

pub struct Issuer {
    auth: Auth,
    pub kid: String,
    key: EncodingKey,
    /// The one token that it has given out.
    pub honest: String,
}

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> UnixMillis {
        NOW
    }
}

/// Whatever is made with it is the same in every run.
#[derive(Debug)]
struct NoChance;

impl Rng for NoChance {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

impl Issuer {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let auth = runtime.block_on(auth());
        let (kid, key) = auth.signing_key();
        let header = format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}"#);
        let honest = signed(header.as_bytes(), CLAIMS.as_bytes(), &key);
        Self { auth, kid, key, honest }
    }

    /// What the server says to a token. Everything that it needs to know it knows: no database is asked.
    pub fn judge(&self, token: &str) -> Result<Principal, Disbelief> {
        match self.auth.principal(token).now_or_never().expect("verifying waits for nothing") {
            Ok(principal) => Ok(principal),
            Err(PrincipalError::Disbelieved(why)) => Err(why),
            Err(PrincipalError::Store(error)) => panic!("the database was asked: {error}"),
        }
    }

    /// Any header and claims, signed with the right key.
    pub fn signed(&self, header: &[u8], claims: &[u8]) -> String {
        signed(header, claims, &self.key)
    }
}

fn signed(header: &[u8], claims: &[u8], key: &EncodingKey) -> String {
    let body = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = crypto::sign(body.as_bytes(), key, Algorithm::EdDSA).expect("an Ed25519 key signs anything");
    format!("{body}.{signature}")
}

const CLAIMS: &str = r#"{"iss":"https://example.com","aud":"https://example.com","sub":"01a00000-0000-7000-8000-000000000001","client_id":"hallpass","iat":1800000000,"nbf":1800000000,"exp":1800000900,"jti":"x","sid":"01a00000-0000-7000-8000-000000000002","gen":1,"auth_time":1800000000}"#;

/// On a database that is gone when this returns: what is asked of it here, it knows from its start.
async fn auth() -> Auth {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("hallpass.db")).await.expect("a database");
    let policy = Policy {
        issuer: ISSUER.to_owned(),
        access_ttl: LIFETIME,
        key_rotation: None,
        idle_ttl: 7 * DAY,
        absolute_ttl: 30 * DAY,
        settle: 120_000,
        retention: Retention { sessions: 30 * DAY, events: 365 * DAY },
        signup_open: true,
        fields: &[CARRIED, KEPT],
        cores: 1,
    };
    let secrets = Secrets::from(ServerSecret::new(SECRET).expect("long enough"));
    Auth::new(policy, &secrets, store, Arc::new(Stopped), Arc::new(NoChance)).await.expect("an empty database")
}
