//! Server functions over HTTP. Leptos answers every error with 500 and every plain form with a redirect; here each gets the
//! status that its problem says, and each form the page that it leads to.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::{prelude::provide_context, server_fn::error::SERVER_FN_ERROR_HEADER};

use super::{
    forms::unreadable_form,
    problems::{LARGEST_BODY, accepts_html, dress, page_or_problem, too_large},
    state::AppState,
};
use crate::{api::Problem, own::HOME};

const FORM: &[u8] = b"application/x-www-form-urlencoded";
/// No answer of ours is longer where it is an error.
const LONGEST_PROBLEM: usize = 64 * 1024;

pub async fn call(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = state.caller(&parts);
    let plain_form = accepts_html(&parts.headers);
    if plain_form && let Err(problem) = caller.from_our_page() {
        // It would be sent back to the page that it came from, and that is not ours.
        return page_or_problem(problem, &parts.headers);
    }
    let form = match readable(&parts.headers, body).await {
        Ok(form) => form,
        Err(problem) => return page_or_problem(problem, &parts.headers),
    };
    let (landing, headers) = (landing(parts.uri.path()), parts.headers.clone());
    // Asked for as the app asks, Leptos says what came of it instead of sending the browser back with it.
    let mut parts = parts;
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let context = move || provide_context(caller.clone());
    let request = Request::from_parts(parts, Body::from(form));
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();

    if response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        let (problem, mut response) = with_its_status(response).await;
        if plain_form {
            response = page_or_problem(problem, &headers);
        }
        return response;
    }
    if plain_form { landed(response, landing) } else { response }
}

/// Leptos reads whatever it is sent as a form. Here it must be one, of a bearable length, in UTF-8.
async fn readable(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    // It was taken and measured before.
    let body = to_bytes(body, LARGEST_BODY).await.map_err(|_| too_large())?;
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_form = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().eq_ignore_ascii_case(FORM);
    let is_nothing = body.is_empty() && kind.is_empty();
    if !is_form && !is_nothing {
        return Err(unreadable_form(415));
    }
    if std::str::from_utf8(&body).is_err() {
        return Err(unreadable_form(400));
    }
    Ok(body)
}

/// Where a plain form leads whose work is done.
fn landing(path: &str) -> &'static str {
    match path {
        "/api/logout" => "/signed-out?reason=signed_out",
        _ => HOME,
    }
}

/// The answer's body may hold an access token, which no document may.
fn landed(mut response: Response, landing: &'static str) -> Response {
    *response.status_mut() = StatusCode::SEE_OTHER;
    *response.body_mut() = Body::empty();
    response.headers_mut().remove(header::CONTENT_TYPE);
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(landing));
    response
}

async fn with_its_status(response: Response) -> (Problem, Response) {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST_PROBLEM).await.unwrap_or_default();
    let problem: Problem = serde_json::from_slice(&bytes).unwrap_or_else(|_| Problem::internal());
    parts.headers.remove(SERVER_FN_ERROR_HEADER);
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut response = Response::from_parts(parts, Body::from(bytes));
    dress(&problem, &mut response);
    (problem, response)
}
