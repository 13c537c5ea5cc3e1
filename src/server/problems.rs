//! How a refusal looks from outside: problem+json, or a plain page for a person who was on their way to one.

use axum::{
    Json,
    extract::Request,
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use tracing::Instrument;

use crate::api::problem::{Problem, code};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
/// No form or program of ours sends more.
pub const LARGEST_BODY: usize = 64 * 1024;
/// More header bytes than any browser of ours sends: a cookie, a token, and what browsers say of themselves.
const LONGEST_HEADERS: usize = 16 * 1024;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Json(&self).into_response();
        dress(&self, &mut response);
        response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
        response
    }
}

/// Gives a response the status and the headers that belong to a problem.
pub fn dress(problem: &Problem, response: &mut Response) {
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if problem.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, challenge(problem));
    }
}

/// RFC 6750, section 3: what failed is said only to whoever sent a token.
fn challenge(problem: &Problem) -> HeaderValue {
    HeaderValue::from_static(if problem.code == code::INVALID_TOKEN {
        r#"Bearer realm="hallpass", error="invalid_token", error_description="The access token is not valid or no longer valid""#
    } else {
        r#"Bearer realm="hallpass""#
    })
}

/// The same as a page, where a page was asked for.
pub fn page_or_problem(problem: Problem, headers: &HeaderMap) -> Response {
    if !accepts_html(headers) {
        return problem.into_response();
    }
    let [title, detail] = [&problem.title, &problem.detail].map(|text| escape(text));
    let mut response = Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · Hallpass</title></head>\
         <body><main><h1>{title}</h1><p>{detail}</p><p><a href=\"/\">To the start</a></p></main></body></html>"
    ))
    .into_response();
    dress(&problem, &mut response);
    response
}

pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("text/html"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub fn not_found() -> Problem {
    Problem::new(404, code::NOT_FOUND, "Not Found", "There is nothing at this address.")
}

pub async fn method_not_allowed(headers: HeaderMap) -> Response {
    let problem =
        Problem::new(405, code::METHOD_NOT_ALLOWED, "Method Not Allowed", "This address does not answer this method.");
    page_or_problem(problem, &headers)
}

pub fn too_large() -> Problem {
    Problem::new(413, code::TOO_LARGE, "Content Too Large", "That is more than this address takes.")
}

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
