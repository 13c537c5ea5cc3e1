//! What is looked for under `/.well-known` (RFC 8615), but for the keys.

use std::time::{Duration, UNIX_EPOCH};

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::header;

use super::{problems::not_found, state::AppState};

/// How long what is said here may be relied on: RFC 9116, section 2.5.5, asks for less than a year.
const GOOD_FOR: Duration = Duration::from_hours(180 * 24);

/// Where password managers send people ("A Well-Known URL for Changing Passwords", section 2).
pub async fn change_password() -> Redirect {
    Redirect::to("/account/password")
}

/// Whom to tell of a weakness (RFC 9116). Where the operator names nobody, there is no such file.
pub async fn security_txt(State(state): State<AppState>) -> Response {
    let Some(contact) = &state.security_contact else { return not_found().into_response() };
    let now = Duration::from_millis(state.auth.now().try_into().unwrap_or_default());
    let expires = humantime::format_rfc3339_seconds(UNIX_EPOCH + now + GOOD_FOR);
    let text = format!(
        "Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {}/.well-known/security.txt\n",
        state.public_origin
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
