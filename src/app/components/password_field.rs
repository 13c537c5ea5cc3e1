//! A password field that can be shown.

use leptos::prelude::*;

use crate::{
    api::Problem,
    app::{
        live::{effect, if_so, live, when, words},
        part::{IntoPart, Part},
        spot::Spot,
    },
};

/// Takes what is typed, pasted or filled in as it is. The button to show it appears with the app, in room that is kept for it.
/// The input itself is the caller's, to read and to clear.
#[component]
pub fn PasswordField(
    input: Spot,
    #[prop(default = "Password")] label: &'static str,
    #[prop(default = "password")] name: &'static str,
    /// Of the input, and what those of its hint and its error begin with.
    id: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    /// Of the form.
    problem: RwSignal<Option<Problem>>,
    shown: RwSignal<bool>,
) -> Part {
    let error = move || problem.with(|problem| problem.as_ref()?.field(name));
    let alive = RwSignal::new(false);
    let toggled = RwSignal::new(false);
    effect(move |_| alive.set(true));
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let has_hint = !hint.is_empty();
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || {
            let parts = [has_hint.then_some(&*hint_id), error().is_some().then_some(&*error_id)];
            let ids = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            (!ids.is_empty()).then_some(ids)
        }
    };
    let spoken = label.to_ascii_lowercase();
    let visible = spoken.clone();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {has_hint.then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {live(move || error().map(|detail| view! { <p class="field-error" id=error_id.clone()>{detail}</p> }).part())}
            <div class="password">
                <input
                    node_ref=input
                    id=id
                    name=name
                    type=words(move || Some(if shown.get() { "text" } else { "password" }))
                    autocomplete=autocomplete
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=if_so(move || error().is_some())
                    aria-describedby=words(described_by)
                />
                {live(move || alive.get().then(|| reveal(id, spoken.clone(), shown, toggled)).part())}
            </div>
            <p class="visually-hidden" role="status">
                {words(move || {
                    let state = if shown.get() { "visible" } else { "hidden" };
                    toggled.get().then(|| format!("Your {visible} is {state}"))
                })}
            </p>
        </div>
    }
    .part()
}

/// The button that shows and hides what is typed.
fn reveal(id: &'static str, spoken: String, shown: RwSignal<bool>, toggled: RwSignal<bool>) -> Part {
    let does = move || if shown.get() { "Hide" } else { "Show" };
    let press = when(move |_| {
        toggled.set(true);
        shown.update(|shown| *shown = !*shown);
    });
    view! {
        <button
            type="button"
            class="reveal"
            aria-controls=id
            aria-label=words(move || Some(format!("{} {spoken}", does())))
            on:click=press
        >
            {words(move || Some(does()))}
        </button>
    }
    .part()
}
