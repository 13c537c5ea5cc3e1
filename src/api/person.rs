//! What somebody who was verified may see and do of their own: the work behind the server functions and the plain forms alike.

use uuid::Uuid;

use super::{Problem, activity::Activity, caller::Caller, password::PasswordChanged, sessions::Sessions};
use crate::{
    auth::{Place, Principal, password::Password, sessions::EndError},
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

    pub async fn change_password(&self, current: &str, new: &str) -> Result<PasswordChanged, Problem> {
        let [current, new] = [current, new].map(Password::new);
        let visit = self.caller.visit_on_its_device();
        let changed = self.caller.auth().change_password(&self.principal, &current, &new, &visit).await?;
        self.caller.remember(&changed.device);
        Ok(PasswordChanged { ended: changed.ended })
    }
}

/// What is no place in a list is its beginning.
fn place(after: &str) -> Place {
    after.parse().unwrap_or(Place::START)
}
