//! The forms of the pages behind sign-in, sent without scripts. There is no access token to send along: the cookie says who asks, behind the
//! same two walls as a logout (see [`OurPage::arrival`](crate::api::caller::OurPage::arrival)).

use axum::{
    Form,
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::request::Parts;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    forms::{again, unreadable_form},
    problems::page_or_problem,
    state::AppState,
};
use crate::{
    api::{
        caller::{Arrival, OurPage},
        origin,
        person::Person,
        problem::code,
    },
    app::{
        arrival::Refused,
        pages::sessions::{ASK, EVERYWHERE, OTHERS},
    },
};

const SESSIONS: &str = "/account/sessions";
const PASSWORD: &str = "/account/password";

#[derive(Deserialize)]
struct Pressed {
    /// The id of a session, or all of them in one way or another.
    #[serde(default)]
    end: String,
}

#[derive(Deserialize)]
struct Passwords {
    #[serde(default)]
    current_password: String,
    #[serde(default)]
    new_password: String,
}

/// Of an address by which a page would say that something was done, and to which no form of ours has led: the page without it.
pub fn unfounded(parts: &Parts) -> Option<&'static str> {
    let query = parts.uri.query()?;
    let says = match parts.uri.path() {
        SESSIONS => query.starts_with("ended=").then_some(SESSIONS),
        PASSWORD => query.starts_with("changed=").then_some(PASSWORD),
        _ => None,
    };
    says.filter(|_| !origin::may_be_led_by_us(&parts.headers))
}

pub async fn sessions(State(state): State<AppState>, request: Request) -> Response {
    answer(&state, request, async |page, person, Pressed { end }| {
        Ok(match &*end {
            ASK => format!("{SESSIONS}?confirm={EVERYWHERE}"),
            OTHERS => format!("{SESSIONS}?ended={}", person.end_other_sessions().await?),
            EVERYWHERE => {
                page.log_out_everywhere(person).await?;
                "/signed-out?reason=signed_out".to_owned()
            }
            id => {
                person.end_session(id).await?;
                format!("{SESSIONS}?ended=1")
            }
        })
    })
    .await
}

pub async fn password(State(state): State<AppState>, request: Request) -> Response {
    answer(&state, request, async |_, person, Passwords { current_password, new_password }| {
        let changed = person.change_password(&current_password, &new_password).await?;
        Ok(format!("{PASSWORD}?changed={}", changed.ended))
    })
    .await
}

/// Does the work, which says where it leads, or what is wrong and what to show again of what was typed. Whoever is not signed in is led to the page itself, which knows why.
async fn answer<Typed: DeserializeOwned>(
    state: &AppState,
    request: Request,
    work: impl AsyncFnOnce(&OurPage<'_>, &Person<'_>, Typed) -> Result<String, Refused>,
) -> Response {
    let (parts, body) = request.into_parts();
    let caller = state.caller(&parts);
    let refused = |problem| page_or_problem(problem, &parts.headers);
    let page = match caller.from_our_page() {
        Ok(page) => page,
        Err(problem) => return refused(problem),
    };
    let principal = match page.arrival().await {
        Ok(Arrival::SignedIn(principal)) => principal,
        Ok(_) => return Redirect::to(parts.uri.path()).into_response(),
        Err(problem) => return refused(problem),
    };
    let form = Form::<Typed>::from_request(Request::from_parts(parts.clone(), body), state).await;
    let typed = match form {
        Ok(Form(typed)) => typed,
        Err(unreadable) => return refused(unreadable_form(unreadable.status().as_u16())),
    };
    match work(&page, &caller.person(principal.clone()), typed).await {
        Ok(way) => Redirect::to(&way).into_response(),
        // It ended between the look and the work.
        Err(refused) if refused.problem.code == code::UNAUTHENTICATED => Redirect::to(parts.uri.path()).into_response(),
        Err(refused) => again(state, caller.clone().rendering(Arrival::SignedIn(principal)), parts, refused).await,
    }
}
