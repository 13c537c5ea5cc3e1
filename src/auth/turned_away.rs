//! Requests that were refused for what they are, whatever they ask for: an access token that is not believed, a request for the cookie that did not come from a page of
//! ours. Each is a line in the log at once. What is kept of them waits in memory and is written beside the requests ([`Auth::tidy`]), so that a refusal never
//! waits for the database, and nothing that is only asked writes into it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::{Auth, EventKind, StoreError, Visit, Whose, access_token::Disbelief, failures::Failures, tries::place};
use crate::store::{NewEvent, UnixMillis};

/// As many wait for the database, at most. Of more there is the line in the log.
const MOST: usize = 1_000;
/// How many are written together.
const AT_ONCE: usize = 100;

#[derive(Debug, Default)]
pub struct TurnedAway {
    /// Apart from the failures to sign in: with requests that cost nothing nobody hides those.
    kept: Failures,
    waiting: Mutex<VecDeque<Noted>>,
}

#[derive(Clone, Debug)]
struct Noted {
    id: Uuid,
    at: UnixMillis,
    kind: EventKind,
    whose: Option<Whose>,
    address: String,
    user_agent: String,
    detail: String,
}

impl Noted {
    fn as_event(&self) -> NewEvent<'_> {
        NewEvent {
            id: self.id,
            at: self.at,
            kind: self.kind,
            user_id: self.whose.map(|whose| whose.user_id),
            session_id: self.whose.map(|whose| whose.session_id),
            address: &self.address,
            user_agent: &self.user_agent,
            detail: &self.detail,
        }
    }
}

impl TurnedAway {
    fn keep(&self, noted: Noted) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.push_back(noted);
        }
    }

    fn first(&self) -> Vec<Noted> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).iter().take(AT_ONCE).cloned().collect()
    }

    fn written(&self, written: &[Noted]) {
        let is_written = |noted: &Noted| written.iter().any(|written| written.id == noted.id);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).retain(|noted| !is_written(noted));
    }
}

impl Auth {
    /// Says that an access token was not believed. `whose` if we had signed it.
    pub fn disbelieved(&self, why: Disbelief, whose: Option<Whose>, visit: &Visit) {
        let kind = match why {
            Disbelief::Expired | Disbelief::Revoked | Disbelief::Gone => EventKind::UseAfterExpire,
            _ => EventKind::TokenInvalid,
        };
        self.turned_away(kind, whose, why.to_string(), visit);
    }

    /// Of whom an access token speaks that was not believed, if we had signed it.
    pub fn whose(&self, access_token: &str) -> Option<Whose> {
        self.access_tokens.whose(access_token, self.clock.now())
    }

    /// Says that a request for the cookie did not come from a page of ours.
    pub fn not_ours(&self, visit: &Visit) {
        self.turned_away(EventKind::Csrf, None, String::new(), visit);
    }

    fn turned_away(&self, kind: EventKind, whose: Option<Whose>, detail: String, visit: &Visit) {
        let at = self.clock.now();
        let Visit { address, user_agent, .. } = visit.clone();
        let noted = Noted { id: self.rng.id(at), at, kind, whose, address, user_agent, detail };
        noted.as_event().log();
        // One visitor must not hide another.
        let from = place(visit).unwrap_or_default();
        if self.turned_away.kept.keeps(&format!("{} {from:?}", kind.name()), at) {
            self.turned_away.keep(noted);
        }
    }

    #[cfg(test)]
    pub fn how_many_wait(&self) -> usize {
        self.turned_away.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Writes what waits. What cannot be written waits on.
    pub(super) async fn write_turned_away(&self) -> Result<(), StoreError> {
        loop {
            let first = self.turned_away.first();
            if first.is_empty() {
                return Ok(());
            }
            self.store.add_told_events(first.iter().map(Noted::as_event)).await?;
            self.turned_away.written(&first);
        }
    }
}
