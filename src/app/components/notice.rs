//! What was done, said where it was asked for.

use crate::app::part::{IntoPart, Part};
use leptos::{html, prelude::*};

/// Takes the focus when it changes: the button that was pressed may be gone.
#[component]
pub fn Notice(text: Signal<Option<String>>) -> Part {
    let notice = NodeRef::<html::P>::new();
    Effect::new(move |ran: Option<()>| {
        if let (Some(notice), true, true) = (notice.get(), text.with(Option::is_some), ran.is_some()) {
            let _ = notice.focus();
        }
    });
    view! { <p class="notice" role="status" tabindex="-1" node_ref=notice>{move || text.get()}</p> }.part()
}
