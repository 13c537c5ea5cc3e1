//! What was asked for did not come.

use leptos::prelude::*;

use crate::api::Problem;

/// `again`: counts the times that it is asked for.
#[component]
pub fn Unreachable(problem: Problem, again: RwSignal<u32>) -> impl IntoView {
    view! {
        <div class="card" role="alert">
            <p>{problem.detail}</p>
            <button class="primary" on:click=move |_| again.update(|count| *count += 1)>"Try again"</button>
        </div>
    }
}
