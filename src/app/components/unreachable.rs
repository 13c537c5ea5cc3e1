//! What was asked for did not come.

use leptos::prelude::*;

use crate::{
    api::Problem,
    client::{Phase, Session},
};

/// `again`: counts the times that it is asked for. By a press of the button, and by itself when the page has a token again.
#[component]
pub fn Unreachable(problem: Problem, again: RwSignal<u32>) -> impl IntoView {
    let ask = move || again.update(|count| *count += 1);
    let phase = Session::current().phase();
    Effect::new(move |before: Option<Phase>| {
        let now = phase.get();
        if now == Phase::SignedIn && before.is_some_and(|before| before != now) {
            ask();
        }
        now
    });
    view! {
        <div class="card" role="alert">
            <p>{problem.detail}</p>
            <button class="primary" on:click=move |_| ask()>"Try again"</button>
        </div>
    }
}
