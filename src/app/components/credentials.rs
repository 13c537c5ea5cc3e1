//! The form that asks for a name and a password, to sign in or up.

use leptos::prelude::*;

use super::{
    error_summary::ErrorSummary,
    next::{destination, in_query},
    password_field::PasswordField,
    sending::{SendButton, Sending},
    text_field::TextField,
};
use crate::{
    api::{Problem, json::Json},
    app::{
        arrival::Refused,
        live::{when, words},
        part::{IntoPart, Part},
        spot::Spot,
    },
    client::Session,
    fields::{Asked, Field},
    own::FIELDS,
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

    /// What is asked for beside a name and a password.
    fn own(self) -> impl Iterator<Item = Field> {
        let asked = move |field: &Field| self == Self::SignUp && field.asked != Asked::Never;
        FIELDS.iter().copied().filter(asked)
    }

    /// The `name` of each field and the `id` of its input, in the order of the form.
    fn fields(self) -> Vec<(&'static str, &'static str)> {
        let own = self.own().map(|field| (field.name, field.name));
        [("username", "username")].into_iter().chain(own).chain([("password", self.password_id())]).collect()
    }

    async fn ask(self, session: Session, username: String, password: String, own: String) -> Result<(), Problem> {
        match self {
            Self::SignIn => session.log_in(username, password).await,
            Self::SignUp => session.sign_up(username, password, own).await.map_err(|problem| {
                problem.unless_done("If that username is taken then, the account was made: sign in with it.")
            }),
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
    let typed = |field: Field| refused.as_ref().map(|refused| refused.fields.get(field).to_owned());
    let own: Vec<_> = purpose.own().map(|field| (field, Spot::new(), typed(field))).collect();
    let written: Vec<(&str, Spot)> = own.iter().map(|(field, input, _)| (field.name, *input)).collect();
    let typed = refused.map(|refused| refused.username);

    let username = Spot::new();
    let password = Spot::new();
    let shown = RwSignal::new(false);
    let sending = Sending::idle();
    let own_fields = own.into_iter().map(|(field, input, typed)| {
        let label =
            if field.asked == Asked::Optional { format!("{} (optional)", field.label) } else { field.label.to_owned() };
        view! { <TextField input label name=field.name typed autocomplete="on" exact=false problem/> }
    });
    let own_fields = own_fields.collect::<Vec<_>>();

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(name), Some(secret)) = (username.input(), password.input()) else { return };
        if sending.is_under_way() {
            return;
        }
        shown.set(false);
        let own = as_json(&written);
        sending.start(async move {
            match purpose.ask(session, name.value(), secret.value(), own).await {
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
            <TextField input=username label="Username".to_owned() name="username" typed autocomplete="username" exact=true problem/>
            {own_fields}
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

/// Empty, if there are none.
fn as_json(inputs: &[(&str, Spot)]) -> String {
    let written = inputs.iter().filter_map(|(name, input)| Some((*name, Json::from(input.input()?.value()))));
    let written: Vec<_> = written.collect();
    if written.is_empty() { String::new() } else { Json::object(&written).write() }
}
