//! Access tokens: JSON web tokens after RFC 9068, signed with Ed25519. One place makes them and one place believes them.
//!
//! `jsonwebtoken` says what a header is, and judges the signature of what is to be believed. Everything else is checked here,
//! because it looks at `iss`, `aud` and `sub` only where they are present and well typed, never at `typ` or `crit`, and takes
//! the time from the system. A token of ours has exactly the header and the claims below; whatever has more, less or another type is not one.

use std::{fmt, sync::Arc};

use aws_lc_rs::{digest, signature::Ed25519KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    keys::{Ring, SigningKeys},
    own_claim::Own,
    principal::{Principal, Whose},
    recent::Recent,
};
use crate::{
    fields::{Field, Fields},
    store::UnixMillis,
};

/// Longer than any token of ours; nothing beyond it is decoded.
const LONGEST: usize = 2048;
/// How far another node's clock may be ahead of this one's, in seconds. Never applied to `exp`.
const SKEW: u64 = 5;
/// RFC 9068, section 2.1.
const TYPE: &str = "at+jwt";
/// RFC 8693, section 4.3: on whose behalf it was asked for. There is one client, this app.
const CLIENT: &str = "hallpass";

/// A signed access token on its way to its holder. Cannot be printed.
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// The token itself, for the answer that delivers it and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// RFC 9068, section 2.2, and `sid` and `gen`: the session and the generation of the refresh token it came with. Times in
/// seconds since the Unix epoch.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    client_id: String,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: String,
    sid: Uuid,
    r#gen: u32,
    auth_time: u64,
    /// What the account has beside a name and a password, as far as tokens carry it. Left out where that is nothing.
    #[serde(default, skip_serializing_if = "Own::is_nothing")]
    own: Own,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    typ: String,
    alg: String,
    kid: String,
}

/// What an access token is to say.
#[derive(Debug)]
pub struct Grant {
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub generation: u32,
    pub authenticated_at: UnixMillis,
    pub session_ends_at: UnixMillis,
    /// What the account has beside a name and a password, as far as tokens carry it.
    pub own: Fields,
}

/// Why a token was not believed: for the log. Whoever sent it is told only that it is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disbelief {
    #[error("longer than {LONGEST} characters")]
    TooLong,
    #[error("not the compact form of three parts")]
    Form,
    #[error("a header that is not ours")]
    Header,
    #[error("a key that is not ours, or not any more")]
    UnknownKey,
    #[error("a signature that does not fit, or claims that are not ours")]
    Signature,
    #[error("another issuer, audience or client")]
    Context,
    #[error("past its lifetime")]
    Expired,
    #[error("from the future")]
    NotYet,
    #[error("a lifetime longer than we give")]
    TooLasting,
    #[error("of a session that has ended")]
    Revoked,
    #[error("of a person or a session that is not there")]
    Gone,
}

#[derive(Debug)]
pub struct AccessTokens {
    keys: SigningKeys,
    /// Looked at before: a token is sent many times, and its signature costs more than everything else about a request.
    known: Recent<[u8; 32], Genuine>,
    issuer: String,
    /// Seconds.
    lifetime: u64,
    /// What tokens may carry.
    carried: &'static [Field],
    validation: Validation,
}

/// A token that we signed. Times in seconds since the Unix epoch.
#[derive(Clone)]
struct Genuine {
    principal: Principal,
    /// The number of the ring that its key was on: after a change of keys it is examined again.
    ring: u64,
    /// The latest of its times that must have come.
    begins: u64,
    expires: u64,
}

/// How many tokens are remembered, and as many again.
const REMEMBERED: usize = 8192;

impl AccessTokens {
    /// `issuer` is the public URL; it is the audience as well. `lifetime` in milliseconds.
    pub fn new(keys: SigningKeys, issuer: String, lifetime: UnixMillis, fields: &'static [Field]) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self { keys, known: Recent::new(REMEMBERED), issuer, lifetime: seconds(lifetime), carried: fields, validation }
    }

    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// How old the key is that signs, in milliseconds.
    pub(super) fn key_age(&self, now: UnixMillis) -> UnixMillis {
        self.keys.age(now)
    }

    /// Signs a token, and says for how many seconds it is good at least. It never outlives its session.
    pub fn sign(&self, grant: &Grant, jti: [u8; 16], now: UnixMillis) -> (AccessToken, u64) {
        let issued = seconds(now);
        // Rounded up, so that it never lives shorter than is promised.
        let begins = seconds(now.saturating_add(999));
        let expires = (begins + self.lifetime).min(seconds(grant.session_ends_at));
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: grant.user_id,
            client_id: CLIENT.to_owned(),
            iat: issued,
            nbf: issued,
            exp: expires,
            jti: BASE64_URL_SAFE_NO_PAD.encode(jti),
            sid: grant.session_id,
            r#gen: grant.generation,
            // If the clock was set back, that is in the future, and the token would not be believed.
            auth_time: seconds(grant.authenticated_at).min(issued),
            own: Own(grant.own.clone()),
        };
        let ring = self.keys.ring();
        let key = ring.signing(now).expect("no instance starts that cannot open a key");
        let kid = Some(key.pair.kid.clone());
        let header = Header { typ: Some(TYPE.to_owned()), kid, ..Header::new(Algorithm::EdDSA) };
        (AccessToken(Zeroizing::new(signed(&header, &claims, &key.pair.signs))), expires.saturating_sub(begins))
    }

    /// Believes a token, or says why not. Whether its session has ended meanwhile is for the caller to ask.
    pub(super) fn verify(&self, token: &str, now: UnixMillis) -> Result<Principal, Disbelief> {
        if token.len() > LONGEST {
            return Err(Disbelief::TooLong);
        }
        let fingerprint = fingerprint(token);
        let ring = self.keys.ring();
        let known = self.known.get(&fingerprint).filter(|genuine| genuine.ring == ring.number);
        let is_known = known.is_some();
        let genuine = match known {
            Some(genuine) => genuine,
            None => self.examine(token, &ring, now)?,
        };
        drop(ring);
        let now = seconds(now);
        if now >= genuine.expires {
            return Err(Disbelief::Expired);
        }
        if genuine.begins > now.saturating_add(SKEW) {
            return Err(Disbelief::NotYet);
        }
        let principal = genuine.principal.clone();
        if !is_known {
            self.known.put(fingerprint, genuine);
        }
        Ok(principal)
    }

    /// Of whom a token speaks that would be believed at another time.
    pub(super) fn whose(&self, token: &str, now: UnixMillis) -> Option<Whose> {
        let known = self.known.get(&fingerprint(token));
        let genuine = known.or_else(|| self.examine(token, &self.keys.ring(), now).ok())?;
        Some(genuine.principal.whose())
    }

    /// Everything about a token that is so as long as the keys are what they are.
    fn examine(&self, token: &str, ring: &Ring, now: UnixMillis) -> Result<Genuine, Disbelief> {
        let header = strict_header(token)?;
        let key = ring.verifying(&header.kid, now).ok_or(Disbelief::UnknownKey)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.pair.verifies, &self.validation);
        let claims = decoded.map_err(|_| Disbelief::Signature)?.claims;

        if claims.iss != self.issuer || claims.aud != self.issuer || claims.client_id != CLIENT {
            return Err(Disbelief::Context);
        }
        let own = claims.own.0;
        if !own.iter().all(|claim| self.carried.iter().any(|field| field.in_tokens && field.name == claim.name)) {
            return Err(Disbelief::Signature);
        }
        // One second for the rounding up.
        if claims.exp.saturating_sub(claims.iat) > self.lifetime + 1 {
            return Err(Disbelief::TooLasting);
        }
        Ok(Genuine {
            principal: Principal::verified(claims.sub, claims.sid, claims.r#gen, claims.auth_time, Arc::new(own)),
            ring: ring.number,
            begins: claims.nbf.max(claims.iat).max(claims.auth_time),
            // One that was signed before the next key began has run out by then.
            expires: claims.exp.min(seconds(key.until)),
        })
    }
}

/// The compact form (RFC 7515, section 7.1), as `jsonwebtoken` makes it: but that reads the key for each token, which takes as long as to sign.
fn signed(header: &Header, claims: &Claims, key: &Ed25519KeyPair) -> String {
    let part = |json: serde_json::Result<Vec<u8>>| {
        BASE64_URL_SAFE_NO_PAD.encode(json.expect("what tokens say can be written as JSON"))
    };
    let mut token = [part(serde_json::to_vec(header)), part(serde_json::to_vec(claims))].join(".");
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// What stands for a token in memory, so that a token does not.
fn fingerprint(token: &str) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    fingerprint
}

/// RFC 7515, section 3.1: three parts of the URL-safe alphabet, and a header that names a type, one algorithm and a key and
/// nothing else, so that `crit`, `jku`, `jwk`, `x5u`, `zip` and their like are refused unread.
fn strict_header(token: &str) -> Result<StrictHeader, Disbelief> {
    let spelled = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err(Disbelief::Form) };
    if ![header, claims, signature].into_iter().all(|part| !part.is_empty() && spelled(part)) {
        return Err(Disbelief::Form);
    }
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| Disbelief::Form)?;
    let header: StrictHeader = serde_json::from_slice(&header).map_err(|_| Disbelief::Header)?;
    // RFC 7515, section 4.1.9: the prefix may be left out, and media types know no case.
    let media_type = header.typ.to_ascii_lowercase();
    if media_type.strip_prefix("application/").unwrap_or(&media_type) != TYPE || header.alg != "EdDSA" {
        return Err(Disbelief::Header);
    }
    Ok(header)
}

fn seconds(millis: UnixMillis) -> u64 {
    u64::try_from(millis / 1000).unwrap_or_default()
}

#[cfg(test)]
#[path = "access_token_tests.rs"]
mod tests;
