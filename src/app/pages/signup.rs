//! Making an account.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::login::query;
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
pub fn SignupPage() -> Part {
    let problem = RwSignal::new(None);
    let title = move || if problem.with(Option::is_some) { "Error: Create an account" } else { "Create an account" };
    let search = use_location().search;
    view! {
        <SendOn/>
        <Frame title heading="Create an account">
            <CredentialsForm purpose=Purpose::SignUp problem/>
            <p class="aside">
                "Have an account? "
                <a href=words(move || Some(format!("/login{}", query(&search.get()))))>"Sign in"</a>
            </p>
        </Frame>
    }
    .part()
}
