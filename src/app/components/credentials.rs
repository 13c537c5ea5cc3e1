//! The form that asks for a name and a password, to sign in or up.

use leptos::prelude::*;

use super::{
    error_summary::ErrorSummary,
    next::{destination, in_query},
    password_field::PasswordField,
    sending::{SendButton, Sending},
};
use crate::{
    api::Problem,
    app::{
        arrival::Refused,
        live::{if_so, live, when, words},
        part::{IntoPart, Part},
        spot::Spot,
    },
    client::Session,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    SignUp,
}

impl Purpose {
    /// Where the form goes when there are no scripts: the page itself.
    fn action(self) -> &'static str {
        match self {
            Self::SignIn => "/login",
            Self::SignUp => "/signup",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::SignUp => "Create account",
        }
    }

    fn busy(self) -> &'static str {
        match self {
            Self::SignIn => "Signing in…",
            Self::SignUp => "Creating account…",
        }
    }

    fn password_id(self) -> &'static str {
        match self {
            Self::SignIn => "current-password",
            Self::SignUp => "new-password",
        }
    }

    fn password_hint(self) -> &'static str {
        match self {
            Self::SignIn => "",
            Self::SignUp => "At least 15 characters. A few words in a row work well, and spaces are fine.",
        }
    }

    fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::SignIn => &[("username", "username"), ("password", "current-password")],
            Self::SignUp => &[("username", "username"), ("password", "new-password")],
        }
    }

    async fn ask(self, session: Session, username: String, password: String) -> Result<(), Problem> {
        match self {
            Self::SignIn => session.log_in(username, password).await,
            Self::SignUp => session.sign_up(username, password).await,
        }
    }
}

/// A plain form that the server answers by itself, and that the app, once alive, sends without leaving the page. The inputs
/// belong to the browser, so that what was typed or filled in before that is kept. `problem` is the page's, for its title.
#[component]
pub fn CredentialsForm(purpose: Purpose, problem: RwSignal<Option<Problem>>) -> Part {
    let session = Session::current();
    let destination = destination();
    let refused = Refused::of_this_page();
    problem.set(refused.as_ref().map(|refused| refused.problem.clone()));
    let typed = refused.map(|refused| refused.username);

    let username = Spot::new();
    let password = Spot::new();
    let shown = RwSignal::new(false);
    let sending = Sending::idle();
    let username_error = move || problem.with(|problem| problem.as_ref()?.field("username"));

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(name), Some(secret)) = (username.input(), password.input()) else { return };
        if sending.is_under_way() {
            return;
        }
        shown.set(false);
        sending.start(async move {
            match purpose.ask(session, name.value(), secret.value()).await {
                // The page sends on whoever is signed in.
                Ok(()) => secret.set_value(""),
                Err(refused) => {
                    // A password that was not even looked at is not taken away.
                    if refused.status == 401 {
                        secret.set_value("");
                    }
                    problem.set(Some(refused));
                }
            }
        });
    };

    view! {
        <ErrorSummary problem=problem fields=purpose.fields()/>
        <form class="card" method="post" action=words(move || Some(format!("{}?next={}", purpose.action(), in_query(&destination.get())))) novalidate on:submit=when(submit)>
            <div class="field">
                <label for="username">"Username"</label>
                {live(move || username_error().map(|detail| view! { <p class="field-error" id="username-error">{detail}</p> }).part())}
                <input
                    node_ref=username
                    id="username"
                    name="username"
                    type="text"
                    value=typed
                    autocomplete="username"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=if_so(move || username_error().is_some())
                    aria-describedby=words(move || username_error().is_some().then_some("username-error"))
                />
            </div>
            <PasswordField
                input=password
                id=purpose.password_id()
                autocomplete=purpose.password_id()
                hint=purpose.password_hint()
                problem=problem
                shown=shown
            />
            <SendButton sending label=purpose.button() busy=purpose.busy()/>
        </form>
    }
    .part()
}
