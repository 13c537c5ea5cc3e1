//! Where a program's tokens come from and end.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    asked::json,
    refusals::{Always, OfBody, OfLogin, OfRefresh},
};
use crate::{
    api::Problem,
    auth::{Tokens, login::Credentials, password::Password, refresh_token::RefreshToken},
    server::state::AppState,
};

#[derive(Deserialize, ToSchema)]
pub struct LoginRequest {
    username: String,
    #[schema(format = "password")]
    password: String,
}

#[derive(Deserialize, ToSchema)]
pub struct RefreshTokenRequest {
    refresh_token: String,
}

/// Both tokens (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokenResponse<'a> {
    /// A JSON web token (RFC 9068), for the `Authorization` header.
    access_token: &'a str,
    #[schema(pattern = "^Bearer$")]
    token_type: &'static str,
    /// Seconds that the access token is good for.
    expires_in: u64,
    /// What to refresh with next. It replaces the one before; where it is the same, go on with it.
    refresh_token: &'a str,
}

/// Begins a session with a name and a password.
#[utoipa::path(post, path = "/login", tag = "tokens", request_body = LoginRequest,
    responses(Always, OfBody, OfLogin, (status = 200, description = "Signed in.", body = TokenResponse)))]
pub(super) async fn login(State(state): State<AppState>, parts: Parts, body: Bytes) -> Result<Response, Problem> {
    let LoginRequest { username, password } = json(&parts.headers, &body)?;
    let credentials = Credentials { username, password: Password::new(&password) };
    let tokens = state.auth.log_in(credentials, None, &state.visit(&parts)).await?;
    Ok(answer(&tokens, ""))
}

/// Renews a session: another access token, and at times another refresh token.
///
/// A request that got no answer may be sent again with the same token, for as long as the next one has not been used. A token that was used
/// up ends its session (`reused`).
#[utoipa::path(post, path = "/refresh-token", tag = "tokens", request_body = RefreshTokenRequest,
    responses(Always, OfBody, OfRefresh, (status = 200, description = "Renewed.", body = TokenResponse)))]
pub(super) async fn refresh_token(
    State(state): State<AppState>,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Problem> {
    let RefreshTokenRequest { refresh_token } = json(&parts.headers, &body)?;
    let tokens = state.auth.refresh(&refresh_token, false, &state.visit(&parts)).await?;
    Ok(answer(&tokens, &refresh_token))
}

/// Ends the session of a refresh token. Answered alike whatever was sent.
#[utoipa::path(post, path = "/logout", tag = "tokens", request_body = RefreshTokenRequest,
    responses(Always, OfBody, (status = 204, description = "If there was a session, it has ended.")))]
pub(super) async fn logout(State(state): State<AppState>, parts: Parts, body: Bytes) -> Result<StatusCode, Problem> {
    let RefreshTokenRequest { refresh_token } = json(&parts.headers, &body)?;
    state.auth.log_out(Some(&refresh_token), None, &state.visit(&parts)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The tokens as JSON. `kept`: the refresh token that the program sent, for when it stays the same.
fn answer(tokens: &Tokens, kept: &str) -> Response {
    let refresh = tokens.refresh.as_ref().map(RefreshToken::expose);
    Json(TokenResponse {
        access_token: tokens.access.expose(),
        token_type: "Bearer",
        expires_in: tokens.expires_in,
        refresh_token: refresh.as_deref().map_or(kept, String::as_str),
    })
    .into_response()
}
