//! Whom this node has heard from: the evidence that a current refresh token arrived.
//!
//! Collected on the path of requests in memory, written beside it in batches ([`super::Auth::tidy`]), at most once for each generation.
//! The write itself checks that the token was delivered long enough ago, so what stands here may be too eager but never wrong.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::Auth;
use crate::store::{StoreError, UnixMillis};

/// How many are written together.
const AT_ONCE: usize = 100;

#[derive(Debug)]
pub struct Acknowledgements {
    heard: Mutex<HashMap<Uuid, Heard>>,
    settle: UnixMillis,
}

#[derive(Debug)]
struct Heard {
    generation: u32,
    /// When the current token was last delivered, as far as this node knows.
    delivered_at: UnixMillis,
    seen_at: UnixMillis,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    /// Delivered too lately to prove anything.
    Settling,
    /// Heard from late enough: to be written.
    Due,
    Written,
}

impl Acknowledgements {
    pub fn new(settle: UnixMillis) -> Self {
        Self { heard: Mutex::default(), settle }
    }

    /// A refresh token of this generation was sent to its holder.
    pub fn delivered(&self, session_id: Uuid, generation: u32, now: UnixMillis) {
        let settling = Heard { generation, delivered_at: now, seen_at: now, state: State::Settling };
        self.lock().insert(session_id, settling);
    }

    /// Whoever delivered the token of this generation did so then: read from the row.
    pub fn delivered_before(&self, session_id: Uuid, generation: u32, delivered_at: UnixMillis, now: UnixMillis) {
        let mut all = self.lock();
        if all.get(&session_id).is_none_or(|entry| entry.generation < generation) {
            all.insert(session_id, Heard { generation, delivered_at, seen_at: now, state: State::Settling });
        }
    }

    /// Whether the next token may be due for whoever presents this generation, as far as this node knows.
    pub fn may_be_due(&self, session_id: Uuid, generation: u32, now: UnixMillis) -> bool {
        self.lock().get(&session_id).is_none_or(|entry| {
            let has_settled = now >= entry.delivered_at.saturating_add(self.settle);
            entry.generation < generation || (entry.generation == generation && has_settled)
        })
    }

    /// The holder of this generation used it, or an access token that came with it.
    ///
    /// A session that this node has not delivered to counts as delivered just now: another node may have, a moment ago.
    pub fn heard(&self, session_id: Uuid, generation: u32, now: UnixMillis) {
        let mut all = self.lock();
        let settling = || Heard { generation, delivered_at: now, seen_at: now, state: State::Settling };
        let entry = all.entry(session_id).or_insert_with(settling);
        if entry.generation < generation {
            *entry = settling();
        }
        if entry.generation > generation {
            return;
        }
        entry.seen_at = now;
        if entry.state == State::Settling && now >= entry.delivered_at.saturating_add(self.settle) {
            entry.state = State::Due;
        }
    }

    /// Like [`heard`](Self::heard), from someone who has read the row and knows that the token has settled.
    pub fn heard_settled(&self, session_id: Uuid, generation: u32, now: UnixMillis) {
        let due = Heard { generation, delivered_at: now.saturating_sub(self.settle), seen_at: now, state: State::Due };
        self.lock().insert(session_id, due);
    }

    /// What is to be written now, in the order of the ids. Forgets sessions not heard from for so long that they must refresh first.
    pub fn due(&self, now: UnixMillis) -> Vec<(Uuid, u32)> {
        let mut all = self.lock();
        let kept_for = self.settle.saturating_mul(2).saturating_add(3_600_000);
        all.retain(|_, entry| now < entry.seen_at.saturating_add(kept_for));
        let due = all.iter().filter(|(_, entry)| entry.state == State::Due).map(|(id, entry)| (*id, entry.generation));
        let mut due: Vec<_> = due.collect();
        due.sort_unstable();
        due
    }

    /// What came of writing them. One that did not fit was delivered later than this node knew, and settles anew; one that failed stays due.
    pub fn written(&self, due: &[(Uuid, u32)], done: Result<&[bool], ()>, now: UnixMillis) {
        let Ok(done) = done else { return };
        let mut all = self.lock();
        for ((session_id, generation), done) in due.iter().zip(done) {
            if let Some(entry) = all.get_mut(session_id).filter(|entry| entry.generation == *generation) {
                (entry.state, entry.delivered_at) =
                    if *done { (State::Written, entry.delivered_at) } else { (State::Settling, now) };
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Auth {
    /// Writes what is due.
    pub(super) async fn write_acknowledgements(&self, now: UnixMillis) -> Result<(), StoreError> {
        // A few at a time, so that no refresh waits for all of them.
        for due in self.acknowledgements.due(now).chunks(AT_ONCE) {
            let written = self.store.acknowledge(due, now.saturating_sub(self.policy.settle)).await;
            self.acknowledgements.written(due, written.as_deref().map_err(drop), now);
            written?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: UnixMillis = 120_000;
    const SESSION: Uuid = Uuid::from_u128(1);

    #[test]
    fn one_write_a_generation_once_the_token_has_settled() {
        let heard = Acknowledgements::new(SETTLE);
        heard.delivered(SESSION, 1, 0);
        heard.heard(SESSION, 1, SETTLE - 1);
        assert_eq!(heard.due(SETTLE - 1), []);
        heard.heard(SESSION, 1, SETTLE);
        heard.heard(SESSION, 1, SETTLE + 1);
        assert_eq!(heard.due(SETTLE + 1), [(SESSION, 1)]);
        heard.written(&[(SESSION, 1)], Ok(&[true]), SETTLE + 1);
        heard.heard(SESSION, 1, SETTLE + 2);
        assert_eq!(heard.due(SETTLE + 2), [], "once is enough");
    }

    #[test]
    fn the_next_token_is_due_once_the_present_one_has_settled_and_never_for_one_before_it() {
        let heard = Acknowledgements::new(SETTLE);
        assert!(heard.may_be_due(SESSION, 5, 0), "of whom nothing is known");
        heard.delivered(SESSION, 5, 1_000);
        assert!(!heard.may_be_due(SESSION, 5, 1_000 + SETTLE - 1));
        assert!(heard.may_be_due(SESSION, 5, 1_000 + SETTLE));
        assert!(heard.may_be_due(SESSION, 6, 1_000), "another node has delivered that one");
        assert!(!heard.may_be_due(SESSION, 4, 1_000 + SETTLE));
        heard.delivered_before(SESSION, 6, 2_000, 3_000);
        assert!(!heard.may_be_due(SESSION, 6, 2_000 + SETTLE - 1));
        assert!(heard.may_be_due(SESSION, 6, 2_000 + SETTLE));
        heard.delivered_before(SESSION, 6, 9_000, 9_000);
        assert!(heard.may_be_due(SESSION, 6, 2_000 + SETTLE), "what is known of it already stays");
    }

    #[test]
    fn a_write_that_failed_is_tried_again_and_one_that_did_not_fit_waits_anew() {
        let heard = Acknowledgements::new(SETTLE);
        heard.delivered(SESSION, 1, 0);
        heard.heard(SESSION, 1, SETTLE);
        let due = heard.due(SETTLE);
        heard.written(&due, Err(()), SETTLE);
        assert_eq!(heard.due(SETTLE), due);
        heard.written(&due, Ok(&[false]), SETTLE);
        heard.heard(SESSION, 1, 2 * SETTLE - 1);
        assert_eq!(heard.due(2 * SETTLE - 1), []);
        heard.heard(SESSION, 1, 2 * SETTLE);
        assert_eq!(heard.due(2 * SETTLE), due);
    }

    #[test]
    fn a_replay_starts_the_settling_anew_and_an_old_generation_proves_nothing() {
        let heard = Acknowledgements::new(SETTLE);
        heard.delivered(SESSION, 2, 0);
        heard.delivered(SESSION, 2, 100_000);
        heard.heard(SESSION, 2, SETTLE);
        heard.heard(SESSION, 1, 100_000 + SETTLE);
        assert_eq!(heard.due(100_000 + SETTLE), []);
        heard.heard(SESSION, 2, 100_000 + SETTLE);
        assert_eq!(heard.due(100_000 + SETTLE), [(SESSION, 2)]);
    }

    #[test]
    fn a_node_that_did_not_deliver_waits_as_if_it_had_just_now() {
        let heard = Acknowledgements::new(SETTLE);
        heard.heard(SESSION, 5, 1_000_000);
        assert_eq!(heard.due(1_000_000), []);
        heard.heard(SESSION, 5, 1_000_000 + SETTLE);
        assert_eq!(heard.due(1_000_000 + SETTLE), [(SESSION, 5)]);
    }

    #[test]
    fn sessions_long_silent_are_forgotten() {
        let heard = Acknowledgements::new(SETTLE);
        heard.delivered(SESSION, 1, 0);
        heard.due(100_000_000);
        assert!(heard.lock().is_empty());
    }
}
