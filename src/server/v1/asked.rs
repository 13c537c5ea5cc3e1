//! What is read of a program's request. What is wrong with it is told without repeating any of it.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use http::{HeaderMap, header};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::{
    api::{
        Problem,
        caller::{Caller, bearer, gone},
        person::Person,
        problem::code,
    },
    auth::Principal,
    server::state::AppState,
};

/// Whoever calls with an access token that is believed.
pub struct SignedIn {
    caller: Caller,
    principal: Principal,
}

impl SignedIn {
    pub fn person(&self) -> Person<'_> {
        self.caller.person(self.principal.clone())
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let caller = state.caller(parts);
        let principal = caller.principal().await?;
        Ok(Self { caller, principal })
    }
}

/// The same, by their name, where nothing else of the request matters.
pub struct Named {
    pub principal: Principal,
    pub username: Arc<str>,
}

impl FromRequestParts<AppState> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let principal = bearer(&state.auth, &parts.headers, || state.visit(parts)).await?;
        let username = state.auth.username(&principal).await?;
        let username = username.ok_or_else(|| gone(&state.auth, &principal, &state.visit(parts)))?;
        Ok(Self { principal, username })
    }
}

/// A place in a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The `next` of the page before. Without it the list begins at the latest.
    #[param(nullable = false, pattern = "^[0-9]{1,18}-[0-9a-f]{32}$")]
    after: Option<String>,
}

impl After {
    /// Empty: before everything.
    pub fn place(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }
}

impl FromRequestParts<AppState> for After {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let no_place = || {
            let detail = "Send as `after` what a page called `next`, or leave it out.";
            Problem::new(400, code::INVALID_REQUEST, "Bad Request", detail)
        };
        let Query(given) = Query::<Self>::try_from_uri(&parts.uri).map_err(|_| no_place())?;
        if given.after.as_deref().is_some_and(|after| !is_place(after)) {
            return Err(no_place());
        }
        Ok(given)
    }
}

/// The pattern that the document has of it.
fn is_place(after: &str) -> bool {
    let spelled = |text: &str, of: fn(u8) -> bool| text.bytes().all(of);
    after.split_once('-').is_some_and(|(at, id)| {
        (1..=18).contains(&at.len())
            && spelled(at, |byte| byte.is_ascii_digit())
            && id.len() == 32
            && spelled(id, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Reads a body that says it is JSON.
pub fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let detail = "Send JSON, with Content-Type: application/json.";
        return Err(Problem::new(415, code::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", detail));
    }
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "has a field that is missing or of the wrong type",
            _ => "is not JSON",
        };
        let detail = format!("The body {what} (line {}, column {}).", error.line(), error.column());
        Problem::new(400, code::INVALID_REQUEST, "Bad Request", detail)
    })
}
