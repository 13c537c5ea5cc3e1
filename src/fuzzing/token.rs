//! The access token. An input that begins with `sign ` is a header and, on the next line, claims: they are signed with the right key, for a forger who had it. Any other input is the token itself.

use serde_json::Value;
use uuid::Uuid;

use super::issuer::{CARRIED, ISSUER, LIFETIME, NOW, THE};
use crate::auth::Principal;

/// How far another instance's clock may be ahead, in seconds.
const SKEW: i64 = 5;
const CLAIMS: [&str; 11] = ["aud", "auth_time", "client_id", "exp", "gen", "iat", "iss", "jti", "nbf", "sid", "sub"];

pub fn token(input: &[u8]) -> bool {
    match input.strip_prefix(b"sign ") {
        Some(parts) => signed(parts),
        None => std::str::from_utf8(input).is_ok_and(unsigned),
    }
}

/// Whoever has no key gets through with what was given out, to the letter, and with nothing else.
fn unsigned(token: &str) -> bool {
    let believed = THE.judge(token).is_ok();
    assert_eq!(believed, token == THE.honest, "{token}");
    believed
}

/// Whoever has the key gets through with exactly our form of token, and for whom it says.
fn signed(parts: &[u8]) -> bool {
    let end = parts.iter().position(|byte| *byte == b'\n').unwrap_or(parts.len());
    let (header, claims) = (&parts[..end], parts.get(end + 1..).unwrap_or_default());
    let token = THE.signed(header, claims);
    let verdict = THE.judge(&token);
    assert_eq!(verdict, THE.judge(&token), "seen before, it is no better and no worse");
    let Ok(principal) = verdict else { return false };
    assert!(is_our_header(header), "{token}");
    assert!(says(claims, &principal), "{token}");
    true
}

fn is_our_header(header: &[u8]) -> bool {
    let Ok(Value::Object(header)) = serde_json::from_slice(header) else { return false };
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let typ = text("typ").map(str::to_ascii_lowercase);
    header.len() == 3
        && typ.is_some_and(|typ| typ == "at+jwt" || typ == "application/at+jwt")
        && text("alg") == Some("EdDSA")
        && text("kid") == Some(&*THE.kid)
}

/// Whether the claims are those that a token of ours has, no more and no less, at this time and of this principal.
fn says(claims: &[u8], principal: &Principal) -> bool {
    let Ok(Value::Object(claims)) = serde_json::from_slice(claims) else { return false };
    let text = |name: &str| claims[name].as_str();
    let id = |name: &str| text(name).and_then(|id| Uuid::try_parse(id).ok());
    let time = |name: &str| claims[name].as_i64();
    let has_come = |name: &str| time(name).is_some_and(|time| time <= NOW / 1000 + SKEW);
    let mut names: Vec<_> = claims.keys().filter(|name| *name != "own").collect();
    names.sort_unstable();
    let own = claims.get("own").map_or(Some(""), carried);
    names == CLAIMS
        && own == Some(principal.claim(CARRIED))
        && text("iss") == Some(ISSUER)
        && text("aud") == Some(ISSUER)
        && text("client_id") == Some("hallpass")
        && text("jti").is_some()
        && id("sub") == Some(principal.user_id())
        && id("sid") == Some(principal.session_id())
        && claims["gen"].as_u64().is_some_and(|generation| u32::try_from(generation).is_ok())
        && claims["auth_time"].as_u64() == Some(principal.authenticated_at())
        && ["iat", "nbf", "auth_time"].into_iter().all(has_come)
        // One second for the rounding up.
        && time("exp").zip(time("iat")).is_some_and(|(exp, iat)| NOW / 1000 < exp && exp - iat <= LIFETIME / 1000 + 1)
}

/// What the claim `own` says, if it is one: an object of the one text that tokens carry.
fn carried(own: &Value) -> Option<&str> {
    let own = own.as_object().filter(|own| own.len() == 1)?;
    own.get(CARRIED.name)?.as_str()
}
