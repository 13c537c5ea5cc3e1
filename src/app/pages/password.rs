//! A new password.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api::{self, Problem, password::PasswordChanged},
    app::{
        arrival::Refused,
        components::{
            error_summary::ErrorSummary,
            frame::Frame,
            notice::Notice,
            password_field::PasswordField,
            protected::Protected,
            sending::{SendButton, Sending},
        },
        live::when,
        part::{IntoPart, Part},
        spot::Spot,
    },
};

/// Not the ids of the form that asks for the password in the place of this page when the session ends: both are there then.
const FIELDS: &[(&str, &str)] =
    &[("current_password", "change-current-password"), ("new_password", "change-new-password")];

#[component]
pub fn PasswordPage() -> Part {
    let problem = RwSignal::new(Refused::of_this_page().map(|refused| refused.problem));
    let title =
        move || if problem.with(Option::is_some) { "Error: Change your password" } else { "Change your password" };
    view! {
        <Frame title heading="Change your password" signed_in=true>
            <Protected page=move |account| view! { <PasswordForm username=account.username problem/> }/>
        </Frame>
    }
    .part()
}

fn in_words(ended: u32) -> String {
    match ended {
        0 => "Your password is changed. There were no other sessions to end.".to_owned(),
        1 => "Your password is changed. 1 other session was ended.".to_owned(),
        _ => format!("Your password is changed. {ended} other sessions were ended."),
    }
}

/// A plain form that the server answers by itself, and that the app, once alive, sends without leaving the page. The inputs belong to the
/// browser, and keep what was typed for as long as the answer takes.
#[component]
fn PasswordForm(username: String, problem: RwSignal<Option<Problem>>) -> Part {
    let changed = use_query_map().with_untracked(|query| query.get("changed"));
    let done = RwSignal::new(changed.and_then(|count| count.parse().ok()).map(in_words));
    let [current, new] = [(); 2].map(|()| Spot::new());
    let [current_shown, new_shown] = [(); 2].map(|()| RwSignal::new(false));
    let sending = Sending::idle();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(current), Some(new)) = (current.input(), new.input()) else { return };
        if sending.is_under_way() {
            return;
        }
        current_shown.set(false);
        new_shown.set(false);
        done.set(None);
        sending.start(async move {
            match api::password::change_password(current.value(), new.value()).await {
                Ok(PasswordChanged { ended }) => {
                    current.set_value("");
                    new.set_value("");
                    problem.set(None);
                    done.set(Some(in_words(ended)));
                }
                Err(refused) => problem.set(Some(
                    refused.unless_done("If your current password is not taken then, it was changed to the new one."),
                )),
            }
        });
    };
    view! {
        <div class="stack narrow">
        <Notice text=done/>
        <ErrorSummary problem=problem fields=FIELDS/>
        <form class="card" method="post" action="/account/password" novalidate on:submit=when(submit)>
            <p class="hint">"Changing it ends every other session: wherever else you are signed in, the new password is needed."</p>
            // For password managers, which keep a password under its name.
            <input type="text" name="username" autocomplete="username" value=username readonly hidden/>
            <PasswordField
                input=current
                label="Current password"
                name="current_password"
                id="change-current-password"
                autocomplete="current-password"
                problem=problem
                shown=current_shown
            />
            <PasswordField
                input=new
                label="New password"
                name="new_password"
                id="change-new-password"
                autocomplete="new-password"
                hint="At least 15 characters. A few words in a row work well, and spaces are fine."
                problem=problem
                shown=new_shown
            />
            <SendButton sending label="Change password" busy="Changing password…"/>
        </form>
        </div>
    }
    .part()
}
