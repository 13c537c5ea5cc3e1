//! The wall in front of a page behind sign-in.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Redirect, hooks::use_navigate};
use serde::{Deserialize, Serialize};

use super::next::login_for_this_page;
use crate::{
    api::{self, Account, Problem},
    app::arrival::Arrival,
    client::{Phase, Session},
    ended::{EndReason, Refusal},
};

/// Shows a page to whoever is signed in, and takes anybody else to where they can be. The page is a function of the
/// account, so it cannot be rendered without one. The data it shows is protected by the server functions that it asks, not by
/// this wall.
#[component]
pub fn Protected<Page, Shown>(page: Page) -> impl IntoView
where
    Page: Fn(Account) -> Shown + Clone + Send + Sync + 'static,
    Shown: IntoView + 'static,
{
    let session = Session::current();
    let phase = session.phase();
    let again = RwSignal::new(0_u32);
    let account = Resource::new_blocking(move || again.get(), move |turn| ask(turn, session.id().get_untracked()));
    ask_again_for_another_person(account, again);
    leave_when_signed_out(phase);

    let id = session.id();
    // A memo, so that the page is not built anew when its session is first named.
    let another_person = Memo::new(move |_| match (id.get(), account.get()) {
        (Some(id), Some(Asked { answer: Ok(account), .. })) => id != account.session_id,
        _ => false,
    });
    let page = StoredValue::new(page);
    let content = move || match account.get() {
        None => view! { <Restoring/> }.into_any(),
        // Until it has been read anew.
        Some(Asked { answer: Ok(_), .. }) if another_person.get() => view! { <Restoring/> }.into_any(),
        Some(Asked { answer: Ok(account), .. }) => page.with_value(|page| page(account)).into_any(),
        // Asked before this page had a token, or while it is asked again.
        Some(Asked { turn, answer: Err(problem), .. })
            if problem.is_unauthenticated() && (phase.get() != Phase::SignedIn || turn != again.get()) =>
        {
            view! { <Unauthenticated/> }.into_any()
        }
        Some(Asked { answer: Err(problem), .. }) => view! { <Unreachable problem again/> }.into_any(),
    };
    // Nothing protected is shown from the moment that the session is over.
    let over = Memo::new(move |_| matches!(phase.get(), Phase::SignedOut(_)));
    view! {
        <Transition fallback=|| view! { <Restoring/> }>
            {move || if over.get() { ().into_any() } else { content() }}
        </Transition>
    }
}

/// The answer to the question whose account this is, and what was known when it was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    turn: u32,
    /// The session that this page belonged to, if it had heard of one.
    session_id: Option<String>,
    answer: Result<Account, Problem>,
}

async fn ask(turn: u32, session_id: Option<String>) -> Asked {
    Asked { turn, session_id, answer: api::account::me().await }
}

/// The account was read for a session. When this page turns out to belong to another, or to one at all, it is read anew.
fn ask_again_for_another_person(account: Resource<Asked>, again: RwSignal<u32>) {
    let id = Session::current().id();
    Effect::new(move || {
        let (Some(id), Some(Asked { session_id, answer, .. })) = (id.get(), account.get()) else { return };
        let answered_for = answer.ok().map(|account| account.session_id).or(session_id);
        if answered_for != Some(id) {
            again.update(|count| *count += 1);
        }
    });
}

fn leave_when_signed_out(phase: Signal<Phase>) {
    let login = login_for_this_page();
    let navigate = use_navigate();
    Effect::new(move || {
        let Phase::SignedOut(why) = phase.get() else { return };
        navigate(&way_out(&login, why), NavigateOptions { replace: true, ..Default::default() });
    });
}

/// No account, and not because the server failed. The server either is sure that nobody is signed in, or leaves it to the browser to find out.
#[component]
fn Unauthenticated() -> impl IntoView {
    match expect_context() {
        Arrival::SignedOut(why) if cfg!(feature = "ssr") => {
            view! { <Redirect path=way_out(&login_for_this_page(), why)/> }.into_any()
        }
        _ => view! { <Restoring/> }.into_any(),
    }
}

/// To the page that signs in and comes back, by way of the reason where a session has ended.
fn way_out(login: &str, why: Option<Refusal>) -> String {
    match why {
        None | Some(Refusal::Invalid) => login.to_owned(),
        Some(why @ Refusal::Ended(EndReason::SignedOut)) => format!("/signed-out?reason={why}"),
        Some(why) => login.replacen("/login?", &format!("/signed-out?reason={why}&"), 1),
    }
}

/// Someone may be signed in, and their access token is on its way.
#[component]
fn Restoring() -> impl IntoView {
    let onwards = leptos_router::hooks::use_location().pathname;
    view! {
        <div class="restoring" role="status">
            <p>"Restoring your session…"</p>
        </div>
        <noscript>
            <p><a href=move || onwards.get()>"Continue to this page"</a></p>
        </noscript>
    }
}

#[component]
fn Unreachable(problem: Problem, again: RwSignal<u32>) -> impl IntoView {
    view! {
        <div class="card" role="alert">
            <p>{problem.detail}</p>
            <button class="primary" on:click=move |_| again.update(|count| *count += 1)>"Try again"</button>
        </div>
    }
}
