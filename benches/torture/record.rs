//! What is written down of each operation.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::program::Tokens;

/// Milliseconds since the history began.
pub type Moment = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Login,
    Refresh,
    Logout,
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

/// When something was done to an instance.
#[derive(Clone, Copy, Debug)]
pub struct Struck {
    pub instance: usize,
    pub begin: Moment,
    pub end: Moment,
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
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&tokens.refresh).expect("base64url");
    u32::from_be_bytes(bytes[17..21].try_into().expect("four bytes"))
}
