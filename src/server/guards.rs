//! What stands around every route: refuses what none could make sense of, and sees through what one has begun.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use tracing::Instrument;

use super::problems::{method_not_allowed, page_or_problem, too_large};
use crate::api::problem::{Problem, code};

/// More header bytes than any browser of ours sends: a cookie, a token, and what browsers say of themselves.
const LONGEST_HEADERS: usize = 16 * 1024;

/// A handler that panicked: its request fails, and nothing else.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over a box")]
pub fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(message = message.unwrap_or("no message"), "a request handler panicked");
    Problem::internal().into_response()
}

/// Refuses what no route could make sense of, before any is asked.
pub async fn refuse_malformed(request: Request, next: Next) -> Response {
    let size: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > LONGEST_HEADERS {
        let detail = "The request's headers are too long. Clearing this site's cookies may help.";
        return Problem::new(431, code::TOO_LARGE, "Request Header Fields Too Large", detail).into_response();
    }
    // Tunnels and traces are no business of an app, and a target without a path would be no address.
    if request.method() == Method::CONNECT || request.method() == Method::TRACE || request.uri().path().is_empty() {
        return method_not_allowed(HeaderMap::new()).await;
    }
    next.run(request).await
}

/// A request that may change something is carried through even if whoever sent it goes away: a session that has ended in the
/// database must have ended in memory too.
pub async fn carry_through(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => panicked(panic),
            Err(_) => Problem::internal().into_response(),
        },
    }
}

/// What a layer refuses without a word of ours gets one.
pub async fn speak(request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let silent = !response.headers().contains_key(header::CONTENT_TYPE)
        || response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE if silent => page_or_problem(too_large(), &headers),
        _ => response,
    }
}
