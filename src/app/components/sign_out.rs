//! The button that every protected page has.

use leptos::prelude::*;

use crate::{
    app::{
        live::when,
        part::{IntoPart, Part},
    },
    client::Session,
};

/// A form of its own, so that it works before and without the app.
#[component]
pub fn SignOut() -> Part {
    let session = Session::current();
    let leave = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        session.log_out();
    };
    view! {
        <form
            method="post"
            action="/api/logout"
            on:submit=when(leave)
        >
            <button class="quiet">"Sign out"</button>
        </form>
    }
    .part()
}
