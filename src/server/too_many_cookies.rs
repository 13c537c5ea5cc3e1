//! More cookies than a request may carry, which a sibling host can put into anybody's browser. Every page is then refused, and nothing on a page could help: so the
//! refusal comes with a way out, one button, and what it sends is heard whatever comes with it.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Request, header};

use super::problems::{accepts_html, page};
use crate::api::problem::{Problem, code};

/// A sign-out that takes all cookies of the site along. Like every sign-out it must come from a page of ours.
const WAY_OUT: &str = "/api/logout?cookies=all";
const BUTTON: &str = "<form method=\"post\" action=\"/api/logout?cookies=all\"><button>Clear this site's cookies</button></form>\
     <p>You will have to sign in again.</p>";
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// For a page of nothing but that button.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");

pub fn wants_out<B>(request: &Request<B>) -> bool {
    request.uri().path_and_query().is_some_and(|wanted| wanted == WAY_OUT)
}

/// What whoever is on the way out is answered: also that the browser shall forget all cookies, whatever their paths and whichever host of the site has set them.
pub fn let_out(mut response: Response) -> Response {
    if response.status().is_success() || response.status().is_redirection() {
        response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cookies\""));
    }
    response
}

pub fn refused<B>(request: &Request<B>) -> Response {
    let detail = "Your browser sent more than this site reads, most likely too many cookies. Clearing this site's cookies helps.";
    let problem = Problem::new(431, code::TOO_LARGE, "Too much was sent", detail);
    let mut response = if accepts_html(request.headers()) {
        // Without a style: what would be asked for it would be refused as well.
        page(&problem, "", BUTTON)
    } else {
        problem.into_response()
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
