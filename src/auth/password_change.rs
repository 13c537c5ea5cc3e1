//! A new password in the place of the old one.

use super::{
    Auth, Principal, StoreError, Visit,
    device::{Device, Owner},
    hasher::{Busy, Match, Place},
    limits::TooMany,
    password::{BadPassword, Password},
    sessions::own,
};
use crate::store::{EventKind, PasswordChange, UserRow};

/// How often the password is verified anew because it was hashed or changed in between.
const ATTEMPTS: usize = 3;

/// What is wrong with the password that somebody gives as their present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCurrent {
    #[error("Enter your current password.")]
    Empty,
    #[error("That is not your current password.")]
    Wrong,
}

#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeError {
    /// Either may be wrong, or both.
    #[error("unacceptable: {current:?} {new:?}")]
    Unacceptable { current: Option<BadCurrent>, new: Option<BadPassword> },
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The session that asks has ended.
    #[error("the session that asks has ended")]
    Over,
    /// Others kept changing the password. Nothing happened; trying again is safe.
    #[error("the password changed at every attempt")]
    Contended,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a change of password did.
#[derive(Debug)]
pub struct Changed {
    /// How many other sessions were ended.
    pub ended: u32,
    /// Devices that have signed in before are strangers from now on, but for the one on which it was changed.
    pub device: Device,
}

impl Auth {
    /// Changes the password of whoever knows the present one, and ends their other sessions (ASVS 7.4.3).
    pub async fn change_password(
        &self,
        principal: &Principal,
        current: &Password,
        new: &Password,
        visit: &Visit,
    ) -> Result<Changed, PasswordChangeError> {
        for _ in 0..ATTEMPTS {
            let user = self.account(principal).await?.ok_or(PasswordChangeError::Over)?.user;
            let unfit = self.hasher.acceptable(new.clone(), user.username_key.clone()).await?.err();
            let wrong = self.wrong(principal, current, &user, visit).await?;
            // Only whoever knows the present one is told that the new one is the same.
            let same = (wrong.is_none() && current == new).then_some(BadPassword::Same);
            let unfit = same.or(unfit);
            if wrong.is_some() || unfit.is_some() {
                return Err(PasswordChangeError::Unacceptable { current: wrong, new: unfit });
            }
            let new_hash = self.hasher.hash(new.clone()).await?;
            let now = self.clock.now();
            let change = PasswordChange { by: own(principal), old_hash: &user.password_hash, new_hash: &new_hash, now };
            let (id, session) = (Some(user.id), Some(principal.session_id()));
            let changed = self.event(EventKind::PasswordChange, id, session, visit, now);
            let done = self.store.change_password(&change, &changed, &self.revoked(principal, visit, now)).await?;
            if let Some(ends) = done {
                let owner = Owner { user_id: user.id, password_changed_at: now };
                return Ok(Changed { ended: self.revoke(ends), device: self.device_of(owner, visit) });
            }
        }
        Err(PasswordChangeError::Contended)
    }

    /// What is wrong with the present password. No stranger's failures keep anybody from it; after their own they are like a stranger at sign-in.
    async fn wrong(
        &self,
        principal: &Principal,
        current: &Password,
        user: &UserRow,
        visit: &Visit,
    ) -> Result<Option<BadCurrent>, PasswordChangeError> {
        if current.is_empty() {
            return Ok(Some(BadCurrent::Empty));
        }
        let ways = [
            self.tries.in_a_session(user.id, principal.session_id()),
            self.tries.of_a_stranger(&user.username_key, Some(user.id), visit),
        ];
        let look = async |place: Place| {
            let fit = self.hasher.verify(place, current.clone(), Some(user.password_hash.clone())).await?;
            Ok::<_, PasswordChangeError>((fit != Match::No).then_some(()))
        };
        let session = Some(principal.session_id());
        let looked = self.guarded(&ways, look).await;
        if let Err(PasswordChangeError::TooMany(_)) = &looked {
            self.failed(EventKind::LoginLock, &user.username_key, Some(user.id), session, visit).await?;
        }
        if looked?.is_some() {
            return Ok(None);
        }
        self.failed(EventKind::PasswordChangeFail, &user.username_key, Some(user.id), session, visit).await?;
        Ok(Some(BadCurrent::Wrong))
    }
}
