//! The program's face: JSON in and out, no cookies read or set, and none of it for scripts in a page.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    problems::{method_not_allowed, not_found},
    state::AppState,
};
use crate::{
    api::{
        Problem,
        caller::{bearer, disbelieved},
        origin::is_from_a_browser,
        problem::code,
    },
    auth::{Tokens, access_token::Disbelief, login::Credentials, password::Password, refresh_token::RefreshToken},
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/login", post(login))
        .route("/refresh-token", post(refresh_token))
        .route("/logout", post(logout))
        .route("/me", get(me))
        .fallback(|| async { not_found() })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(refuse_browsers))
}

/// A refresh token in a page's hands would be a refresh token in every script's hands.
async fn refuse_browsers(request: Request, next: Next) -> Response {
    if is_from_a_browser(request.headers()) {
        let detail = "This interface is for programs. Pages use the functions under /api, which keep the refresh token from scripts.";
        return Problem::new(403, code::CROSS_SITE, "Forbidden", detail).into_response();
    }
    next.run(request).await
}

#[derive(Deserialize)]
struct LoginRequest {
    username: String,
    password: String,
}

#[derive(Deserialize)]
struct RefreshTokenRequest {
    refresh_token: String,
}

/// RFC 6749, section 5.1.
#[derive(Serialize)]
struct TokenResponse<'a> {
    access_token: &'a str,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    refresh_token: &'a str,
}

#[derive(Serialize)]
struct Me {
    id: String,
    username: String,
    session_id: String,
    /// Seconds since the Unix epoch.
    authenticated_at: u64,
}

async fn login(State(state): State<AppState>, parts: Parts, body: Bytes) -> Result<Response, Problem> {
    let LoginRequest { username, password } = json(&parts.headers, &body)?;
    let credentials = Credentials { username, password: Password::new(&password) };
    let tokens = state.auth.log_in(credentials, None, &state.visit(&parts)).await?;
    Ok(answer(&tokens, ""))
}

async fn refresh_token(State(state): State<AppState>, parts: Parts, body: Bytes) -> Result<Response, Problem> {
    let RefreshTokenRequest { refresh_token } = json(&parts.headers, &body)?;
    let tokens = state.auth.refresh(&refresh_token, false, &state.visit(&parts)).await?;
    Ok(answer(&tokens, &refresh_token))
}

async fn logout(State(state): State<AppState>, parts: Parts, body: Bytes) -> Result<StatusCode, Problem> {
    let RefreshTokenRequest { refresh_token } = json(&parts.headers, &body)?;
    state.auth.log_out(Some(&refresh_token), None, &state.visit(&parts)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(State(state): State<AppState>, headers: HeaderMap) -> Result<Json<Me>, Problem> {
    let principal = bearer(&state.auth, &headers).await?;
    let username = state.auth.username(&principal).await?.ok_or_else(|| disbelieved(Disbelief::Gone))?;
    Ok(Json(Me {
        id: principal.user_id().to_string(),
        username: username.to_string(),
        session_id: principal.session_id().to_string(),
        authenticated_at: principal.authenticated_at(),
    }))
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

/// Reads a body that says it is JSON. What is wrong with it is told without repeating any of it.
fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
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
