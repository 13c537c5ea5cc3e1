//! Every use within the window makes another child. All of them live, each with children of its own.

use super::{Grant, Life, Millis, Refusal, Session, Token, Word};

pub struct Forking {
    number: u32,
    /// When each token was first used, by its serial.
    used: Vec<Option<Millis>>,
    life: Life,
    window: Millis,
}

impl Forking {
    pub fn new(number: u32, life: Life, window: Millis) -> Self {
        Self { number, used: vec![None], life, window }
    }
}

impl Session for Forking {
    fn first(&self) -> Token {
        Token { session: self.number, generation: 1, serial: 0 }
    }

    fn refresh(&mut self, token: Token, _word: Word, now: Millis) -> Result<Grant, Refusal> {
        self.life.check(now)?;
        let first_use = *self.used[token.serial as usize].get_or_insert(now);
        if now > first_use && now - first_use >= self.window {
            return self.life.reuse();
        }
        self.life.go_on(now);
        let serial = u32::try_from(self.used.len()).unwrap_or(u32::MAX);
        self.used.push(None);
        Ok(Grant::keep(Token { generation: token.generation + 1, serial, ..token }))
    }

    fn is_over(&self, now: Millis) -> bool {
        self.life.check(now).is_err()
    }
}
