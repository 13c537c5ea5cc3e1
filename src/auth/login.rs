//! Log in and out: where a session begins, those of new accounts too, and where its person ends it.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Auth, Tokens, Visit,
    access_token::Grant,
    device::{Device, Owner},
    hasher::{Busy, Match, Place},
    limits::{ADDRESS, TooMany},
    password::{BadPassword, Password},
    refresh_token::RefreshToken,
    rotation::idle_end,
    tries::{Way, Wrong},
    username::{BadUsername, Username},
};
use crate::{
    ended::EndReason,
    store::{EventKind, Holder, NewEvent, NewSession, SessionRow, StoreError, UserRow},
};

/// How often a password is verified anew because it was hashed or changed in between.
const ATTEMPTS: usize = 3;

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
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UserRow {
    /// For whom a device is known on which this user signs in.
    pub(super) fn owner(&self) -> Owner {
        Owner { user_id: self.id, password_changed_at: self.password_changed_at }
    }
}

impl Auth {
    /// Checks a name and a password and begins a session. `previous`: the refresh token that this browser already has; its session
    /// ends as the new one begins (ASVS 7.2.4).
    pub async fn log_in(
        &self,
        credentials: Credentials,
        previous: Option<&str>,
        visit: &Visit,
    ) -> Result<Tokens, LoginError> {
        let outcome = self.try_to_log_in(credentials, previous, visit).await;
        self.tally.login(&outcome);
        outcome
    }

    async fn try_to_log_in(
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
        let key = Username::parse(&credentials.username).map_or_else(|_| String::new(), |name| name.key);
        // A flood that the machine cannot hash asks the database nothing, not even for the name.
        drop(self.hasher.place()?);
        let mut kind = EventKind::LoginFail;
        for _ in 0..ATTEMPTS {
            let user = self.store.user_by_key(&key).await?;
            let owner = user.as_ref().map(UserRow::owner);
            let ways = self.ways_in(if key.is_empty() { &credentials.username } else { &key }, owner, visit);
            let check = async |place| self.check(user, credentials.password.clone(), place).await;
            let checked = self.looked(&ways, check).await;
            if let Err(LoginError::TooMany(why)) = &checked {
                let kind = if why.limit == ADDRESS { EventKind::LimitExceeded } else { EventKind::LoginLock };
                self.failed(kind, &key, owner.map(|owner| owner.user_id), None, visit).await?;
            }
            let ((user, fit), counted) = match checked? {
                Ok(right) => right,
                Err(Wrong { closed }) => {
                    kind = if closed { EventKind::LoginLock } else { kind };
                    break;
                }
            };
            if let Err(why) = self.successes.count(user.owner(), self.clock.now()) {
                self.take_back(counted).await;
                self.failed(EventKind::LimitExceeded, &key, Some(user.id), None, visit).await?;
                return Err(why.into());
            }
            let (id, owner) = (user.id, user.owner());
            let password_hash = self.renewed(user, credentials.password.clone(), fit).await;
            let holder = Holder::Known { password_hash: &password_hash, tried: counted.receipt() };
            match self.begin_session(id, holder, previous, visit).await {
                Ok(Some(tokens)) => {
                    counted.forgotten();
                    return Ok(self.admitted(tokens, owner, visit));
                }
                // The password is another one by now.
                Ok(None) => self.take_back(counted).await,
                Err(error) => {
                    self.take_back(counted).await;
                    return Err(error.into());
                }
            }
        }
        let known = self.store.user_by_key(&key).await?.map(|user| user.id);
        // One allowance, whichever it is: that an account is closed says that there is one.
        let event = self.event(kind, known, None, visit, self.clock.now());
        self.failed_like(EventKind::LoginFail, &key, event).await?;
        Err(LoginError::Wrong)
    }

    /// As whom somebody tries who types a name: as its user, on a device that has signed in before, or as a stranger.
    fn ways_in(&self, name: &str, owner: Option<Owner>, visit: &Visit) -> Vec<Way> {
        let device = self.devices.knows(visit.device.as_ref(), owner, self.clock.now());
        let known = owner.zip(device).map(|(owner, device)| self.tries.on_a_device(owner.user_id, &device));
        let user_id = owner.map(|owner| owner.user_id);
        known.into_iter().chain([self.tries.of_a_stranger(name, user_id, visit)]).collect()
    }

    /// The tokens, with what makes the device known from now on.
    pub(super) fn admitted(&self, tokens: Tokens, owner: Owner, visit: &Visit) -> Tokens {
        Tokens { device: Some(self.device_of(owner, visit)), ..tokens }
    }

    pub(super) fn device_of(&self, owner: Owner, visit: &Visit) -> Device {
        self.devices.admit(visit.device.as_ref(), owner, &*self.rng, self.clock.now())
    }

    /// Whose a password is, and how it fits the hash. Takes as long where there is no user.
    async fn check(
        &self,
        user: Option<UserRow>,
        password: Password,
        place: Place,
    ) -> Result<Option<(UserRow, Match)>, LoginError> {
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let fit = self.hasher.verify(place, password, stored).await?;
        Ok(user.filter(|user| fit != Match::No && user.disabled_at.is_none()).map(|user| (user, fit)))
    }

    /// The hash that is stored for a password that was right: another than it fitted, if that was made with other parameters than are in use.
    async fn renewed(&self, user: UserRow, password: Password, fit: Match) -> String {
        if fit == Match::Outdated
            // Another time, if the machine is busy or the database away: the person has shown the password.
            && let Ok(hash) = self.hasher.hash(password).await
            && let Ok(true) = self.store.rehash_password(user.id, &user.password_hash, &hash).await
        {
            return hash;
        }
        user.password_hash
    }

    /// Begins a session, in place of the one that this browser has. `None`: the new account's name was taken meanwhile, or the known one's
    /// password changed since it was verified, so that a change of password ends every session that began with the old one.
    pub(super) async fn begin_session(
        &self,
        user_id: Uuid,
        holder: Holder<'_>,
        previous: Option<&str>,
        visit: &Visit,
    ) -> Result<Option<Tokens>, StoreError> {
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
            instance_hash: visit.instance.as_ref().map(|instance| instance.hash(session_id)),
            user_agent: &visit.user_agent,
            address: &visit.address,
        };
        let mut events = Vec::new();
        if matches!(holder, Holder::New(_)) {
            events.push(self.event(EventKind::UserCreated, Some(user_id), None, visit, now));
        }
        if let Some((replaced, owner)) = replaces {
            events.push(self.event(EventKind::SessionReplaced, Some(owner), Some(replaced), visit, now));
        }
        events.push(self.event(EventKind::LoginSuccess, Some(user_id), Some(session_id), visit, now));
        in_this_order(&mut events);
        // Before it begins, so that a database that fails here leaves no session that nobody was told of.
        let own = match holder {
            Holder::New(account) => self.carried(&account.fields),
            Holder::Known { .. } => self.claims(user_id).await?,
        };
        if !self.store.begin_session(holder, &session, replaces.map(|(id, _)| id), &events).await? {
            return Ok(None);
        }
        if let Some((replaced, _)) = replaces {
            self.revocations.add(replaced, self.clock.now());
        }
        self.acknowledgements.delivered(session_id, 1, now);
        let grant = Grant {
            user_id,
            session_id,
            generation: 1,
            authenticated_at: now,
            session_ends_at: absolute_expires_at,
            own,
        };
        Ok(Some(self.tokens(&grant, Some(refresh), now)))
    }

    /// Ends the session of a refresh token, whichever of its tokens it is. Nothing is told about it, except that it is not the session that was `meant`, and was
    /// left alone: `false`. `None`: whichever it is.
    pub async fn log_out(
        &self,
        presented: Option<&str>,
        meant: Option<&str>,
        visit: &Visit,
    ) -> Result<bool, StoreError> {
        let Some((_, row)) = self.presented(presented).await? else { return Ok(true) };
        if meant.is_some_and(|meant| meant != row.id.to_string()) {
            return Ok(false);
        }
        if row.ended.is_some() {
            // It may have ended where this node did not hear of it.
            self.revocations.add(row.id, self.clock.now());
        } else {
            self.log_out_session(row.id, row.user_id, visit).await?;
        }
        Ok(true)
    }

    pub(super) async fn log_out_session(&self, id: Uuid, user_id: Uuid, visit: &Visit) -> Result<(), StoreError> {
        self.end_session(id, user_id, EndReason::SignedOut, EventKind::Logout, visit).await?;
        Ok(())
    }

    /// Ends a session: in the database first, then in memory, so that an answered logout has happened. `false`: it had ended already.
    pub(super) async fn end_session(
        &self,
        session_id: Uuid,
        user_id: Uuid,
        reason: EndReason,
        kind: EventKind,
        visit: &Visit,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let event = self.event(kind, Some(user_id), Some(session_id), visit, now);
        let ended = self.store.end_session(session_id, reason, now, &event).await?;
        self.revocations.add(session_id, self.clock.now());
        Ok(ended)
    }

    /// The session and user of a refresh token that is the current one or its parent. With an older one, which may be anybody's copy, no
    /// login takes a session's place.
    async fn own_session(&self, presented: Option<&str>) -> Result<Option<(Uuid, Uuid)>, StoreError> {
        let Some((token, row)) = self.presented(presented).await? else { return Ok(None) };
        let hash = token.hash();
        let own = row.ended.is_none() && (row.current_hash == hash || row.parent_hash == Some(hash));
        Ok(own.then_some((row.id, row.user_id)))
    }

    /// An authentic refresh token and its session.
    pub(super) async fn presented(&self, text: Option<&str>) -> Result<Option<(RefreshToken, SessionRow)>, StoreError> {
        let Some(token) = text.and_then(|text| self.refresh_key.read(text, self.clock.now())) else { return Ok(None) };
        Ok(self.store.session(token.session_id).await?.map(|row| (token, row)))
    }
}

/// Events of one moment are told in the order of their ids.
fn in_this_order(events: &mut [NewEvent<'_>]) {
    let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
    ids.sort_unstable();
    events.iter_mut().zip(ids).for_each(|(event, id)| event.id = id);
}
