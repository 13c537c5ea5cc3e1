//! A new password in the place of the old one.

use std::time::Duration;

use super::{
    Auth, Principal, StoreError, Visit,
    hasher::{Busy, Match},
    password::{BadPassword, Password},
    sessions::own,
    throttle::TooMany,
};
use crate::store::{EventKind, PasswordChange};

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
    #[error("too many tries, next in {0:?}")]
    TooMany(Duration),
    #[error("more passwords to hash than the machine can")]
    Busy,
    /// The session that asks has ended.
    #[error("the session that asks has ended")]
    Over,
    /// Others kept changing the password. Nothing happened; trying again is safe.
    #[error("the password changed at every attempt")]
    Contended,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Busy> for PasswordChangeError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<TooMany> for PasswordChangeError {
    fn from(TooMany(wait): TooMany) -> Self {
        Self::TooMany(wait)
    }
}

impl Auth {
    /// Changes the password of whoever knows the present one, and ends their other sessions (ASVS 7.4.3). How many there were.
    pub async fn change_password(
        &self,
        principal: &Principal,
        current: &Password,
        new: &Password,
        visit: &Visit,
    ) -> Result<u32, PasswordChangeError> {
        for _ in 0..ATTEMPTS {
            let user = self.account(principal).await?.ok_or(PasswordChangeError::Over)?.user;
            let unfit = self.hasher.acceptable(new.clone(), user.username_key.clone()).await?.err();
            let wrong = self.wrong(principal, current, &user.username_key, &user.password_hash, visit).await?;
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
                return Ok(self.revoke(ends));
            }
        }
        Err(PasswordChangeError::Contended)
    }

    /// What is wrong with the present password, guessed at under the same throttle as at sign-in.
    async fn wrong(
        &self,
        principal: &Principal,
        current: &Password,
        key: &str,
        stored: &str,
        visit: &Visit,
    ) -> Result<Option<BadCurrent>, PasswordChangeError> {
        if current.is_empty() {
            return Ok(Some(BadCurrent::Empty));
        }
        let look = async {
            let fit = self.hasher.verify(current.clone(), Some(stored.to_owned())).await?;
            Ok::<_, PasswordChangeError>((fit != Match::No).then_some(()))
        };
        if self.throttled(key, look).await?.is_some() {
            return Ok(None);
        }
        let (user, session) = (Some(principal.user_id()), Some(principal.session_id()));
        self.failed(EventKind::PasswordChangeFail, key, user, session, visit).await?;
        Ok(Some(BadCurrent::Wrong))
    }
}
