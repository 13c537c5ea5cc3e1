//! The rules side by side: what a server does with a refresh token.

mod forking;
mod ours;
mod rerotating;
mod same_successor;

use super::{DAY, Millis, SECOND};
use crate::{
    auth::rotation::idle_end,
    ended::{EndReason, Refusal},
};

/// The defaults of the server.
const IDLE: Millis = 7 * DAY;

/// A refresh token of one session, as a simulation tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which session of this person, in the order of their logins.
    pub session: u32,
    pub generation: u32,
    /// Unique within its session.
    pub serial: u32,
}

/// What a request says beside its token. Only our rule listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    pub in_step: bool,
    /// What the client instance calls itself.
    pub instance: Option<u32>,
}

/// What a refresh is answered with: an access token of `token`, and that token itself where the browser is to keep it from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub token: Token,
    pub kept: bool,
}

impl Grant {
    fn keep(token: Token) -> Self {
        Self { token, kept: true }
    }
}

/// One session on the server.
pub trait Session {
    fn first(&self) -> Token;
    fn refresh(&mut self, token: Token, word: Word, now: Millis) -> Result<Grant, Refusal>;
    /// Somebody used an access token that came with this token, or opened a page with it as the cookie.
    fn hear(&mut self, _token: Token, _now: Millis) {}
    fn is_over(&self, now: Millis) -> bool;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// This project's, the very functions of the server.
    Ours { settle: Millis },
    /// A token is good once: `window` 0. Curity and Better Auth as they come, AWS Cognito unless a grace period is set.
    /// Or: the parent is answered with the same successor for a while. Supabase's first version (10 s); 30 s is what others allow.
    /// Or for ever, as long as it is only one behind: Supabase's second version.
    SameSuccessor { window: Millis },
    /// Each use within the window makes another child, and all of them live. Logto (3 s); Rauthy too (5 s), but without an alarm.
    Forking { window: Millis },
    /// The parent within the window rotates on, and the child it had is dead. SuperTokens (30 s).
    Rerotating { window: Millis },
}

pub const STRICT: Rule = Rule::SameSuccessor { window: 0 };
pub const OURS: Rule = Rule::Ours { settle: 120 * SECOND };

/// In the order of the table.
pub const ALL: [(&str, Rule); 7] = [
    ("Hallpass", OURS),
    ("strict single use", STRICT),
    ("same successor for 10 s", Rule::SameSuccessor { window: 10 * SECOND }),
    ("same successor for 30 s", Rule::SameSuccessor { window: 30 * SECOND }),
    ("forks for 3 s", Rule::Forking { window: 3 * SECOND }),
    ("rotates again for 30 s", Rule::Rerotating { window: 30 * SECOND }),
    ("one behind for ever", Rule::SameSuccessor { window: Millis::MAX }),
];

impl Rule {
    /// A login. `lifetime`: the absolute one.
    pub fn log_in(self, number: u32, instance: Option<u32>, now: Millis, lifetime: Millis) -> Box<dyn Session> {
        let end = now.saturating_add(lifetime);
        let life = Life { idle_end: idle_end(now, IDLE, end), end, reused: false };
        match self {
            Self::Ours { settle } => Box::new(ours::Ours::new(number, instance, now, life, settle)),
            Self::SameSuccessor { window } => Box::new(same_successor::SameSuccessor::new(number, now, life, window)),
            Self::Forking { window } => Box::new(forking::Forking::new(number, life, window)),
            Self::Rerotating { window } => Box::new(rerotating::Rerotating::new(number, now, life, window)),
        }
    }
}

/// How a session of any of the rivals ends.
#[derive(Clone, Copy, Debug)]
struct Life {
    idle_end: Millis,
    end: Millis,
    reused: bool,
}

impl Life {
    fn check(&self, now: Millis) -> Result<(), Refusal> {
        if self.reused {
            return Err(Refusal::Ended(EndReason::Reused));
        }
        if now >= self.idle_end || now >= self.end { Err(Refusal::Expired) } else { Ok(()) }
    }

    fn go_on(&mut self, now: Millis) {
        self.idle_end = idle_end(now, IDLE, self.end);
    }

    /// The alarm.
    fn reuse<T>(&mut self) -> Result<T, Refusal> {
        self.reused = true;
        Err(Refusal::Ended(EndReason::Reused))
    }
}
