//! A field for a line of text.

use leptos::prelude::*;

use crate::{
    api::Problem,
    app::{
        live::{if_so, live, words},
        part::{IntoPart, Part},
        spot::Spot,
    },
};

/// The input belongs to the browser, so that what was typed or filled in before the app came is kept; `typed` is what the server was sent already.
#[component]
pub fn TextField(
    input: Spot,
    label: String,
    /// Of the input, which is its id as well.
    name: &'static str,
    typed: Option<String>,
    autocomplete: &'static str,
    /// Whether it is a name for machines, which nothing may correct.
    exact: bool,
    /// Of the form.
    problem: RwSignal<Option<Problem>>,
) -> Part {
    let error = move || problem.with(|problem| problem.as_ref()?.field(name));
    let error_id = format!("{name}-error");
    let described_by = error_id.clone();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {live(move || error().map(|detail| view! { <p class="field-error" id=error_id.clone()>{detail}</p> }).part())}
            <input
                node_ref=input
                id=name
                name=name
                type="text"
                value=typed
                autocomplete=autocomplete
                autocapitalize=exact.then_some("off")
                spellcheck=exact.then_some("false")
                aria-invalid=if_so(move || error().is_some())
                aria-describedby=words(move || error().is_some().then(|| described_by.clone()))
            />
        </div>
    }
    .part()
}
