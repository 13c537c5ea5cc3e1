//! Whoever holds the server's own key, and signs with it what the server never would.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::{auth::clock::Clock, tests::harness::App};

/// How far another instance's clock may be ahead, in seconds.
const SKEW: u64 = 5;

pub struct Forge {
    pub kid: String,
    pub key: EncodingKey,
    /// The raw public key.
    pub public: Vec<u8>,
    pub issuer: String,
    /// Seconds.
    pub now: u64,
    pub lifetime: u64,
    /// How far ahead the future is: beyond what is forgiven to another instance's clock.
    pub future: u64,
    pub user: String,
    pub session: String,
}

impl Forge {
    /// For a session that lives, of a person who is there.
    pub async fn of(app: &App, issuer: &str, user: &str) -> Self {
        let (kid, key) = app.auth.signing_key();
        let jwks = app.auth.jwks();
        let found = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == json!(kid)).unwrap();
        Self {
            public: BASE64_URL_SAFE_NO_PAD.decode(found["x"].as_str().unwrap()).unwrap(),
            kid,
            key,
            issuer: issuer.to_owned(),
            now: u64::try_from(app.clock.now() / 1000).unwrap(),
            lifetime: 900,
            future: SKEW + 1,
            user: app.user(user).await.to_string(),
            session: app.only_session(user).await.to_string(),
        }
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.kid })
    }

    pub fn claims(&self) -> Value {
        json!({
            "iss": self.issuer, "aud": self.issuer, "sub": self.user, "client_id": "hallpass", "iat": self.now, "nbf": self.now,
            "exp": self.now + self.lifetime, "jti": "x", "sid": self.session, "gen": 1, "auth_time": self.now,
        })
    }

    /// Signed with the right key, whatever it says.
    pub fn signed(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.sealed(&format!("{}.{}", encode(header), encode(claims)))
    }

    /// Signs two parts that are encoded already.
    pub fn sealed(&self, body: &str) -> String {
        format!("{body}.{}", crypto::sign(body.as_bytes(), &self.key, Algorithm::EdDSA).unwrap())
    }

    pub fn honest(&self) -> String {
        self.signed(self.header().to_string(), self.claims().to_string())
    }

    pub fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.signed(header.to_string(), self.claims().to_string())
    }

    pub fn without_header(&self, name: &str) -> String {
        let mut header = self.header();
        header.as_object_mut().unwrap().remove(name);
        self.signed(header.to_string(), self.claims().to_string())
    }

    pub fn with_claims(&self, changes: &[(&str, Value)]) -> String {
        let mut claims = self.claims();
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        self.signed(self.header().to_string(), claims.to_string())
    }

    pub fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name);
        self.signed(self.header().to_string(), claims.to_string())
    }

    /// A claim that no JSON library would write: `json` as it stands.
    pub fn with_raw_claim(&self, name: &str, json: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name);
        let rest = claims.to_string();
        self.signed(self.header().to_string(), format!("{{\"{name}\":{json},{}", &rest[1..]))
    }

    /// An object that says one thing more, first.
    pub fn with_more(&self, in_header: &str, in_claims: &str) -> String {
        let more = |json: String, more: &str| if more.is_empty() { json } else { format!("{{{more},{}", &json[1..]) };
        self.signed(more(self.header().to_string(), in_header), more(self.claims().to_string(), in_claims))
    }

    /// Another algorithm, keyed with `secret`, under our key's id.
    pub fn hmac(&self, algorithm: Algorithm, secret: &[u8]) -> String {
        let mut header = self.header();
        header["alg"] = json!(format!("{algorithm:?}"));
        let body = format!("{}.{}", encode(header.to_string()), encode(self.claims().to_string()));
        format!("{body}.{}", crypto::sign(body.as_bytes(), &EncodingKey::from_secret(secret), algorithm).unwrap())
    }

    /// The public key as a program would find it.
    pub fn public_der(&self) -> Vec<u8> {
        // RFC 8410, section 4.
        const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        [PREFIX.as_slice(), &self.public].concat()
    }

    pub fn public_pem(&self) -> String {
        use base64::prelude::BASE64_STANDARD;
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", BASE64_STANDARD.encode(self.public_der()))
    }

    pub fn public_jwk(&self) -> String {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&self.public) }).to_string()
    }
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The same bytes by another spelling: the bits that the last character has over are set.
pub fn sloppy(part: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(part.len() % 4, 0, "it has bits over");
    let (rest, last) = part.split_at(part.len() - 1);
    let value = ALPHABET.iter().position(|byte| *byte == last.as_bytes()[0]).unwrap();
    format!("{rest}{}", char::from(ALPHABET[value | 1]))
}

/// JSON of a length whose encoding has bits over: white space changes nothing.
pub fn roomy(mut json: String) -> String {
    while json.len().is_multiple_of(3) {
        json.push(' ');
    }
    json
}
