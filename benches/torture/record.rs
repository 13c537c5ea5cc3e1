//! What is written down of each operation.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use serde_json::Value;
use uuid::Uuid;

use super::program::Tokens;

/// Milliseconds since the history began.
pub type Moment = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Login,
    Refresh,
    Logout,
    /// The end of the session, asked for in another of the same person.
    Revoke,
    Me,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The refresh token that came, with its generation.
    Token(u32, String),
    Done,
    Refused(String),
    /// Nothing was said about the session. It may have happened, or not, or be about to.
    Open,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub session: usize,
    pub instance: usize,
    pub operation: Operation,
    /// The generation of the token that was shown; 0 at a login.
    pub shown: u32,
    pub begin: Moment,
    pub end: Moment,
    pub answer: Answer,
}

/// When something was done to an instance, or to the database and so to all of them.
#[derive(Clone, Copy, Debug)]
pub struct Struck {
    pub instance: Option<usize>,
    pub begin: Moment,
    pub end: Moment,
}

impl Struck {
    pub fn hit(&self, instance: usize) -> bool {
        self.instance.is_none_or(|one| one == instance)
    }
}

impl Event {
    pub fn granted(&self) -> bool {
        matches!(self.answer, Answer::Token(..) | Answer::Done)
    }

    pub fn token(&self) -> Option<(u32, &str)> {
        if let Answer::Token(generation, token) = &self.answer { Some((*generation, token)) } else { None }
    }

    pub fn refusal(&self) -> Option<&str> {
        if let Answer::Refused(code) = &self.answer { Some(code) } else { None }
    }
}

/// The generation that a refresh token carries: version:1, session:16, generation:4.
pub fn generation(tokens: &Tokens) -> u32 {
    u32::from_be_bytes(bytes(&tokens.refresh)[17..21].try_into().expect("four bytes"))
}

/// When an access token was made, in seconds since 1970.
pub fn issued_at(tokens: &Tokens) -> i64 {
    let claims = bytes(tokens.access.split('.').nth(1).expect("a token has three parts"));
    let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    claims["iat"].as_i64().expect("it says when it was made")
}

/// By which the database knows the session of a refresh token.
pub fn session(token: &str) -> Uuid {
    Uuid::from_bytes(bytes(token)[1..17].try_into().expect("sixteen bytes"))
}

fn bytes(token: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(token).expect("base64url")
}
