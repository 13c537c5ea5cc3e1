//! A password field that can be shown.

use leptos::{html, prelude::*};

/// Takes what is typed, pasted or filled in as it is. The button to show it appears with the app, in room that is kept for it.
/// The input itself is the caller's, to read and to clear.
#[component]
pub fn PasswordField(
    input: NodeRef<html::Input>,
    /// Of the input, and of what describes it.
    id: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    error: Signal<Option<String>>,
    shown: RwSignal<bool>,
) -> impl IntoView {
    let alive = RwSignal::new(false);
    let toggled = RwSignal::new(false);
    Effect::new(move || alive.set(true));
    let has_hint = !hint.is_empty();
    let described_by = move || {
        let parts = [has_hint.then_some("password-hint"), error.with(Option::is_some).then_some("password-error")];
        let ids = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!ids.is_empty()).then_some(ids)
    };
    view! {
        <div class="field">
            <label for=id>"Password"</label>
            {has_hint.then(|| view! { <p class="hint" id="password-hint">{hint}</p> })}
            {move || error.get().map(|detail| view! { <p class="field-error" id="password-error">{detail}</p> })}
            <div class="password">
                <input
                    node_ref=input
                    id=id
                    name="password"
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=described_by
                />
                <Show when=move || alive.get()>
                    <button
                        type="button"
                        class="reveal"
                        aria-controls=id
                        aria-label=move || if shown.get() { "Hide password" } else { "Show password" }
                        on:click=move |_| {
                            toggled.set(true);
                            shown.update(|shown| *shown = !*shown);
                        }
                    >
                        {move || if shown.get() { "Hide" } else { "Show" }}
                    </button>
                </Show>
            </div>
            <p class="visually-hidden" role="status">
                {move || match (toggled.get(), shown.get()) {
                    (false, _) => "",
                    (true, true) => "Your password is visible",
                    (true, false) => "Your password is hidden",
                }}
            </p>
        </div>
    }
}
