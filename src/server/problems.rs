//! How a refusal looks from outside: problem+json, or a plain page for a person who was on their way to one.

use axum::{
    Json,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{headers::PLAIN, site::Site};
use crate::{
    api::problem::{Problem, code},
    auth::limits::{self, Limit},
    own::NAME,
};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// No form or program of ours sends more.
pub const LARGEST_BODY: usize = 64 * 1024;

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
        if let Some(limit) = problem.limit.and_then(|reached| limits::told(reached.name())) {
            tell(limit, seconds, headers);
        }
    }
    if problem.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, challenge(problem));
    }
}

/// A limit that was reached, and when it gives way (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4). What it is told of is what was typed and from where,
/// and never whether that exists.
fn tell(limit: Limit, seconds: u32, headers: &mut HeaderMap) {
    let Limit { name, free, memory, .. } = limit;
    let fields = [
        (RATE_LIMIT_POLICY, format!("\"{name}\";q={free};w={}", memory.length() / 1000)),
        (RATE_LIMIT, format!("\"{name}\";r=0;t={seconds}")),
    ];
    for (field, value) in fields {
        headers.extend(HeaderValue::from_str(&value).map(|value| (field, value)));
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
    let style = format!("<link rel=\"stylesheet\" href=\"{}\">", Site::now().urls().css);
    let way = "<p><a class=\"button primary\" href=\"/\">To the start</a></p>";
    let mut response = page(&problem, &style, way);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PLAIN);
    response
}

/// As a page, with a style and a way on: markup of ours.
pub fn page(problem: &Problem, style: &str, way: &str) -> Response {
    let [title, detail] = [heading(problem.status), &problem.detail].map(escape);
    let mut response = Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · {NAME}</title>{style}</head>\
         <body><header class=\"top\"><a class=\"brand\" href=\"/\">{NAME}</a></header>\
         <main class=\"narrow\"><h1>{title}</h1><div class=\"card\"><p>{detail}</p>{way}</div></main></body></html>"
    ))
    .into_response();
    dress(problem, &mut response);
    response
}

/// The titles of problems are for programs.
fn heading(status: u16) -> &'static str {
    match status {
        404 => "There is no such page",
        431 => "Too much was sent",
        503 => "Please try again shortly",
        _ => "This did not work",
    }
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
    page_or_problem(wrong_method(), &headers)
}

pub fn wrong_method() -> Problem {
    Problem::new(405, code::METHOD_NOT_ALLOWED, "Method Not Allowed", "This address cannot be opened like this.")
}

pub fn too_large() -> Problem {
    Problem::new(413, code::TOO_LARGE, "Content Too Large", "That is more than this address takes.")
}
