//! Signing in.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::app::{
    components::{
        credentials::{CredentialsForm, Purpose},
        frame::Frame,
        next::SendOn,
    },
    live::words,
    part::{IntoPart, Part},
};

#[component]
pub fn LoginPage() -> Part {
    let problem = RwSignal::new(None);
    let title = move || if problem.with(Option::is_some) { "Error: Sign in" } else { "Sign in" };
    let search = use_location().search;
    view! {
        <SendOn/>
        <Frame title heading="Sign in">
            <CredentialsForm purpose=Purpose::SignIn problem/>
            <p class="aside">
                "New here? "
                <a href=words(move || Some(format!("/signup{}", query(&search.get()))))>"Create an account"</a>
            </p>
        </Frame>
    }
    .part()
}

/// The query of this page, for the other form.
pub(super) fn query(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{search}") }
}
