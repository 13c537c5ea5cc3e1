//! The front door: sends everybody on.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use crate::{
    app::{
        arrival::Arrival,
        part::{IntoPart, Part},
    },
    client::{Phase, Session},
    own::HOME,
};

#[component]
pub fn Home() -> Part {
    // A page that the app moves to knows more than the one that the server rendered.
    let out = match Session::current().phase().get_untracked() {
        Phase::SignedOut(_) => true,
        Phase::SignedIn | Phase::Offline => false,
        Phase::Restoring => matches!(expect_context(), Arrival::SignedOut(_)),
    };
    view! { <Redirect path=if out { "/login" } else { HOME }/> }.part()
}
