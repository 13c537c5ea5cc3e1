//! Where somebody is signed in, and ending it there.

use axum::{
    Json,
    extract::{Path, rejection::PathRejection},
};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    asked::{After, SignedIn},
    refusals::{Always, OfBearer, OfPlace, OfSession},
};
use crate::api::{Moment, Problem, sessions as pages};

/// One session, as its person recognises it.
#[derive(Serialize, ToSchema)]
pub struct Session {
    #[schema(format = "uuid")]
    id: String,
    /// Browser and system, or the name of a program, where it was last seen.
    device: String,
    address: String,
    /// Seconds since the Unix epoch, as every time here.
    signed_in_at: u64,
    last_active_at: u64,
    /// The one that asks.
    current: bool,
}

/// A page of the list, the session seen last first.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    sessions: Vec<Session>,
    /// What to ask for as `after`, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct SessionsEnded {
    /// How many there were.
    ended: u32,
}

/// Where the account is signed in, ten at a time.
#[utoipa::path(get, path = "/sessions", tag = "sessions", params(After), security(("access_token" = [])),
    responses(Always, OfBearer, OfPlace, (status = 200, description = "A page of the list.", body = Sessions)))]
pub(super) async fn sessions(signed_in: SignedIn, after: After) -> Result<Json<Sessions>, Problem> {
    let pages::Sessions { sessions, next } = signed_in.person().sessions(after.place()).await?;
    Ok(Json(Sessions { sessions: sessions.into_iter().map(Session::of).collect(), next }))
}

/// Ends a session of the account. Nothing happens to one that has ended already.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "sessions", security(("access_token" = [])),
    params(("id" = String, Path, description = "The session's id.", format = "uuid")),
    responses(Always, OfBearer, OfSession, (status = 204, description = "Ended.")))]
pub(super) async fn end_session(
    signed_in: SignedIn,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    // What cannot be read is no id of a session.
    let id = id.map(|Path(id)| id).unwrap_or_default();
    signed_in.person().end_session(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of the account but the one that asks.
#[utoipa::path(post, path = "/end-other-sessions", tag = "sessions", security(("access_token" = [])),
    responses(Always, OfBearer, (status = 200, description = "Ended.", body = SessionsEnded)))]
pub(super) async fn end_other_sessions(signed_in: SignedIn) -> Result<Json<SessionsEnded>, Problem> {
    Ok(Json(SessionsEnded { ended: signed_in.person().end_other_sessions().await? }))
}

/// Ends all sessions of the account, the one that asks among them.
#[utoipa::path(post, path = "/logout-everywhere", tag = "sessions", security(("access_token" = [])),
    responses(Always, OfBearer, (status = 204, description = "Ended.")))]
pub(super) async fn logout_everywhere(signed_in: SignedIn) -> Result<StatusCode, Problem> {
    signed_in.person().log_out_everywhere().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Session {
    fn of(session: pages::LiveSession) -> Self {
        let pages::LiveSession { id, device, address, signed_in_at, last_active_at, is_this } = session;
        let (signed_in_at, last_active_at) = (seconds(&signed_in_at), seconds(&last_active_at));
        Self { id, device, address, signed_in_at, last_active_at, current: is_this }
    }
}

/// Since the Unix epoch.
pub(super) fn seconds(moment: &Moment) -> u64 {
    u64::try_from(moment.unix_ms / 1000).unwrap_or_default()
}
