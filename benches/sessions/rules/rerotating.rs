//! The parent within the window rotates on: its new child takes the place of the one it had, which is dead.

use super::{Grant, Life, Millis, Refusal, Session, Token, Word};

pub struct Rerotating {
    current: Token,
    parent: Option<Token>,
    /// When the parent was first used.
    rotated_at: Millis,
    life: Life,
    window: Millis,
}

impl Rerotating {
    pub fn new(session: u32, now: Millis, life: Life, window: Millis) -> Self {
        Self { current: Token { session, generation: 1, serial: 1 }, parent: None, rotated_at: now, life, window }
    }
}

impl Session for Rerotating {
    fn first(&self) -> Token {
        self.current
    }

    fn refresh(&mut self, token: Token, _word: Word, now: Millis) -> Result<Grant, Refusal> {
        self.life.check(now)?;
        if token == self.current {
            self.parent = Some(token);
            self.current.generation += 1;
            self.rotated_at = now;
        } else if self.parent != Some(token) || now - self.rotated_at >= self.window {
            return self.life.reuse();
        }
        self.current.serial += 1;
        self.life.go_on(now);
        Ok(Grant::keep(self.current))
    }

    fn is_over(&self, now: Millis) -> bool {
        self.life.check(now).is_err()
    }
}
