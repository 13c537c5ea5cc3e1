//! What is believed and what is not. The tokens here are signed with the right key wherever that is the point.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{
    auth::{clock::Clock, keys::schedule::Rule, refresh_token::RefreshKey, rng::SystemRng, secret::ServerSecret},
    fields::Filled,
};

const NOW: UnixMillis = 1_800_000_000_500;
const ISSUER: &str = "https://example.com";
/// Seconds.
const LIFETIME: u64 = 900;
/// One that tokens carry, and one that they do not.
const TEAM: Field = Field::assigned("team", "Team", 20).in_tokens();
const MOTTO: Field = Field::assigned("motto", "Motto", 20);
const FIELDS: &[Field] = &[TEAM, MOTTO];

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> UnixMillis {
        NOW
    }
}

struct Issuer {
    _folder: tempfile::TempDir,
    tokens: AccessTokens,
    session: Uuid,
    user: Uuid,
}

async fn issuer() -> Issuer {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::store::Store::open(&folder.path().join("hallpass.db")).await.unwrap();
    let secret = ServerSecret::new("0123456789abcdef0123456789abcdef").unwrap();
    let rule = Rule { every: None, token_life: 900_000 };
    let keys = SigningKeys::load(store, &secret.into(), rule, Arc::new(Stopped), Arc::new(SystemRng)).await.unwrap();
    Issuer {
        _folder: folder,
        tokens: AccessTokens::new(keys, ISSUER.to_owned(), 900_000, FIELDS),
        session: Uuid::from_u128(7),
        user: Uuid::from_u128(9),
    }
}

impl Issuer {
    fn grant(&self, session_ends_at: UnixMillis) -> Grant {
        let (user_id, session_id) = (self.user, self.session);
        let own = Fields::default();
        Grant { user_id, session_id, generation: 3, authenticated_at: NOW - 60_000, session_ends_at, own }
    }

    fn token(&self) -> String {
        self.tokens.sign(&self.grant(UnixMillis::MAX), [5; 16], NOW).0.expose().to_owned()
    }

    fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.tokens.keys.ring().signing(NOW).unwrap().pair.kid })
    }

    fn claims(&self) -> Value {
        let now = seconds(NOW);
        json!({
            "iss": ISSUER, "aud": ISSUER, "sub": self.user, "client_id": "hallpass", "iat": now, "nbf": now,
            "exp": now + LIFETIME, "jti": "x", "sid": self.session, "gen": 3, "auth_time": now - 60,
        })
    }

    /// Any header and claims, signed with the right key.
    fn signed(&self, header: &str, claims: &str) -> String {
        let body = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
        let ring = self.tokens.keys.ring();
        let key = ring.signing(NOW).unwrap().pair.encoding_key();
        let signature = jsonwebtoken::crypto::sign(body.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{body}.{signature}")
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        self.signed(&self.header().to_string(), &claims.to_string())
    }

    fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name);
        self.signed(&self.header().to_string(), &claims.to_string())
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.signed(&header.to_string(), &self.claims().to_string())
    }

    fn judge(&self, token: &str) -> Result<(), Disbelief> {
        self.judge_at(token, NOW)
    }

    fn judge_at(&self, token: &str, now: UnixMillis) -> Result<(), Disbelief> {
        self.tokens.verify(token, now).map(|_| ())
    }
}

#[tokio::test]
async fn a_token_of_ours_is_byte_for_byte_what_jsonwebtoken_makes_of_its_header_and_claims() {
    let issuer = issuer().await;
    let token = issuer.token();
    let said = jsonwebtoken::dangerous::insecure_decode::<Claims>(&token).unwrap();
    let key = issuer.tokens.keys.ring().signing(NOW).unwrap().pair.encoding_key();
    assert_eq!(token, jsonwebtoken::encode(&said.header, &said.claims, &key).unwrap());
}

#[tokio::test]
async fn a_token_of_ours_is_believed_for_its_lifetime_and_not_a_second_longer() {
    let issuer = issuer().await;
    let token = issuer.token();
    let principal = issuer.tokens.verify(&token, NOW).unwrap();
    assert_eq!((principal.user_id(), principal.session_id(), principal.generation()), (issuer.user, issuer.session, 3));
    assert_eq!(issuer.judge_at(&token, NOW + 900_000), Ok(()), "at least as long as promised");
    assert_eq!(issuer.judge_at(&token, NOW + 900_500), Err(Disbelief::Expired), "rounded up to the second, no further");
    assert_eq!(issuer.judge_at(&token, NOW - 10_000), Err(Disbelief::NotYet));
    assert_eq!(issuer.judge_at(&token, NOW - 4_000), Ok(()), "another node's clock may be a little ahead");
}

#[tokio::test]
async fn a_token_is_believed_though_the_clock_was_set_back_since_its_session_began() {
    let issuer = issuer().await;
    let before = NOW - 3_600_000;
    let token = issuer.tokens.sign(&issuer.grant(UnixMillis::MAX), [5; 16], before).0;
    assert_eq!(issuer.judge_at(token.expose(), before), Ok(()));
}

#[tokio::test]
async fn the_token_says_what_rfc_9068_asks_and_nothing_about_the_person() {
    let issuer = issuer().await;
    let token = issuer.token();
    let [header, claims] = [0, 1].map(|part| {
        let part = token.split('.').nth(part).unwrap();
        serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    });
    assert_eq!(header, issuer.header());
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "auth_time", "client_id", "exp", "gen", "iat", "iss", "jti", "nbf", "sid", "sub"]);
    assert_eq!(
        issuer.judge(&issuer.signed(&header.to_string(), &claims.to_string())),
        Ok(()),
        "the vectors below are fair"
    );
}

#[tokio::test]
async fn every_claim_is_needed_and_typed() {
    let issuer = issuer().await;
    for name in ["iss", "aud", "sub", "client_id", "iat", "nbf", "exp", "jti", "sid", "gen", "auth_time"] {
        assert_eq!(issuer.judge(&issuer.without_claim(name)), Err(Disbelief::Signature), "without {name}");
        for value in [json!(null), json!([ISSUER]), json!({}), json!(true), json!(-1), json!(1e300), json!(1.5)] {
            assert_eq!(
                issuer.judge(&issuer.with_claim(name, value.clone())),
                Err(Disbelief::Signature),
                "{name} {value}"
            );
        }
    }
    assert_eq!(issuer.judge(&issuer.with_claim("exp", json!("9999999999"))), Err(Disbelief::Signature));
    assert_eq!(issuer.judge(&issuer.with_claim("nbf", json!("0"))), Err(Disbelief::Signature));
    assert_eq!(issuer.judge(&issuer.with_claim("scope", json!("admin"))), Err(Disbelief::Signature), "one more");
}

#[tokio::test]
async fn another_context_is_refused() {
    let issuer = issuer().await;
    for name in ["iss", "aud"] {
        for value in ["", "https://example.com/", "https://EXAMPLE.com", "https://example.org"] {
            assert_eq!(issuer.judge(&issuer.with_claim(name, json!(value))), Err(Disbelief::Context), "{name} {value}");
        }
    }
    assert_eq!(issuer.judge(&issuer.with_claim("client_id", json!("other"))), Err(Disbelief::Context));
    assert_eq!(issuer.judge(&issuer.with_claim("aud", json!([ISSUER, "x"]))), Err(Disbelief::Signature));
    for value in ["", "nobody"] {
        assert_eq!(issuer.judge(&issuer.with_claim("sub", json!(value))), Err(Disbelief::Signature));
    }
}

#[tokio::test]
async fn times_that_cannot_be_are_refused() {
    let issuer = issuer().await;
    let now = seconds(NOW);
    assert_eq!(issuer.judge(&issuer.with_claim("exp", json!(now))), Err(Disbelief::Expired));
    assert_eq!(issuer.judge(&issuer.with_claim("exp", json!(0))), Err(Disbelief::Expired));
    assert_eq!(issuer.judge(&issuer.with_claim("exp", json!(now + LIFETIME + 1))), Ok(()));
    assert_eq!(issuer.judge(&issuer.with_claim("exp", json!(now + LIFETIME + 2))), Err(Disbelief::TooLasting));
    assert_eq!(issuer.judge(&issuer.with_claim("exp", json!(u64::MAX))), Err(Disbelief::TooLasting));
    for name in ["nbf", "iat", "auth_time"] {
        assert_eq!(issuer.judge(&issuer.with_claim(name, json!(now + SKEW + 1))), Err(Disbelief::NotYet), "{name}");
    }
}

#[tokio::test]
async fn a_header_with_anything_else_in_it_is_refused() {
    let issuer = issuer().await;
    for alg in ["none", "None", "nOnE", "", "HS256", "RS256", "ES256", "Ed25519", "EDDSA", "dir"] {
        assert_eq!(issuer.judge(&issuer.with_header("alg", json!(alg))), Err(Disbelief::Header), "{alg}");
    }
    for typ in ["JWT", "", "refresh+jwt", "at+jwt ", "text/at+jwt"] {
        assert_eq!(issuer.judge(&issuer.with_header("typ", json!(typ))), Err(Disbelief::Header), "{typ}");
    }
    for typ in ["at+JWT", "application/at+jwt", "Application/AT+JWT"] {
        assert_eq!(issuer.judge(&issuer.with_header("typ", json!(typ))), Ok(()), "{typ}");
    }
    for kid in ["", "other", "../../dev/null", "' OR 1=1--"] {
        assert_eq!(issuer.judge(&issuer.with_header("kid", json!(kid))), Err(Disbelief::UnknownKey), "{kid}");
    }
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("jku", json!("https://evil.test")),
        ("jwk", json!({})),
        ("x5u", json!("https://evil.test")),
        ("x5c", json!([])),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("kid", json!(1)),
        ("typ", json!(null)),
    ] {
        assert_eq!(issuer.judge(&issuer.with_header(name, value)), Err(Disbelief::Header), "{name}");
    }
}

#[tokio::test]
async fn json_that_says_a_thing_twice_is_refused() {
    let issuer = issuer().await;
    let (header, claims) = (issuer.header().to_string(), issuer.claims().to_string());
    let twice = |json: &str, more: &str| format!("{{{more},{}", &json[1..]);
    for more in [r#""alg":"EdDSA""#, r#""kid":"x""#, r#""\u0061lg":"none""#] {
        assert_eq!(issuer.judge(&issuer.signed(&twice(&header, more), &claims)), Err(Disbelief::Header), "{more}");
    }
    for more in [r#""sub":"x""#, r#""exp":9999999999"#, r#""\u0065xp":9999999999"#] {
        assert_eq!(issuer.judge(&issuer.signed(&header, &twice(&claims, more))), Err(Disbelief::Signature), "{more}");
    }
    for not_an_object in ["", "[]", "1", "\"x\"", "null", "{", "\u{feff}{}"] {
        assert!(issuer.judge(&issuer.signed(not_an_object, &claims)).is_err(), "{not_an_object}");
        assert!(issuer.judge(&issuer.signed(&header, not_an_object)).is_err(), "{not_an_object}");
    }
}

#[tokio::test]
async fn only_the_compact_form_is_read() {
    let issuer = issuer().await;
    let token = issuer.token();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for other in [
        String::new(),
        header.to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!(".{claims}.{signature}"),
        format!("{header}..{signature}"),
        format!("{token}."),
        format!("{token}.x"),
        format!("{token}.x.y"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        token.replace('.', "+"),
        format!("{{\"payload\":\"{claims}\"}}"),
    ] {
        assert_eq!(issuer.judge(&other), Err(Disbelief::Form), "{other}");
    }
    assert_eq!(issuer.judge(&"x".repeat(LONGEST + 1)), Err(Disbelief::TooLong));
}

#[tokio::test]
async fn a_signature_of_another_token_another_key_or_another_bit_is_refused() {
    let issuer = issuer().await;
    let token = issuer.token();
    let (body, signature) = token.rsplit_once('.').unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let changed = format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(changed));
        assert_eq!(issuer.judge(&changed), Err(Disbelief::Signature), "bit {bit}");
    }
    for other in [&[0; 64][..], &[0; 63], &[0; 65], &bytes[..32], &[&bytes[..], &[0]].concat()] {
        let changed = format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(other));
        assert_eq!(issuer.judge(&changed), Err(Disbelief::Signature));
    }
    let other = issuer.with_claim("gen", json!(4));
    let swapped = format!("{body}.{}", other.rsplit_once('.').unwrap().1);
    assert_eq!(issuer.judge(&swapped), Err(Disbelief::Signature));
    let stranger = self::issuer().await;
    assert_eq!(issuer.judge(&stranger.token()), Err(Disbelief::UnknownKey));
    let impostor = stranger.signed(&issuer.header().to_string(), &issuer.claims().to_string());
    assert_eq!(issuer.judge(&impostor), Err(Disbelief::Signature), "our kid, their key");
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let issuer = issuer().await;
    let key = RefreshKey::derive(&ServerSecret::new("0123456789abcdef0123456789abcdef").unwrap());
    let refresh = key.issue(issuer.session, 1, Zeroizing::new([1; 32]));
    assert_eq!(issuer.judge(&refresh.expose()), Err(Disbelief::Form));
}

#[tokio::test]
async fn an_access_token_does_not_print() {
    let issuer = issuer().await;
    let (token, expires_in) = issuer.tokens.sign(&issuer.grant(UnixMillis::MAX), [5; 16], NOW);
    assert_eq!(format!("{token:?}"), "AccessToken(..)");
    assert_eq!(expires_in, LIFETIME);
}

#[tokio::test]
async fn an_access_token_never_outlives_its_session() {
    let issuer = issuer().await;
    let (token, expires_in) = issuer.tokens.sign(&issuer.grant(NOW + 60_000), [5; 16], NOW);
    assert_eq!(expires_in, 59, "of the minute that is left, in whole seconds");
    assert_eq!(issuer.judge_at(token.expose(), NOW + 59_000), Ok(()));
    assert_eq!(issuer.judge_at(token.expose(), NOW + 60_000), Err(Disbelief::Expired));
}

#[tokio::test]
async fn a_token_that_was_believed_is_judged_by_the_clock_each_time_and_another_on_its_own_merits() {
    let issuer = issuer().await;
    let token = issuer.token();
    assert_eq!(issuer.judge(&token), Ok(()));
    assert_eq!(issuer.judge_at(&token, NOW + 3_600_000), Err(Disbelief::Expired));
    assert_eq!(issuer.judge_at(&token, NOW - 3_600_000), Err(Disbelief::NotYet));
    assert_eq!(issuer.judge(&token), Ok(()));
    let (body, signature) = token.rsplit_once('.').unwrap();
    let mut forged = signature.to_owned();
    forged.replace_range(..1, if signature.starts_with('A') { "B" } else { "A" });
    assert_eq!(issuer.judge(&format!("{body}.{forged}")), Err(Disbelief::Signature));
    assert_eq!(issuer.judge(&format!("{token} ")), Err(Disbelief::Form));
}

#[tokio::test]
async fn a_token_carries_the_fields_that_it_was_given_and_whoever_it_speaks_for_has_them() {
    let issuer = issuer().await;
    let filled = Filled { name: "team".to_owned(), value: "the \"reds\" é".to_owned() };
    let grant = Grant { own: [filled].into_iter().collect(), ..issuer.grant(UnixMillis::MAX) };
    let token = issuer.tokens.sign(&grant, [5; 16], NOW).0;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.expose().split('.').nth(1).unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap()["own"], json!({ "team": "the \"reds\" é" }));
    for judged in ["examined", "remembered"] {
        let principal = issuer.tokens.verify(token.expose(), NOW).unwrap();
        assert_eq!((principal.claim(TEAM), principal.claim(MOTTO)), ("the \"reds\" é", ""), "{judged}");
    }
    assert_eq!(issuer.tokens.verify(&issuer.token(), NOW).unwrap().claim(TEAM), "", "one that says nothing");
}

#[tokio::test]
async fn of_fields_a_token_says_what_tokens_may_carry_and_nothing_else() {
    let issuer = issuer().await;
    assert_eq!(issuer.judge(&issuer.with_claim("own", json!({ "team": "red" }))), Ok(()), "the others here are fair");
    for own in [
        json!({ "motto": "in the account, and not in tokens" }),
        json!({ "team": "red", "motto": "both" }),
        json!({ "admin": "yes" }),
        json!({ "Team": "red" }),
        json!({ "team": null }),
        json!({ "team": true }),
        json!({ "team": ["red"] }),
        json!({}),
        json!([]),
        json!("team"),
        json!(null),
    ] {
        assert_eq!(issuer.judge(&issuer.with_claim("own", own.clone())), Err(Disbelief::Signature), "{own}");
    }
    let twice = issuer.claims().to_string();
    let twice = format!("{{\"own\":{{\"team\":\"red\",\"team\":\"blue\"}},{}", &twice[1..]);
    assert_eq!(issuer.judge(&issuer.signed(&issuer.header().to_string(), &twice)), Err(Disbelief::Signature), "twice");
}

#[tokio::test]
async fn a_token_that_carries_all_that_it_may_is_not_too_long() {
    let issuer = issuer().await;
    let value = "\u{1f600}".repeat(crate::auth::own_claim::ROOM / 4);
    let grant = Grant {
        own: [Filled { name: "team".to_owned(), value }].into_iter().collect(),
        ..issuer.grant(UnixMillis::MAX)
    };
    let token = issuer.tokens.sign(&grant, [5; 16], NOW).0;
    assert_eq!(issuer.judge(token.expose()), Ok(()));
    // The public URL is in it twice.
    let for_a_longer_url = 2 * (120 - ISSUER.len()) * 4 / 3;
    assert!(token.expose().len() + for_a_longer_url <= LONGEST, "{}", token.expose().len());
}
