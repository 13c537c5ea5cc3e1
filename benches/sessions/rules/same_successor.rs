//! A token is good once, and for a while after that it is answered with the successor it already had.

use super::{Grant, Life, Millis, Refusal, Session, Token, Word};

pub struct SameSuccessor {
    current: Token,
    rotated_at: Millis,
    life: Life,
    window: Millis,
}

impl SameSuccessor {
    pub fn new(session: u32, now: Millis, life: Life, window: Millis) -> Self {
        Self { current: Token { session, generation: 1, serial: 1 }, rotated_at: now, life, window }
    }
}

impl Session for SameSuccessor {
    fn first(&self) -> Token {
        self.current
    }

    fn refresh(&mut self, token: Token, _word: Word, now: Millis) -> Result<Grant, Refusal> {
        self.life.check(now)?;
        if token == self.current {
            self.current.generation += 1;
            self.current.serial += 1;
            self.rotated_at = now;
            self.life.go_on(now);
        } else if token.generation + 1 < self.current.generation || now - self.rotated_at >= self.window {
            return self.life.reuse();
        }
        Ok(Grant::keep(self.current))
    }

    fn is_over(&self, now: Millis) -> bool {
        self.life.check(now).is_err()
    }
}
