//! Signing up, in and out, and the silent refresh. All of them read or set the cookie, so all of them answer our own pages only.

use std::fmt;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    call::{Call, Plain},
    json::{FromJson, Json, read_by_field},
    patient::Patient,
};

/// An access token on its way to the page that keeps it in memory. Cannot be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token itself, for the `Authorization` header and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

impl FromJson for AccessToken {
    fn from_json(json: &Json) -> Option<Self> {
        String::from_json(json).map(Self)
    }
}

/// What a login or a refresh gives a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub access_token: AccessToken,
    /// Seconds, counted from when the request was sent.
    pub expires_in: u32,
    pub session_id: String,
    pub user_id: String,
    /// Whether a refresh token came along, in the cookie.
    pub renewed: bool,
}

read_by_field!(Grant { access_token, expires_in, session_id, user_id, renewed });

#[cfg(feature = "ssr")]
impl Grant {
    pub(super) fn of(tokens: &crate::auth::Tokens) -> Self {
        Self {
            access_token: AccessToken(tokens.access.expose().to_owned()),
            expires_in: u32::try_from(tokens.expires_in).unwrap_or(u32::MAX),
            session_id: tokens.session_id.to_string(),
            user_id: tokens.user_id.to_string(),
            renewed: tokens.refresh.is_some(),
        }
    }
}

// `instance`, in all of these: what the browser calls itself, drawn at random and kept in its storage; empty where it has none.

/// Makes an account and signs in. `fields`: what it has beside a name and a password, as an object of JSON; empty where nothing was
/// asked for.
#[server(prefix = "/api", endpoint = "signup", protocol = Call<Plain>)]
pub async fn signup(
    username: String,
    password: String,
    #[server(default)] instance: String,
    #[server(default)] fields: String,
) -> Result<Grant, Problem> {
    let fields: std::collections::BTreeMap<String, String> = serde_json::from_str(&fields).unwrap_or_default();
    let fields = fields.into_iter().map(|(name, value)| crate::fields::Filled { name, value }).collect();
    super::caller::Caller::current()?.from_our_page()?.sign_up(username, &password, &fields, &instance).await
}

/// Signs in, in place of the session that this browser has.
#[server(prefix = "/api", endpoint = "login", protocol = Call<Plain>)]
pub async fn login(username: String, password: String, #[server(default)] instance: String) -> Result<Grant, Problem> {
    super::caller::Caller::current()?.from_our_page()?.log_in(username, &password, &instance).await
}

/// Renews the access token. `in_step` is the browser's testimony: this page has held an access token since its last answered
/// refresh, and no refresh of this browser is unanswered.
///
/// A 401 whose code is a [`Refusal`](crate::ended::Refusal) means that the session is over; anything else says nothing about it.
#[server(prefix = "/api", endpoint = "refresh", protocol = Call<Patient>)]
pub async fn refresh(#[server(default)] in_step: bool, #[server(default)] instance: String) -> Result<Grant, Problem> {
    super::caller::Caller::current()?.from_our_page()?.refresh(in_step, &instance).await
}

/// Signs out. The one answer that clears the cookie. `session`: the one that is meant; if the cookie is of another by now, that is left alone. Empty: whichever it is of.
#[server(prefix = "/api", endpoint = "logout", protocol = Call<Plain>)]
pub async fn logout(#[server(default)] session: String) -> Result<(), Problem> {
    super::caller::Caller::current()?.from_our_page()?.log_out(&session).await
}
