//! What is wrong with a form, said once at its top, with a way to each field.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::{
    api::Problem,
    app::{
        live::{effect, live, when},
        part::{IntoPart, Part},
        spot::Spot,
    },
};

/// Takes the focus when a problem appears, so that it is read out and seen. `fields`: the `name` of each field and the `id` of its input.
#[component]
pub fn ErrorSummary(
    problem: RwSignal<Option<Problem>>,
    #[prop(into)] fields: Vec<(&'static str, &'static str)>,
) -> Part {
    let summary = Spot::new();
    effect(move |first| {
        // A person who is typing already as the page comes to life is not interrupted.
        let typing = first && document().active_element().is_some_and(|active| active.tag_name() == "INPUT");
        if let (Some(summary), true, false) = (summary.get(), problem.with(Option::is_some), typing) {
            let _ = summary.focus();
        }
    });
    let ways = move |problem: &Problem| {
        fields
            .iter()
            .copied()
            .filter_map(|(name, id)| problem.field(name).map(|detail| (id, detail)))
            .map(|(id, detail)| {
                let go = move |event: leptos::ev::MouseEvent| {
                    event.prevent_default();
                    focus(id);
                };
                view! { <li><a href=format!("#{id}") on:click=when(go)>{detail}</a></li> }.part()
            })
            .collect::<Vec<_>>()
    };
    live(move || {
        problem.get().map(|problem| {
            let links = ways(&problem);
            // Also where it is about a field that this form does not have.
            let sentence = links.is_empty().then(|| view! { <p>{problem.detail.clone()}</p> });
            let links = (!links.is_empty()).then(|| view! { <ul>{links}</ul> });
            view! {
                <div class="error-summary" role="alert" tabindex="-1" node_ref=summary aria-labelledby="error-summary-title">
                    <h2 id="error-summary-title">"There is a problem"</h2>
                    {sentence}
                    {links}
                </div>
            }
        })
        .part()
    })
    .part()
}

fn focus(id: &str) {
    if let Some(input) =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = input.focus();
    }
}
