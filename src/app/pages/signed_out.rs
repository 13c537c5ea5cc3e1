//! Why somebody is signed out, and the way back in.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_query_map};

use crate::{
    app::components::{
        frame::Frame,
        next::{in_query, local_path},
    },
    client::Session,
    ended::{EndReason, Refusal},
};

#[component]
pub fn SignedOutPage() -> impl IntoView {
    let query = use_query_map();
    let why = Memo::new(move |_| query.with(|query| query.get("reason").as_deref().and_then(Refusal::from_code)));
    let login = move || {
        let next = query.with(|query| query.get("next"));
        next.as_deref()
            .and_then(local_path)
            .map_or_else(|| "/login".to_owned(), |next| format!("/login?next={}", in_query(next)))
    };
    view! {
        <Frame title="Signed out" heading="You are signed out">
            <Stranded/>
            <div class="card">
                <p>{move || explain(why.get())}</p>
                <A href=login attr:class="button primary">"Sign in again"</A>
            </div>
        </Frame>
    }
}

/// The browser has forgotten the session, and the server has not heard of it yet.
#[component]
fn Stranded() -> impl IntoView {
    let session = Session::current();
    let stranded = session.stranded();
    move || {
        stranded.get().map(|problem| {
            view! {
                <div class="error-summary" role="alert">
                    <h2>"The server does not know yet"</h2>
                    <p>{problem.detail}</p>
                    <button class="primary" on:click=move |_| session.log_out()>"Try again"</button>
                </div>
            }
        })
    }
}

fn explain(why: Option<Refusal>) -> &'static str {
    match why {
        None | Some(Refusal::Invalid | Refusal::Ended(EndReason::SignedOut)) => {
            "You signed out in this browser. Nothing of your account is shown here any more."
        }
        Some(Refusal::Expired) => {
            "Your session came to its end: it was not used for a long time, or it reached its longest life. Sign in to go on where you were."
        }
        Some(Refusal::Ended(EndReason::Revoked)) => {
            "This session was ended from another device where you are signed in."
        }
        Some(Refusal::Ended(EndReason::Reused)) => {
            "A key to this session that had been used up came back. Someone may have copied it, or this device was put back to an earlier day, so we ended the session to be safe. Your other sessions are not affected."
        }
        Some(Refusal::Ended(EndReason::Replaced)) => {
            "You signed in again in this browser, which ended the session before."
        }
        Some(Refusal::Ended(EndReason::PasswordChanged)) => {
            "Your password was changed, which signed out your other devices."
        }
        Some(Refusal::Ended(EndReason::Disabled)) => "This account was disabled by the people who run this site.",
    }
}
