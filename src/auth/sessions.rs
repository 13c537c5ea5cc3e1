//! The sessions that a person has, as they see and end them, and what happened to them.

use uuid::Uuid;

use super::{Auth, Principal, StoreError, Visit};
use crate::store::{Ends, EventKind, EventRow, LiveSession, NewEvent, Own, Page, Place, UnixMillis};

/// How many rows a page of a list has.
pub const PAGE: u8 = 10;

#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// No session of this user has this id.
    #[error("no such session")]
    Unknown,
    /// The session that asks has ended itself.
    #[error("the session that asks has ended")]
    Over,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// The user's sessions that can still be refreshed, the one seen last first.
    pub async fn sessions(&self, principal: &Principal, after: Place) -> Result<Page<LiveSession>, StoreError> {
        self.store.live_sessions(principal.user_id(), self.clock.now(), after, PAGE).await
    }

    /// What happened to the user's account and sessions, the last first.
    pub async fn activity(&self, principal: &Principal, after: Place) -> Result<Page<EventRow>, StoreError> {
        self.store.events(principal.user_id(), after, PAGE).await
    }

    /// Ends one of the user's sessions; one that had ended already stays as it is. Another user's is as unknown as one that never was.
    pub async fn end_own(&self, principal: &Principal, id: Uuid, visit: &Visit) -> Result<(), EndError> {
        let row = self.store.session(id).await?.filter(|row| row.user_id == principal.user_id());
        if row.ok_or(EndError::Unknown)?.id == principal.session_id() {
            return Ok(self.log_out_session(id, principal.user_id(), visit).await?);
        }
        let now = self.clock.now();
        let event = self.event(EventKind::TokenRevoked, Some(principal.user_id()), Some(id), visit, now);
        let ends = self.store.end_another(own(principal), id, now, &event).await?;
        self.revoke(ends.ok_or(EndError::Over)?);
        Ok(())
    }

    /// Ends all other sessions of the user. How many there were.
    pub async fn end_others(&self, principal: &Principal, visit: &Visit) -> Result<u32, EndError> {
        let now = self.clock.now();
        let ends = self.store.end_others(own(principal), now, &self.revoked(principal, visit, now)).await?;
        Ok(self.revoke(ends.ok_or(EndError::Over)?))
    }

    /// Ends all sessions of the user, the one that asks among them.
    pub async fn log_out_everywhere(&self, principal: &Principal, visit: &Visit) -> Result<(), EndError> {
        let now = self.clock.now();
        let (user, session) = (principal.user_id(), principal.session_id());
        let logout = self.event(EventKind::Logout, Some(user), Some(session), visit, now);
        let ends =
            self.store.end_everywhere(own(principal), now, &logout, &self.revoked(principal, visit, now)).await?;
        self.revoke(ends.ok_or(EndError::Over)?);
        Ok(())
    }

    /// Ends all sessions of all users, for the operator. How many could have gone on.
    pub async fn end_all_sessions(&self, visit: &Visit) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let revoked = |id, user| self.event(EventKind::TokenRevoked, Some(user), Some(id), visit, now);
        self.store.end_all(now, &revoked).await
    }

    /// The event of each session that somebody ends from this one.
    pub(super) fn revoked<'a>(
        &'a self,
        principal: &Principal,
        visit: &'a Visit,
        now: UnixMillis,
    ) -> impl Fn(Uuid) -> NewEvent<'a> + Send + Sync + use<'a> {
        let user = principal.user_id();
        move |id| self.event(EventKind::TokenRevoked, Some(user), Some(id), visit, now)
    }

    /// Their access tokens are dead from now on. How many sessions people will miss.
    pub(super) fn revoke(&self, ends: Ends) -> u32 {
        let now = self.clock.now();
        ends.ids.into_iter().for_each(|id| self.revocations.add(id, now));
        ends.live
    }
}

pub(super) fn own(principal: &Principal) -> Own {
    Own { user_id: principal.user_id(), session_id: principal.session_id() }
}
