//! The program's face: JSON in and out, no cookies read or set, and none of it for scripts in a page.
//!
//! Each handler says beside itself what the document ([`document`]) says of it, and its route comes from there, so that neither is without the other.
//! The types that cross the wire are this version's own: what the pages need may change, and these may only grow (`docs/programs.md`).
//!
//! | room | |
//! |---|---|
//! | [`tokens`] | login, refresh, logout |
//! | [`account`] | who is signed in, what happened, a new password |
//! | [`sessions`] | where somebody is signed in, and ending it there |
//! | [`asked`] | what is read of a request: a bearer, a body, a place in a list |
//! | [`refusals`] | what may go wrong, for the document |

mod account;
mod asked;
pub mod document;
mod refusals;
mod sessions;
mod tokens;

use axum::{
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    problems::{method_not_allowed, not_found},
    state::AppState,
};
use crate::api::{Problem, origin::is_from_a_browser, problem::code};

/// The routes under `/api/v1`, and what the document says of them.
pub fn routes() -> OpenApiRouter<AppState> {
    let (router, document) = OpenApiRouter::new()
        .routes(routes!(tokens::login))
        .routes(routes!(tokens::refresh_token))
        .routes(routes!(tokens::logout))
        .routes(routes!(account::me))
        .routes(routes!(account::activity))
        .routes(routes!(account::change_password))
        .routes(routes!(sessions::sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(sessions::end_other_sessions))
        .routes(routes!(sessions::logout_everywhere))
        .split_for_parts();
    let router = router
        .fallback(|| async { not_found() })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(refuse_browsers));
    let mut described = OpenApiRouter::from(router);
    *described.get_openapi_mut() = document;
    // It holds nothing of anybody, so whoever likes may look at it.
    described.routes(routes!(document::document))
}

/// A refresh token in a page's hands would be a refresh token in every script's hands.
async fn refuse_browsers(request: Request, next: Next) -> Response {
    if is_from_a_browser(request.headers()) {
        let detail = "This interface is for programs. Pages use the functions under /api, which keep the refresh token from scripts.";
        return Problem::new(403, code::CROSS_SITE, "Forbidden", detail).into_response();
    }
    next.run(request).await
}
