//! The app rendered for whoever asks: one look at the cookie, which changes nothing, then the whole page.

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode, header};
use leptos::{nonce::Nonce, prelude::provide_context, server_fn::redirect::REDIRECT_HEADER};

use super::{
    account_forms::unfounded,
    headers::page_policy,
    problems::{accepts_html, not_found, page_or_problem},
    site::Site,
    state::AppState,
};
use crate::{
    api::caller::Caller,
    app::{arrival::Refused, shell::shell},
};

/// A page, for a GET.
pub async fn page(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(founded) = unfounded(&parts) {
        return Redirect::to(founded).into_response();
    }
    let caller = state.caller(&parts);
    match caller.arrived().await {
        Ok(caller) => render(&state, caller, None, Request::from_parts(parts, body)).await,
        Err(problem) => page_or_problem(problem, &parts.headers),
    }
}

/// Whatever is no page: a file of the site, or the page that says there is nothing.
pub async fn other(State(state): State<AppState>, request: Request) -> Response {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if reading && let Some(file) = Site::now().answer(request.uri().path(), request.headers()) {
        return file;
    }
    if !reading || !accepts_html(request.headers()) {
        return page_or_problem(not_found(), request.headers());
    }
    let mut response = page(State(state), request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Renders the app for a caller whose arrival is known. `refused`: the form that this page answers.
pub async fn render(state: &AppState, caller: Caller, refused: Option<Refused>, request: Request) -> Response {
    let nonce = state.auth.nonce();
    let policy = page_policy(&nonce);
    let urls = Site::now().urls();
    let context = move || {
        provide_context(Nonce::from_value(nonce.clone()));
        provide_context(urls.clone());
        provide_context(caller.clone());
        if let Some(refused) = &refused {
            provide_context(refused.clone());
        }
    };
    let answer = leptos_axum::render_app_async_with_context(context, shell);
    let mut response: Response<Body> = answer(request).await;
    if response.headers().contains_key(header::LOCATION) {
        // Leptos redirects only who asks for HTML by name. What was rendered on the way is nobody's.
        *response.status_mut() = StatusCode::FOUND;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(REDIRECT_HEADER);
    }
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
