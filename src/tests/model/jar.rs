//! The cookie jar: in memory, and on a disk that a crash takes back to any state of the last FLUSH.

use super::{time::FLUSH, token::Token};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Jar {
    pub now: Option<Token>,
    /// What was there before, and how many steps ago it was replaced.
    pub past: Vec<(Option<Token>, u8)>,
}

impl Jar {
    pub fn with(token: Token) -> Self {
        Self { now: Some(token), past: Vec::new() }
    }

    pub fn keep(&mut self, cookie: Option<Token>) {
        if cookie != self.now {
            let before = std::mem::replace(&mut self.now, cookie);
            self.past.retain(|(past, _)| *past != before && *past != cookie);
            self.past.push((before, 0));
        }
    }

    pub fn pass(&mut self, steps: u8) {
        for (_, age) in &mut self.past {
            *age = age.saturating_add(steps);
        }
        self.past.retain(|(_, age)| *age <= FLUSH);
    }

    /// What may be found after a crash: what is there now, and each state of the last FLUSH.
    pub fn states(&self) -> usize {
        1 + self.past.len()
    }

    /// A crash takes the jar back to one of them.
    pub fn crash(&mut self, state: usize) {
        if let Some((past, _)) = state.checked_sub(1).and_then(|at| self.past.get(at)) {
            self.now = *past;
        }
        self.past.clear();
    }

    /// Tokens that were renamed may have become alike.
    pub fn make_canonical(&mut self) {
        let mut known = vec![self.now];
        // The newest first: what may be found longest.
        self.past.sort_unstable_by_key(|(token, age)| (*age, *token));
        self.past.retain(|(token, _)| {
            !known.contains(token) && {
                known.push(*token);
                true
            }
        });
    }

    pub fn tokens_mut(&mut self) -> impl Iterator<Item = &mut Token> {
        self.now.iter_mut().chain(self.past.iter_mut().filter_map(|(past, _)| past.as_mut()))
    }
}
