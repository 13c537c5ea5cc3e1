//! Thieves who copied the cookie, or storage as well. Their network never fails, they know the rule, and they give no testimony.

use super::{
    DAY, Dice, HOUR, MINUTE, Millis, SECOND,
    month::LIFETIME,
    rules::{Grant, Session, Token, Word},
};
use crate::client::deadline::{Held, Now};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Uses the copy once, 2 minutes to 3 days later, and its access token every minute for as long as that is good.
    Once,
    /// Uses the copy once like that, and its access token in the same moment and never again.
    Glimpse,
    /// A client of its own that renews as ours does and uses its access token every minute.
    Regular,
    /// Refreshes every 10 s for an hour and every minute from then on, and uses each access token.
    Polling,
    /// Looks every few seconds whether the owner has renewed, and renews right after; by itself where the owner stays away. Uses its access token
    /// every minute.
    LockStep,
    /// Never uses an access token late enough to acknowledge, so it does not see the owner renew. It aims at the middle of the span in which
    /// the owner's next renewal must fall, reckoned from the last one that it saw.
    Quiet,
}

pub const ALL: [(&str, Habit); 6] = [
    ("once", Habit::Once),
    ("once, for a moment", Habit::Glimpse),
    ("regular", Habit::Regular),
    ("polling", Habit::Polling),
    ("lock-step", Habit::LockStep),
    ("quiet lock-step", Habit::Quiet),
];

/// The owner's renewal falls 11 to 14 minutes after the one before.
const MIDDLE: Millis = 750 * SECOND;
/// Short enough after a delivery that a look does not acknowledge it.
const SOON: Millis = 115 * SECOND;

/// What a thief does at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Copy,
    /// Refreshes, unless a later plan has taken the place of this one.
    Refresh {
        plan: u32,
    },
    /// Uses the access token.
    Use {
        plan: u32,
    },
}

#[derive(Debug)]
pub struct Thief {
    habit: Habit,
    dice: Dice,
    token: Option<Token>,
    /// What it says beside it. A thief gives no testimony, but may have copied the instance's name.
    word: Word,
    plan: u32,
    granted_at: Millis,
    /// When the owner last refreshed, as far as an access token shows it.
    owner_seen: Millis,
    began: Option<Millis>,
}

impl Thief {
    /// A thief and when it copies the cookie: at any moment of the first week after the first day.
    pub fn new(habit: Habit, mut dice: Dice, login: Millis) -> (Self, Millis) {
        let copies = login + dice.between(DAY, 8 * DAY);
        let thief = Self {
            habit,
            dice,
            token: None,
            word: Word::default(),
            plan: 0,
            granted_at: 0,
            owner_seen: copies,
            began: None,
        };
        (thief, copies)
    }

    pub fn has_copied(&self) -> bool {
        self.token.is_some()
    }

    /// When it first came to the server.
    pub fn began(&self) -> Option<Millis> {
        self.began
    }

    /// Takes a copy; with `instance` where storage was copied as well. Returns when it is used first.
    pub fn copy(&mut self, token: Token, instance: Option<u32>, now: Millis) -> (Millis, Move) {
        self.token = Some(token);
        self.word.instance = instance;
        let wait = match self.habit {
            Habit::Once | Habit::Glimpse => self.dice.across(2 * MINUTE, 3 * DAY),
            _ => self.dice.across(10 * SECOND, 10 * MINUTE),
        };
        (now + wait, Move::Refresh { plan: 0 })
    }

    /// Makes a move. `owner`: when the owner last refreshed, which an access token shows to whoever uses it. Returns what comes next.
    pub fn act(&mut self, session: &mut dyn Session, owner: Millis, what: Move, now: Millis) -> Vec<(Millis, Move)> {
        match what {
            Move::Refresh { plan } if plan == self.plan => self.refresh(session, owner, now),
            Move::Use { plan } if plan == self.plan => self.use_access(session, owner, now),
            _ => Vec::new(),
        }
    }

    /// The owner has refreshed: who looks on follows.
    pub fn sees_owner(&mut self, now: Millis) -> Option<(Millis, Move)> {
        let looks_on = self.habit == Habit::LockStep && self.began.is_some() && now < self.granted_at + LIFETIME;
        looks_on.then(|| {
            self.plan += 1;
            (now + self.dice.between(2 * SECOND, 20 * SECOND), Move::Refresh { plan: self.plan })
        })
    }

    fn refresh(&mut self, session: &mut dyn Session, owner: Millis, now: Millis) -> Vec<(Millis, Move)> {
        let began = *self.began.get_or_insert(now);
        let Some(token) = self.token else { return Vec::new() };
        let Ok(Grant { token, kept }) = session.refresh(token, self.word, now) else { return Vec::new() };
        self.token = Some(token);
        self.granted_at = now;
        session.hear(token, now);
        self.owner_seen = self.owner_seen.max(owner);
        self.plan += 1;
        let plan = self.plan;
        let again = |wait| (now + wait, Move::Refresh { plan });
        let usage = (now + MINUTE, Move::Use { plan });
        match self.habit {
            Habit::Once => vec![usage],
            Habit::Glimpse => Vec::new(),
            Habit::Regular => {
                let asked = Now { wall: now, steady: now };
                vec![again(Held::new(1, asked, LIFETIME, self.dice.jitter()).renew_in(asked)), usage]
            }
            Habit::Polling => vec![again(if now < began + HOUR { 10 * SECOND } else { MINUTE })],
            Habit::LockStep => vec![again(LIFETIME - MINUTE), usage],
            // A token that it was sent itself was delivered just now: there is time for another look.
            Habit::Quiet if kept => vec![again(self.aim(now)), (now + SOON, Move::Use { plan })],
            Habit::Quiet => vec![again(self.aim(now))],
        }
    }

    fn use_access(&mut self, session: &mut dyn Session, owner: Millis, now: Millis) -> Vec<(Millis, Move)> {
        let Some(token) = self.token.filter(|_| now < self.granted_at + LIFETIME && !session.is_over(now)) else {
            return Vec::new();
        };
        session.hear(token, now);
        self.owner_seen = self.owner_seen.max(owner);
        if self.habit == Habit::Quiet {
            self.plan += 1;
            return vec![(now + self.aim(now), Move::Refresh { plan: self.plan })];
        }
        vec![(now + MINUTE, Move::Use { plan: self.plan })]
    }

    /// How long until the owner's next renewal, by the best guess.
    fn aim(&self, now: Millis) -> Millis {
        let guess = self.owner_seen + MIDDLE - now;
        if guess > MINUTE { guess } else { MIDDLE }
    }
}
