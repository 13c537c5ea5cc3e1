//! Sign up: where an account is made, by its person or by the operator.

use uuid::Uuid;

use super::{
    Auth, Tokens, Visit,
    device::Owner,
    hasher::Busy,
    limits::{ACCOUNTS, TAKEN, TooMany},
    login::Credentials,
    password::{BadPassword, Password},
    username::{BadUsername, Username},
};
use crate::{
    fields::{BadField, Fields},
    store::{EventKind, Holder, NewUser, StoreError},
};

/// A new account, as somebody wants it and may have it.
struct Wanted {
    name: Username,
    password: Password,
    fields: Fields,
}

#[derive(Debug, thiserror::Error)]
pub enum SignupError {
    #[error("sign-up is closed")]
    Closed,
    /// At least one of them.
    #[error("unacceptable: {username:?} {password:?} {fields:?}")]
    Unacceptable { username: Option<BadUsername>, password: Option<BadPassword>, fields: Vec<BadField> },
    #[error("the name is taken")]
    Taken,
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Makes an account and signs its person in: both or neither.
    pub async fn sign_up(
        &self,
        credentials: Credentials,
        typed: &Fields,
        previous: Option<&str>,
        visit: &Visit,
    ) -> Result<Tokens, SignupError> {
        if !self.policy.signup_open {
            return Err(SignupError::Closed);
        }
        let wanted = self.acceptable(credentials, self.asked_for(typed)).await?;
        let counted = self.count::<_, SignupError>(&[self.tries.of_a_sign_up(visit)], || Ok(())).await;
        if let Err(SignupError::TooMany(_)) = &counted {
            // The name is one that might be somebody's; the limit is the address's.
            self.failed(EventKind::LimitExceeded, "", None, None, visit).await?;
        }
        let ((), counted) = counted?;
        let outcome = self.begin_account(wanted, previous, visit).await;
        // An answer that a name is taken counts, and so does an account, each for itself.
        self.take_back(match &outcome {
            Ok(_) => counted.only(TAKEN),
            Err(SignupError::Taken) => counted.only(ACCOUNTS),
            Err(_) => counted,
        })
        .await;
        outcome
    }

    async fn begin_account(
        &self,
        wanted: Wanted,
        previous: Option<&str>,
        visit: &Visit,
    ) -> Result<Tokens, SignupError> {
        let account = self.new_account(wanted).await?;
        let begun = self.begin_session(account.id, Holder::New(&account), previous, visit).await?;
        let owner = Owner { user_id: account.id, password_changed_at: account.now };
        Ok(self.admitted(begun.ok_or(SignupError::Taken)?, owner, visit))
    }

    /// Makes an account. The operator may, whether sign-up is open or not, and fills in its fields later.
    pub async fn add_user(&self, credentials: Credentials, visit: &Visit) -> Result<Uuid, SignupError> {
        let wanted = self.acceptable(credentials, Ok(Fields::default())).await?;
        let account = self.new_account(wanted).await?;
        let created = self.event(EventKind::UserCreated, Some(account.id), None, visit, account.now);
        if !self.store.add_user(&account, &created).await? {
            return Err(SignupError::Taken);
        }
        Ok(account.id)
    }

    /// What an account may have.
    async fn acceptable(
        &self,
        credentials: Credentials,
        fields: Result<Fields, Vec<BadField>>,
    ) -> Result<Wanted, SignupError> {
        let Credentials { username, password } = credentials;
        let name = Username::parse(&username);
        let shown = name.as_ref().map(|name| name.key.clone()).unwrap_or_default();
        let fit = self.hasher.acceptable(password.clone(), shown).await?;
        match (name, fit, fields) {
            (Ok(name), Ok(()), Ok(fields)) => Ok(Wanted { name, password, fields }),
            (name, fit, fields) => Err(SignupError::Unacceptable {
                username: name.err(),
                password: fit.err(),
                fields: fields.err().unwrap_or_default(),
            }),
        }
    }

    /// What is to be stored of an account that may be made.
    async fn new_account(&self, Wanted { name, password, fields }: Wanted) -> Result<NewUser, SignupError> {
        if self.store.user_by_key(&name.key).await?.is_some() {
            return Err(SignupError::Taken);
        }
        let password_hash = self.hasher.hash(password).await?;
        let now = self.clock.now();
        let (username, username_key) = (name.shown, name.key);
        Ok(NewUser { id: self.rng.id(now), username, username_key, password_hash, fields, now })
    }
}
