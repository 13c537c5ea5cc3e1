//! Believes Hallpass's access tokens in another service, by itself: with the public keys, which are fetched once in a while. Copy this file.
//!
//! What it cannot see is that a session has ended: such a token is believed here until it runs out, which is `HALLPASS_ACCESS_TTL` after it was
//! made at the latest. What must not wait so long asks Hallpass itself (`GET /api/v1/me` with the token).

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde::Deserialize;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// How long the keys are used before they are fetched again: what Hallpass says in `Cache-Control`.
const FRESH: Duration = Duration::from_mins(5);
/// A key that is not known may be a new one, or made up by somebody who wants us to ask all the time.
const BETWEEN_FETCHES: Duration = Duration::from_secs(30);
/// Everybody waits meanwhile, whose key is known too.
const PATIENCE: Duration = Duration::from_secs(2);
/// Seconds that clocks may be apart.
const SKEW: u64 = 5;

pub type Fetched = Pin<Box<dyn Future<Output = Result<JwkSet, String>> + Send>>;

/// Who calls. There is no other way to come by one than a token that was verified.
#[derive(Clone, Debug, Deserialize)]
pub struct Caller {
    #[serde(rename = "sub")]
    pub user_id: String,
    #[serde(rename = "sid")]
    pub session_id: String,
}

/// Why there is no caller. Whoever called is told no more than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    NoToken,
    Invalid,
    /// The keys could not be fetched.
    Unavailable,
}

#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    validation: Validation,
    fetch: Box<dyn Fn() -> Fetched + Send + Sync>,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    set: Option<JwkSet>,
    /// When they came, and when they were last asked for.
    came: Option<Instant>,
    asked: Option<Instant>,
}

impl Verifier {
    /// `issuer`: Hallpass's public URL. `audience`: for whom tokens must be; Hallpass's are for its public URL. `fetch` gets
    /// `/.well-known/jwks.json` there, with the HTTP client that you have, over TLS.
    pub fn new(issuer: &str, audience: &str, fetch: impl Fn() -> Fetched + Send + Sync + 'static) -> Self {
        // The algorithm is ours to choose, and never the token's (RFC 8725, section 3.1).
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        // Without this a claim is looked at only where it is there.
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = SKEW;
        Self(Arc::new(Inner { validation, fetch: Box::new(fetch), keys: Mutex::default() }))
    }

    pub async fn verify(&self, token: &str) -> Result<Caller, Refused> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refused::Invalid)?;
        // RFC 9068, section 4: whatever else was signed with this key is no access token.
        let typ = header.typ.unwrap_or_default().to_ascii_lowercase();
        if typ.strip_prefix("application/").unwrap_or(&typ) != "at+jwt" || header.crit.is_some() {
            return Err(Refused::Invalid);
        }
        let key = self.key(&header.kid.ok_or(Refused::Invalid)?).await?;
        let verified = jsonwebtoken::decode::<Caller>(token, &key, &self.0.validation);
        verified.map(|token| token.claims).map_err(|_| Refused::Invalid)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Refused> {
        let mut keys = self.0.keys.lock().await;
        let past = |moment: Option<Instant>, time| moment.is_none_or(|moment| moment.elapsed() >= time);
        let known = keys.set.as_ref().is_some_and(|set| set.find(kid).is_some());
        if past(keys.asked, BETWEEN_FETCHES) && (!known || past(keys.came, FRESH)) {
            keys.asked = Some(Instant::now());
            // If they do not come, or not soon, those that are there stay good.
            if let Ok(Ok(set)) = timeout(PATIENCE, (self.0.fetch)()).await {
                (keys.set, keys.came) = (Some(set), Some(Instant::now()));
            }
        }
        let set = keys.set.as_ref().ok_or(Refused::Unavailable)?;
        let key = set.find(kid).ok_or(Refused::Invalid)?;
        DecodingKey::from_jwk(key).map_err(|_| Refused::Invalid)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Verifier: FromRef<S>,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        Verifier::from_ref(state).verify(bearer(&parts.headers)?).await
    }
}

/// RFC 6750, section 2.1.
fn bearer(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Refused::NoToken) };
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refused::NoToken)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(Refused::NoToken) }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        // RFC 6750, section 3: what failed is said only to whoever sent a token.
        let challenge = match self {
            Self::Unavailable => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::NoToken => "Bearer",
            Self::Invalid => r#"Bearer error="invalid_token""#,
        };
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
    }
}
