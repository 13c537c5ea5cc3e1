//! What was done, said where it was asked for.

use leptos::prelude::*;

use crate::app::{
    live::{effect, words},
    part::{IntoPart, Part},
    spot::Spot,
};

/// Takes the focus when it changes: the button that was pressed may be gone.
#[component]
pub fn Notice(text: RwSignal<Option<String>>) -> Part {
    let notice = Spot::new();
    effect(move |first| {
        if let (Some(notice), true, false) = (notice.get(), text.with(Option::is_some), first) {
            let _ = notice.focus();
        }
    });
    view! { <p class="notice" role="status" tabindex="-1" node_ref=notice>{words(move || text.get())}</p> }.part()
}
