//! A new password.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Problem, bearer::Bearer, call::Call, json::read_by_field};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// How many other sessions were ended by it.
    pub ended: u32,
}

read_by_field!(PasswordChanged { ended });

/// Changes the password and ends every other session. 422 with what is wrong by field, 429 like a login.
#[server(prefix = "/api", endpoint = "change_password", protocol = Call<Bearer>)]
pub async fn change_password(current_password: String, new_password: String) -> Result<PasswordChanged, Problem> {
    let caller = super::caller::Caller::current()?;
    let principal = caller.principal().await?;
    caller.person(principal).change_password(&current_password, &new_password).await
}
