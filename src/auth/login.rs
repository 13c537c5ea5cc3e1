//! Sign up, log in, log out: where a session begins and where its person ends it.

use std::time::Duration;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Auth, Tokens, Visit,
    access_token::Grant,
    password::{BadPassword, Busy, Match, Password},
    rotation::idle_end,
    throttle::TooMany,
    username::{BadUsername, Username},
};
use crate::{
    ended::EndReason,
    store::{EventKind, NewSession, NewUser, StoreError},
};

/// What a person types to sign up or in.
#[derive(Debug)]
pub struct Credentials {
    pub username: String,
    pub password: Password,
}

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The name or the password was left empty.
    #[error("incomplete: {username:?} {password:?}")]
    Incomplete { username: Option<BadUsername>, password: Option<BadPassword> },
    /// No such name, a wrong password, or an account that is disabled: never told apart outside.
    #[error("wrong username or password")]
    Wrong,
    #[error("too many tries, next in {0:?}")]
    TooMany(Duration),
    #[error("more passwords to hash than the machine can")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
pub enum SignupError {
    #[error("sign-up is closed")]
    Closed,
    /// Either may be wrong, or both.
    #[error("unacceptable: {username:?} {password:?}")]
    Unacceptable { username: Option<BadUsername>, password: Option<BadPassword> },
    #[error("the name is taken")]
    Taken,
    #[error("more passwords to hash than the machine can")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Busy> for LoginError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<TooMany> for LoginError {
    fn from(TooMany(wait): TooMany) -> Self {
        Self::TooMany(wait)
    }
}

impl From<Busy> for SignupError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl Auth {
    /// Makes an account and signs its person in.
    pub async fn sign_up(
        &self,
        credentials: Credentials,
        previous: Option<&str>,
        visit: &Visit,
    ) -> Result<Tokens, SignupError> {
        if !self.policy.signup_open {
            return Err(SignupError::Closed);
        }
        let user_id = self.add_user(credentials, visit).await?;
        Ok(self.begin_session(user_id, previous, visit).await?)
    }

    /// Makes an account. The operator may, whether sign-up is open or not.
    pub async fn add_user(&self, credentials: Credentials, visit: &Visit) -> Result<Uuid, SignupError> {
        let name = Username::parse(&credentials.username);
        let fit = credentials.password.acceptable(name.as_ref().map_or("", |name| name.key.as_str()));
        let name = match (name, fit) {
            (Ok(name), Ok(())) => name,
            (name, fit) => {
                return Err(SignupError::Unacceptable { username: name.err(), password: fit.err() });
            }
        };
        if self.store.user_by_key(&name.key).await?.is_some() {
            return Err(SignupError::Taken);
        }
        let hash = self.hasher.hash(credentials.password).await?;
        let now = self.clock.now();
        let id = self.rng.id(now);
        let user = NewUser { id, username: &name.shown, username_key: &name.key, password_hash: &hash, now };
        if !self.store.add_user(&user).await? {
            return Err(SignupError::Taken);
        }
        self.store.add_event(&self.event(EventKind::UserCreated, Some(id), None, visit, now)).await?;
        Ok(id)
    }

    /// Checks a name and a password and begins a session. `previous`: the refresh token that this browser already has; its session
    /// ends as the new one begins (ASVS 7.2.4).
    pub async fn log_in(
        &self,
        credentials: Credentials,
        previous: Option<&str>,
        visit: &Visit,
    ) -> Result<Tokens, LoginError> {
        let username = credentials.username.trim().is_empty().then_some(BadUsername::Empty);
        let password = credentials.password.is_empty().then_some(BadPassword::Empty);
        if username.is_some() || password.is_some() {
            return Err(LoginError::Incomplete { username, password });
        }
        // What cannot be a name is counted and hashed like any unknown one.
        let key = Username::parse(&credentials.username).map_or_else(|_| "\0".to_owned(), |name| name.key);
        self.throttle.count(&key, self.clock.now())?;
        let user = self.store.user_by_key(&key).await?;
        let fit = self
            .hasher
            .verify(credentials.password.clone(), user.as_ref().map(|user| user.password_hash.clone()))
            .await?;
        let user = match user {
            Some(user) if fit != Match::No && user.disabled_at.is_none() => user,
            known => {
                let id = known.map(|user| user.id);
                let failed = self.event(EventKind::LoginFail, id, None, visit, self.clock.now());
                self.store.add_event(&failed).await?;
                return Err(LoginError::Wrong);
            }
        };
        self.throttle.succeeded(&key);
        if fit == Match::Outdated {
            let hash = self.hasher.hash(credentials.password).await?;
            self.store.rehash_password(user.id, &user.password_hash, &hash).await?;
        }
        Ok(self.begin_session(user.id, previous, visit).await?)
    }

    async fn begin_session(&self, user_id: Uuid, previous: Option<&str>, visit: &Visit) -> Result<Tokens, StoreError> {
        let now = self.clock.now();
        let replaces = self.own_session(previous).await?;
        let session_id = self.rng.id(now);
        let refresh = self.refresh_key.issue(session_id, 1, Zeroizing::new(self.rng.bytes()));
        let absolute_expires_at = now.saturating_add(self.policy.absolute_ttl);
        let session = NewSession {
            id: session_id,
            user_id,
            current_hash: refresh.hash(),
            now,
            idle_expires_at: idle_end(now, self.policy.idle_ttl, absolute_expires_at),
            absolute_expires_at,
            user_agent: &visit.user_agent,
            address: &visit.address,
        };
        let mut events = vec![self.event(EventKind::LoginSuccess, Some(user_id), Some(session_id), visit, now)];
        if let Some((replaced, owner)) = replaces {
            events.push(self.event(EventKind::SessionReplaced, Some(owner), Some(replaced), visit, now));
        }
        self.store.begin_session(&session, replaces.map(|(id, _)| id), &events).await?;
        if let Some((replaced, _)) = replaces {
            self.revocations.add(replaced, now);
        }
        self.acknowledgements.delivered(session_id, 1, now);
        let grant = Grant { user_id, session_id, generation: 1, authenticated_at: now };
        Ok(self.tokens(&grant, Some(refresh), absolute_expires_at, now))
    }

    /// Ends the session that a refresh token belongs to, if it does to one that lives. Nothing is told about it.
    pub async fn log_out(&self, presented: Option<&str>, visit: &Visit) -> Result<(), StoreError> {
        if let Some((session_id, user_id)) = self.own_session(presented).await? {
            self.end_session(session_id, user_id, EndReason::SignedOut, EventKind::Logout, visit).await?;
        }
        Ok(())
    }

    /// Ends a session: in the database first, then in memory, so that an answered logout has happened.
    pub(super) async fn end_session(
        &self,
        session_id: Uuid,
        user_id: Uuid,
        reason: EndReason,
        kind: EventKind,
        visit: &Visit,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let event = self.event(kind, Some(user_id), Some(session_id), visit, now);
        self.store.end_session(session_id, reason, now, &event).await?;
        self.revocations.add(session_id, now);
        Ok(())
    }

    /// The session and user of a refresh token that is the current one or its parent. An older one was somebody's copy and ends nothing here.
    async fn own_session(&self, presented: Option<&str>) -> Result<Option<(Uuid, Uuid)>, StoreError> {
        let Some(token) = presented.and_then(|text| self.refresh_key.read(text)) else { return Ok(None) };
        let Some(row) = self.store.session(token.session_id).await? else { return Ok(None) };
        let hash = token.hash();
        let own = row.ended.is_none() && (row.current_hash == hash || row.parent_hash == Some(hash));
        Ok(own.then_some((row.id, row.user_id)))
    }
}
