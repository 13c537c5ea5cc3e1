//! Signing in again where the session ended, so that nothing typed is lost.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use super::{
    error_summary::ErrorSummary, next::login_for_this_page, password_field::PasswordField, protected::way_out,
};
use crate::{
    app::{
        live::{effect, if_so, when, words},
        part::{IntoPart, Part},
        spot::Spot,
    },
    client::Session,
    ended::Refusal,
};

/// Asks for the password in the place of the page that waits behind. `name`: whose page it is.
pub fn sign_in_again(why: Refusal, name: String) -> Part {
    let session = Session::current();
    let heading = Spot::new();
    let password = Spot::new();
    let shown = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None);
    give_the_focus_back();
    effect(move |_| _ = heading.get().map(|heading| heading.focus()));

    let username = name.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(secret) = password.input() else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        shown.set(false);
        let name = username.clone();
        spawn_local(async move {
            // When it is done, the page behind takes this one's place.
            if let Err(refused) = session.log_in(name, secret.value()).await {
                busy.set(false);
                if refused.status == 401 {
                    secret.set_value("");
                }
                problem.set(Some(refused));
            }
        });
    };
    let fields = view! {
        <div class="field">
            <label for="username">"Username"</label>
            <input id="username" name="username" type="text" value=name autocomplete="username" readonly/>
        </div>
        <PasswordField input=password id="current-password" autocomplete="current-password" problem=problem shown=shown/>
    }
    .part();
    view! {
        <section class="again" aria-labelledby="again-title">
            <ErrorSummary problem=problem fields=&[("password", "current-password")]/>
            <form class="card" method="post" action="/login" on:submit=when(submit) novalidate>
                <h2 id="again-title" tabindex="-1" node_ref=heading>"Sign in again to go on"</h2>
                <p>{format!("{} What you were doing here is kept, and goes on when you have signed in.", happened(why))}</p>
                {fields}
                <button class="primary" aria-busy=if_so(move || busy.get()) aria-disabled=if_so(move || busy.get())>
                    {words(move || Some(if busy.get() { "Signing in…" } else { "Sign in and go on" }))}
                </button>
                <p class="aside">
                    <a href=way_out(&login_for_this_page(), Some(why))>"Leave this page instead"</a>
                </p>
            </form>
        </section>
    }
    .part()
}

/// To where it was when the session ended, if that is still there.
fn give_the_focus_back() {
    let active = document().active_element().and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let active = StoredValue::new_local(active);
    on_cleanup(move || {
        let Some(element) = active.try_get_value().flatten() else { return };
        // When the page behind is seen again.
        request_animation_frame(move || _ = element.focus());
    });
}

fn happened(why: Refusal) -> &'static str {
    use crate::ended::EndReason;
    match why {
        Refusal::Invalid => "This browser has lost its session.",
        Refusal::Expired => "Your session has come to its end.",
        Refusal::Ended(EndReason::Revoked) => "This session was ended from another place where you are signed in.",
        Refusal::Ended(EndReason::Reused) => {
            "The key to this session was used in two places, so we ended it to be safe."
        }
        Refusal::Ended(EndReason::PasswordChanged) => "Your password was changed, which ended this session.",
        Refusal::Ended(EndReason::Replaced) => "You signed in again in this browser, which ended the session before.",
        Refusal::Ended(EndReason::SignedOut | EndReason::Disabled) => "Your session is over.",
    }
}
