//! What this instance has done and is doing, in numbers. Whoever shows them, and in which format, is not known here; and no number is of a
//! user, a session or an address.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use super::{Auth, hasher::Hashing, login::LoginError, refresh::RefreshError};
use crate::{
    ended::{EndReason, Refusal},
    store::{Connections, StoreError, UnixMillis},
};

/// How often the live sessions are counted, at most, in milliseconds.
const COUNTED_EVERY: UnixMillis = 60_000;
/// How many of them, at most: a count reads as many rows.
const COUNTED_UP_TO: u32 = 1_000_000;

/// The counts that only grow.
#[derive(Debug)]
pub struct Tally {
    logins: Counts<6>,
    refreshes: Counts<13>,
    /// A used-up refresh token came back and ended its session.
    pub(super) reuses: AtomicU64,
    /// Access tokens for which the database was asked, since this instance had not heard lately who has ended.
    pub(super) checks_while_deaf: AtomicU64,
    live_sessions: Mutex<Option<(UnixMillis, u64)>>,
}

/// What can come of something, and how often it did.
#[derive(Debug)]
struct Counts<const N: usize>([(&'static str, AtomicU64); N]);

/// What a refresh did that was honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honoured {
    Minted,
    Rotated,
    Replayed,
}

/// All numbers at a moment.
#[derive(Debug)]
pub struct Figures {
    /// By what came of them.
    pub logins: Vec<(&'static str, u64)>,
    pub refreshes: Vec<(&'static str, u64)>,
    pub reuses: u64,
    pub checks_while_deaf: u64,
    pub hashing: Hashing,
    /// How old the last word from the database on ended sessions is, in milliseconds.
    pub revocation_lag: UnixMillis,
    /// Of the key that signs, in milliseconds.
    pub key_age: UnixMillis,
    pub connections: Vec<Connections>,
    /// Not known while the database does not answer. A million stands for more as well.
    pub live_sessions: Option<u64>,
}

impl<const N: usize> Counts<N> {
    fn of(outcomes: [&'static str; N]) -> Self {
        Self(outcomes.map(|outcome| (outcome, AtomicU64::new(0))))
    }

    fn add(&self, outcome: &'static str) {
        let count = self.0.iter().find(|(name, _)| *name == outcome);
        debug_assert!(count.is_some(), "{outcome} is counted nowhere");
        if let Some((_, count)) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Vec<(&'static str, u64)> {
        self.0.iter().map(|(outcome, count)| (*outcome, count.load(Ordering::Relaxed))).collect()
    }
}

impl Default for Tally {
    fn default() -> Self {
        let [signed_out, revoked, reused, replaced, password_changed, disabled] = EndReason::ALL.map(EndReason::code);
        Self {
            logins: Counts::of(["succeeded", "wrong", "incomplete", "throttled", "busy", "failed"]),
            refreshes: Counts::of([
                "minted",
                "rotated",
                "replayed",
                Refusal::Invalid.code(),
                Refusal::Expired.code(),
                signed_out,
                revoked,
                reused,
                replaced,
                password_changed,
                disabled,
                "contended",
                "failed",
            ]),
            reuses: AtomicU64::new(0),
            checks_while_deaf: AtomicU64::new(0),
            live_sessions: Mutex::default(),
        }
    }
}

impl Tally {
    pub(super) fn login<T>(&self, outcome: &Result<T, LoginError>) {
        self.logins.add(match outcome {
            Ok(_) => "succeeded",
            Err(LoginError::Wrong) => "wrong",
            Err(LoginError::Incomplete { .. }) => "incomplete",
            Err(LoginError::TooMany(_)) => "throttled",
            Err(LoginError::Busy(_)) => "busy",
            Err(LoginError::Store(_)) => "failed",
        });
    }

    pub(super) fn refresh<T>(&self, outcome: &Result<(T, Honoured), RefreshError>) {
        self.refreshes.add(match outcome {
            Ok((_, Honoured::Minted)) => "minted",
            Ok((_, Honoured::Rotated)) => "rotated",
            Ok((_, Honoured::Replayed)) => "replayed",
            Err(RefreshError::Refused(why)) => why.code(),
            Err(RefreshError::Contended) => "contended",
            Err(RefreshError::Store(_)) => "failed",
        });
    }
}

impl Auth {
    pub async fn figures(&self) -> Figures {
        let now = self.clock.now();
        let live_sessions = self.live_sessions(now).await;
        if let Err(error) = &live_sessions {
            tracing::warn!(%error, "the sessions could not be counted");
        }
        Figures {
            logins: self.tally.logins.read(),
            refreshes: self.tally.refreshes.read(),
            reuses: self.tally.reuses.load(Ordering::Relaxed),
            checks_while_deaf: self.tally.checks_while_deaf.load(Ordering::Relaxed),
            hashing: self.hasher.state(),
            revocation_lag: self.revocations.lag(now),
            key_age: self.access_tokens.key_age(now),
            connections: self.store.connections(),
            live_sessions: live_sessions.ok(),
        }
    }

    /// Counted once a minute, however many ask.
    async fn live_sessions(&self, now: UnixMillis) -> Result<u64, StoreError> {
        let mut counted = self.tally.live_sessions.lock().await;
        if let Some((at, count)) = *counted
            && (at..at.saturating_add(COUNTED_EVERY)).contains(&now)
        {
            return Ok(count);
        }
        let count = self.store.count_live_sessions(now, COUNTED_UP_TO).await?;
        *counted = Some((now, count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_counted_under_its_own_name() {
        let tally = Tally::default();
        let refusals = EndReason::ALL.into_iter().map(Refusal::Ended).chain([Refusal::Invalid, Refusal::Expired]);
        for why in refusals {
            tally.refresh::<()>(&Err(RefreshError::Refused(why)));
            let counted = tally.refreshes.read();
            assert!(counted.contains(&(why.code(), 1)), "{counted:?}");
        }
        assert_eq!(tally.refreshes.read().iter().map(|(_, count)| count).sum::<u64>(), 8);
    }
}
