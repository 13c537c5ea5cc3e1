//! The real rule: [`decide`], [`acknowledges`] and [`idle_end`] of the server, on a row of their own.

use super::{Grant, IDLE, Life, Millis, Session, Token, Word};
use crate::{
    auth::rotation::{Decision, Line, Presented, acknowledges, decide, idle_end},
    ended::{EndReason, Refusal},
    store::Hash,
};

pub struct Ours {
    number: u32,
    /// In which it began.
    instance: Option<u32>,
    line: Line,
    settle: Millis,
}

impl Ours {
    pub fn new(number: u32, instance: Option<u32>, now: Millis, lifetimes: Life, settle: Millis) -> Self {
        let line = Line {
            generation: 1,
            current: hash(1),
            parent: None,
            rotated_at: now,
            delivered_at: now,
            replays: 0,
            acknowledged: false,
            elsewhere: false,
            idle_expires_at: lifetimes.idle_end,
            absolute_expires_at: lifetimes.end,
            ended: None,
        };
        Self { number, instance, line, settle }
    }

    fn current(&self) -> Token {
        Token { session: self.number, generation: self.line.generation, serial: self.line.generation }
    }

    /// As `store/sessions.rs` writes it.
    fn rotate(&mut self, elsewhere: bool, now: Millis) {
        let line = &mut self.line;
        line.generation += 1;
        line.parent = Some(std::mem::replace(&mut line.current, hash(line.generation)));
        line.rotated_at = now;
        line.delivered_at = now;
        line.replays = 0;
        line.acknowledged = false;
        line.elsewhere = elsewhere;
        line.idle_expires_at = idle_end(now, IDLE, line.absolute_expires_at);
    }
}

impl Session for Ours {
    fn first(&self) -> Token {
        self.current()
    }

    fn refresh(&mut self, token: Token, word: Word, now: Millis) -> Result<Grant, Refusal> {
        let Word { in_step, instance } = word;
        let same_instance = instance.is_some() && instance == self.instance;
        let elsewhere = self.instance.is_some() && !same_instance;
        let presented = Presented { generation: token.generation, hash: hash(token.serial), in_step, same_instance };
        match decide(&self.line, &presented, now, self.settle) {
            Decision::Refuse(why) => return Err(why),
            Decision::Reuse => {
                self.line.ended = Some(EndReason::Reused);
                return Err(Refusal::Ended(EndReason::Reused));
            }
            Decision::Mint => return Ok(Grant { token, kept: false }),
            Decision::Rotate => self.rotate(elsewhere, now),
            Decision::Replay { counted: true } => {
                self.line.replays += 1;
                self.line.delivered_at = now;
                self.line.elsewhere |= elsewhere;
            }
            Decision::Replay { counted: false } => {}
        }
        Ok(Grant::keep(self.current()))
    }

    fn hear(&mut self, token: Token, now: Millis) {
        if acknowledges(&self.line, token.generation, now, self.settle) {
            self.line.acknowledged = true;
        }
    }

    fn is_over(&self, now: Millis) -> bool {
        let line = &self.line;
        line.ended.is_some() || now >= line.idle_expires_at || now >= line.absolute_expires_at
    }
}

/// One secret a generation, since there is one line.
fn hash(serial: u32) -> Hash {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&serial.to_le_bytes());
    hash
}
