//! What the operator does, from a command of its own, while servers run. All that ends sessions does so in the database, where running servers
//! read it within a second.

use uuid::Uuid;

use super::{
    Auth, StoreError, Visit,
    hasher::Busy,
    keys::{KeyState, Rotated},
    password::{BadPassword, Password},
    purging,
    username::Username,
};
use crate::{
    ended::EndReason,
    store::{
        Asked, Batch, Disabled, EventKind, EventLine, Events, Listing, NewEvent, NewPassword, SessionLine, Sessions,
        UnixMillis, UserDetails, UserLine,
    },
};

/// How many sessions are ended at once: few enough that no request waits long.
const AT_ONCE: u16 = 200;

#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    #[error("the account is gone")]
    Gone,
    #[error(transparent)]
    Unacceptable(#[from] BadPassword),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of ending one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedOne {
    Now,
    /// For another reason, or the same.
    Before(EndReason),
    Unknown,
}

/// Which events the operator asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    /// Empty: of every kind.
    pub kind: &'a str,
    /// How far back, in milliseconds; `None`: as far as they are kept.
    pub within: Option<UnixMillis>,
}

impl Auth {
    pub async fn users(&self, asked: Asked) -> Result<Listing<UserLine>, StoreError> {
        self.store.users(asked).await
    }

    /// The account with a name, in whichever spelling.
    pub async fn user_named(&self, name: &str) -> Result<Option<UserLine>, StoreError> {
        match Username::parse(name) {
            Ok(name) => self.store.user_line(&name.key).await,
            Err(_) => Ok(None),
        }
    }

    pub async fn user_details(&self, id: Uuid) -> Result<UserDetails, StoreError> {
        self.store.user_details(id, self.clock.now()).await
    }

    /// Closes an account: its sessions end, and its password opens nothing. `None`: it is gone.
    pub async fn disable_user(&self, id: Uuid, visit: &Visit) -> Result<Option<Disabled>, StoreError> {
        let now = self.clock.now();
        let disabled = self.event(EventKind::UserArchived, Some(id), None, visit, now);
        let done = self.store.disable_user(id, now, &disabled, &self.ended_of(id, visit, now)).await?;
        Ok(done.inspect(|done| _ = self.revoke(done.ends.clone())))
    }

    /// Opens an account again. `false`: it is not closed.
    pub async fn enable_user(&self, id: Uuid, visit: &Visit) -> Result<bool, StoreError> {
        self.store.enable_user(id, &self.event(EventKind::UserUpdated, Some(id), None, visit, self.clock.now())).await
    }

    /// Gives an account another password, by the rules that its person would have to keep to, and ends its sessions. How many there were.
    pub async fn set_password(&self, user: &UserLine, new: Password, visit: &Visit) -> Result<u32, SetPasswordError> {
        let key = Username::parse(&user.username).map_or_else(|_| user.username.clone(), |name| name.key);
        self.hasher.acceptable(new.clone(), key).await??;
        let hash = self.hasher.hash(new).await?;
        let now = self.clock.now();
        let new = NewPassword { user_id: user.id, hash: &hash, now };
        let changed = self.event(EventKind::PasswordChange, Some(user.id), None, visit, now);
        let ends = self.store.set_password(new, &changed, &self.ended_of(user.id, visit, now)).await?;
        Ok(self.revoke(ends.ok_or(SetPasswordError::Gone)?))
    }

    /// Deletes an account and all that is its person's. How many sessions it had; `None`: it is gone.
    pub async fn remove_user(&self, id: Uuid, visit: &Visit) -> Result<Option<u32>, StoreError> {
        let now = self.clock.now();
        let removed = self.event(EventKind::UserDeleted, Some(id), None, visit, now);
        Ok(self.store.remove_user(id, now, &removed).await?.map(|ends| self.revoke(ends)))
    }

    /// Sessions of everybody or of one, those that can still be refreshed or those of the past too.
    pub async fn all_sessions(
        &self,
        user_id: Option<Uuid>,
        with_past: bool,
        asked: Asked,
    ) -> Result<Listing<SessionLine>, StoreError> {
        self.store.all_sessions(Sessions { user_id, with_past, now: self.clock.now() }, asked).await
    }

    pub async fn end_one(&self, id: Uuid, visit: &Visit) -> Result<EndedOne, StoreError> {
        let Some(session) = self.store.session(id).await? else { return Ok(EndedOne::Unknown) };
        if let Some(before) = session.ended {
            return Ok(EndedOne::Before(before));
        }
        self.end_session(id, session.user_id, EndReason::Revoked, EventKind::TokenRevoked, visit).await?;
        Ok(EndedOne::Now)
    }

    /// Ends all sessions of a user. How many could have gone on; `None`: there is no such account.
    pub async fn end_sessions_of(&self, user_id: Uuid, visit: &Visit) -> Result<Option<u32>, StoreError> {
        let now = self.clock.now();
        let ends = self.store.end_sessions_of(user_id, now, &self.ended_of(user_id, visit, now)).await?;
        Ok(ends.map(|ends| self.revoke(ends)))
    }

    /// Ends all sessions that have begun before now, a few at a time. How many could have gone on.
    pub async fn end_everybodys_sessions(&self, visit: &Visit) -> Result<u64, StoreError> {
        let below = purging::first_id(self.clock.now().saturating_add(1));
        let (mut after, mut live) = (Some(Uuid::nil()), 0);
        while let Some(last) = after {
            let now = self.clock.now();
            let ended = |id, user| self.event(EventKind::TokenRevoked, Some(user), Some(id), visit, now);
            let batch = Batch { after: last, below, at_most: AT_ONCE };
            let (ends, next) = self.store.end_batch(batch, now, &ended).await?;
            live += u64::from(self.revoke(ends));
            after = next;
        }
        Ok(live)
    }

    /// Publishes a new signing key.
    pub async fn rotate_keys(&self, visit: &Visit) -> Result<Rotated, StoreError> {
        let now = self.clock.now();
        let wanted = self.event(EventKind::KeyPublished, None, None, visit, now);
        self.access_tokens.keys().rotate(now, &wanted).await
    }

    /// Puts a new signing key in the place of all others. Every access token is refused from now on, and no session ends.
    pub async fn replace_keys(&self, visit: &Visit) -> Result<Vec<KeyState>, StoreError> {
        let now = self.clock.now();
        let wanted = self.event(EventKind::KeysReplaced, None, None, visit, now);
        self.access_tokens.keys().replace_all(now, &wanted).await
    }

    /// Notes that this database was a backup, and took the place of another.
    pub async fn note_restore(&self, visit: &Visit) -> Result<(), StoreError> {
        self.store.add_event(&self.event(EventKind::Restored, None, None, visit, self.clock.now())).await
    }

    pub async fn all_events(&self, wanted: Wanted<'_>, asked: Asked) -> Result<Listing<EventLine>, StoreError> {
        let Wanted { user_id, session_id, kind, within } = wanted;
        let from = within.map_or(Uuid::nil(), |within| purging::first_id(self.clock.now().saturating_sub(within)));
        self.store.all_events(Events { user_id, session_id, kind, from }, asked).await
    }

    /// The event of each session of a user that the operator ends.
    fn ended_of<'a>(
        &'a self,
        user_id: Uuid,
        visit: &'a Visit,
        now: UnixMillis,
    ) -> impl Fn(Uuid) -> NewEvent<'a> + Send + Sync + use<'a> {
        move |id| self.event(EventKind::TokenRevoked, Some(user_id), Some(id), visit, now)
    }
}
