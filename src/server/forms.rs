//! The app's forms sent without scripts, or before they have arrived: the same work as the server functions, answered with a
//! page or with the way to one.

use std::collections::BTreeMap;

use axum::{
    Form,
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{Uri, request::Parts};
use serde::Deserialize;

use super::{pages, problems::page_or_problem, state::AppState};
use crate::{
    api::{
        Grant, Problem,
        caller::{Arrival, Caller},
        problem::code,
    },
    app::{arrival::Refused, components::next::led_to},
    fields::{Field, Fields, Filled},
};

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

impl Typed {
    /// What was typed into the fields of sign-up that are not the same everywhere.
    fn fields(&self, declared: &[Field]) -> Fields {
        let typed = |field: &Field| {
            let value = self.others.get(field.name)?.clone();
            Some(Filled { name: field.name.to_owned(), value })
        };
        declared.iter().filter_map(typed).collect()
    }
}

#[derive(Deserialize)]
struct Way {
    next: Option<String>,
}

pub async fn login(State(state): State<AppState>, request: Request) -> Response {
    answer(&state, request, async |caller, typed| {
        caller.from_our_page()?.log_in(typed.username, &typed.password, "").await
    })
    .await
}

pub async fn signup(State(state): State<AppState>, request: Request) -> Response {
    answer(&state, request, async |caller, typed| {
        let fields = typed.fields(caller.auth().declared());
        caller.from_our_page()?.sign_up(typed.username, &typed.password, &fields, "").await
    })
    .await
}

async fn answer(
    state: &AppState,
    request: Request,
    work: impl AsyncFnOnce(&Caller, Typed) -> Result<Grant, Problem>,
) -> Response {
    let (parts, body) = request.into_parts();
    let caller = state.caller(&parts);
    let form = Form::<Typed>::from_request(Request::from_parts(parts.clone(), body), state).await;
    let typed = match form {
        Ok(Form(typed)) => typed,
        Err(unreadable) => return page_or_problem(unreadable_form(unreadable.status().as_u16()), &parts.headers),
    };
    let (username, fields) = (typed.username.clone(), typed.fields(caller.auth().declared()));
    match work(&caller, typed).await {
        Ok(_) => Redirect::to(&destination(&parts.uri)).into_response(),
        Err(problem) if problem.code == code::CROSS_SITE => page_or_problem(problem, &parts.headers),
        // Whoever was signed in before still is: the form says nothing about that.
        Err(problem) => {
            again(state, caller.rendering(Arrival::Unknown), parts, Refused { username, fields, problem }).await
        }
    }
}

/// The same page once more, with what was typed, except for the password, and what is wrong with it.
pub async fn again(state: &AppState, caller: Caller, parts: Parts, refused: Refused) -> Response {
    let problem = refused.problem.clone();
    let request = Request::from_parts(parts, axum::body::Body::empty());
    let mut response = pages::render(state, caller, Some(refused), request).await;
    super::problems::dress(&problem, &mut response);
    response
}

fn destination(uri: &Uri) -> String {
    let way = axum::extract::Query::<Way>::try_from_uri(uri).ok();
    let next = way.and_then(|axum::extract::Query(way)| way.next);
    led_to(next.as_deref()).to_owned()
}

/// Why a form could not be read, by the status that says so.
pub fn unreadable_form(status: u16) -> Problem {
    match status {
        413 => super::problems::too_large(),
        415 => Problem::new(415, code::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", "Send the form as a form."),
        _ => Problem::new(400, code::INVALID_REQUEST, "Bad Request", "The form could not be read."),
    }
}
