//! The drawing beside the name; `public/favicon.svg` is the same.

use leptos::prelude::*;

use crate::app::part::{IntoPart, Part};

/// A slip of paper with a punched corner.
#[component]
pub fn Mark() -> Part {
    view! {
        <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
            <path d="M7 3h18a3 3 0 0 1 3 3v7a3 3 0 0 0 0 6v7a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3v-7a3 3 0 0 0 0-6V6a3 3 0 0 1 3-3z"/>
            <path class="tick" d="m10.5 16.5 4 4 7.5-9"/>
        </svg>
    }
    .part()
}
