//! Says when the server cannot be reached, and that nothing is lost by it.

use leptos::prelude::*;

use crate::{
    app::{
        live::words,
        part::{IntoPart, Part},
    },
    client::{Phase, Session},
};

#[component]
pub fn Connection() -> Part {
    let phase = Session::current().phase();
    view! {
        <p class="connection" role="status" aria-live="polite">
            {words(move || (phase.get() == Phase::Offline).then_some("You are offline, or the server is. You stay signed in, and we keep trying."))}
        </p>
    }
    .part()
}
