//! What accounts have beside a name and a password: asked for, filled in, read, and put into tokens.

use uuid::Uuid;

use super::{Account, Auth, EventKind, Visit};
use crate::{
    fields::{Asked, BadField, Field, Fields},
    store::{NewEvent, SessionRow, StoreError, UserRow},
};

#[derive(Debug, thiserror::Error)]
pub enum FillError {
    #[error("{}", .0.sentence())]
    Unacceptable(BadField),
    #[error("there is no such account any more")]
    Gone,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Those that accounts have.
    pub fn declared(&self) -> &'static [Field] {
        self.policy.fields
    }

    /// Of what somebody typed who signs up, what they were asked for.
    pub(super) fn asked_for(&self, typed: &Fields) -> Result<Fields, Vec<BadField>> {
        let asked = self.declared().iter().filter(|field| field.asked != Asked::Never);
        let (fine, bad): (Vec<_>, Vec<_>) = asked.map(|field| field.accept(typed.get(*field))).partition(Result::is_ok);
        let bad: Vec<_> = bad.into_iter().filter_map(Result::err).collect();
        if bad.is_empty() {
            Ok(fine.into_iter().flatten().filter(|filled| !filled.value.is_empty()).collect())
        } else {
            Err(bad)
        }
    }

    /// Those of an account, as they are declared and in that order. Where none are, no database is asked.
    pub async fn fields(&self, user_id: Uuid) -> Result<Fields, StoreError> {
        if self.declared().is_empty() {
            return Ok(Fields::default());
        }
        let stored = self.store.fields(user_id).await?;
        Ok(self.declared().iter().filter_map(|field| stored.filled(*field)).collect())
    }

    /// Whether access tokens carry any.
    pub(super) fn has_claims(&self) -> bool {
        self.declared().iter().any(|field| field.in_tokens)
    }

    /// Those that the access tokens of an account carry.
    pub(super) async fn claims(&self, user_id: Uuid) -> Result<Fields, StoreError> {
        if !self.has_claims() {
            return Ok(Fields::default());
        }
        Ok(self.carried(&self.fields(user_id).await?))
    }

    /// Nothing that is longer than it is declared to be: tokens have room for that and no more.
    pub(super) fn carried(&self, fields: &Fields) -> Fields {
        let carried = self.declared().iter().filter(|field| field.in_tokens);
        carried
            .filter_map(|field| field.accept(fields.get(*field)).ok())
            .filter(|filled| !filled.value.is_empty())
            .collect()
    }

    /// Puts what somebody wrote in the place of what was there. Access tokens that are about already go on saying what they said.
    pub async fn fill_in(&self, user_id: Uuid, field: Field, written: &str, visit: &Visit) -> Result<(), FillError> {
        let filled = field.accept(written).map_err(FillError::Unacceptable)?;
        let event = self.event(EventKind::FieldChanged, Some(user_id), None, visit, self.clock.now());
        let changed = NewEvent { detail: field.name, ..event };
        if self.store.fill_in(user_id, &filled, &changed).await? { Ok(()) } else { Err(FillError::Gone) }
    }

    pub(super) async fn with_fields(&self, (session, user): (SessionRow, UserRow)) -> Result<Account, StoreError> {
        Ok(Account { fields: self.fields(user.id).await?, session, user })
    }
}
