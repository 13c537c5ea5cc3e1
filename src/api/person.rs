//! What somebody who was verified may see and do of their own: the work behind the server functions and the plain forms alike.

use uuid::Uuid;

use super::{Problem, activity::Activity, caller::Caller, password::PasswordChanged, sessions::Sessions};
use crate::{
    auth::{Place, Principal, Visit, password::Password, password_change::Changed, sessions::EndError},
    fields::Field,
};

/// A caller, and for whom they speak.
pub struct Person<'a> {
    caller: &'a Caller,
    principal: Principal,
}

impl<'a> Person<'a> {
    pub(super) fn new(caller: &'a Caller, principal: Principal) -> Self {
        Self { caller, principal }
    }

    pub async fn sessions(&self, after: &str) -> Result<Sessions, Problem> {
        let page = self.caller.auth().sessions(&self.principal, place(after)).await?;
        Ok(Sessions::of(page, &self.principal.session_id().to_string()))
    }

    pub async fn activity(&self, after: &str) -> Result<Activity, Problem> {
        Ok(Activity::of(self.caller.auth().activity(&self.principal, place(after)).await?))
    }

    pub async fn end_session(&self, id: &str) -> Result<(), Problem> {
        let id = Uuid::parse_str(id).map_err(|_| EndError::Unknown)?;
        Ok(self.caller.auth().end_own(&self.principal, id, self.caller.visit()).await?)
    }

    pub async fn end_other_sessions(&self) -> Result<u32, Problem> {
        Ok(self.caller.auth().end_others(&self.principal, self.caller.visit()).await?)
    }

    pub async fn log_out_everywhere(&self) -> Result<(), Problem> {
        Ok(self.caller.auth().log_out_everywhere(&self.principal, self.caller.visit()).await?)
    }

    /// Puts what the person wrote into a field that they may fill in.
    pub async fn fill_in(&self, field: Field, written: &str) -> Result<(), Problem> {
        Ok(self.caller.auth().fill_in(self.principal.user_id(), field, written, self.caller.visit()).await?)
    }

    /// In a browser, which is known afterwards as it was before.
    pub async fn change_password(&self, current: &str, new: &str) -> Result<PasswordChanged, Problem> {
        let changed = self.change(current, new, &self.caller.visit_on_its_device()).await?;
        self.caller.remember(&changed.device);
        Ok(PasswordChanged { ended: changed.ended })
    }

    /// By a program, which has no cookies.
    pub async fn change_password_of_a_program(&self, current: &str, new: &str) -> Result<PasswordChanged, Problem> {
        let Changed { ended, .. } = self.change(current, new, self.caller.visit()).await?;
        Ok(PasswordChanged { ended })
    }

    async fn change(&self, current: &str, new: &str, visit: &Visit) -> Result<Changed, Problem> {
        let [current, new] = [current, new].map(Password::new);
        Ok(self.caller.auth().change_password(&self.principal, &current, &new, visit).await?)
    }
}

/// What is no place in a list is its beginning.
fn place(after: &str) -> Place {
    after.parse().unwrap_or(Place::START)
}
