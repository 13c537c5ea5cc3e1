//! Signing in.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};

use crate::app::components::{
    credentials::{CredentialsForm, Purpose},
    frame::Frame,
    next::SendOn,
};

#[component]
pub fn LoginPage() -> impl IntoView {
    let problem = RwSignal::new(None);
    let title = move || if problem.with(Option::is_some) { "Error: Sign in" } else { "Sign in" };
    let search = use_location().search;
    view! {
        <SendOn/>
        <Frame title heading="Sign in">
            <CredentialsForm purpose=Purpose::SignIn problem/>
            <p class="aside">
                "New here? "
                <A href=move || format!("/signup{}", query(&search.get()))>"Create an account"</A>
            </p>
        </Frame>
    }
}

/// The query of this page, for the other form.
pub(super) fn query(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{search}") }
}
