//! Requests that were refused for what they are, whatever they ask for: an access token that is not believed, a request for the cookie that did not come from a page of
//! ours. Each is a line in the log at once. What is kept of them waits in memory and is written beside the requests ([`Auth::tidy`]), so that a refusal never
//! waits for the database, and nothing that is only asked writes into it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::{
    Auth, EventKind, Principal, StoreError, Visit, Whose,
    access_token::Disbelief,
    failures::{Allowance, Failures},
    tries::place,
};
use crate::store::{NewEvent, UnixMillis};

/// As many wait for the database, at most. Of more there is the line in the log.
const MOST: usize = 1_000;
/// How many are written together.
const AT_ONCE: usize = 100;

/// Of one session: a program that goes on with what is over would fill the list of its person.
const OF_SESSION: Allowance = Allowance { at_once: 10, every: 6 * 60 * 60 * 1000 };
/// From one network.
const OF_NETWORK: Allowance = Allowance { at_once: 20, every: 10 * 60 * 1000 };
/// Of one kind, on each instance: 1,440 a day at most.
const OF_KIND: Allowance = Allowance { at_once: 300, every: 60 * 1000 };

/// What is kept of each kind is apart from the others, and from the failures to sign in: with requests that cost nothing nobody hides those that mean something.
#[derive(Debug)]
pub struct TurnedAway {
    too_late: Failures,
    made_up: Failures,
    foreign: Failures,
    waiting: Mutex<VecDeque<Noted>>,
}

impl Default for TurnedAway {
    fn default() -> Self {
        let [made_up, foreign] = [(); 2].map(|()| Failures::allowing(OF_NETWORK, OF_KIND));
        Self { too_late: Failures::allowing(OF_SESSION, OF_KIND), made_up, foreign, waiting: Mutex::default() }
    }
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
    /// Says that an access token was not believed.
    pub fn disbelieved(&self, why: Disbelief, access_token: &str, visit: &Visit) {
        let whose = match why {
            // Of these alone it is known that we had signed them.
            Disbelief::Expired | Disbelief::Revoked => self.access_tokens.whose(access_token, self.clock.now()),
            _ => None,
        };
        match whose {
            Some(whose) => self.came_too_late(whose, why, visit),
            None => self.turned_away(EventKind::TokenInvalid, None, why.to_string(), visit),
        }
    }

    /// Says that somebody was believed and is gone.
    pub fn gone(&self, principal: &Principal, visit: &Visit) {
        self.came_too_late(principal.whose(), Disbelief::Gone, visit);
    }

    /// Says that a request for the cookie did not come from a page of ours.
    pub fn not_ours(&self, visit: &Visit) {
        self.turned_away(EventKind::Csrf, None, String::new(), visit);
    }

    fn came_too_late(&self, whose: Whose, why: Disbelief, visit: &Visit) {
        self.turned_away(EventKind::UseAfterExpire, Some(whose), why.to_string(), visit);
    }

    fn turned_away(&self, kind: EventKind, whose: Option<Whose>, detail: String, visit: &Visit) {
        let at = self.clock.now();
        let Visit { address, user_agent, .. } = visit.clone();
        let noted = Noted { id: self.rng.id(at), at, kind, whose, address, user_agent, detail };
        noted.as_event().log();
        let from = || format!("{:?}", place(visit).unwrap_or_default());
        let is_kept = match (kind, whose) {
            (_, Some(whose)) => self.turned_away.too_late.keeps(&whose.session_id.to_string(), at),
            (EventKind::Csrf, None) => self.turned_away.foreign.keeps(&from(), at),
            (_, None) => self.turned_away.made_up.keeps(&from(), at),
        };
        if is_kept {
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
