//! No such page.

use leptos::prelude::*;

use crate::app::{
    components::frame::Frame,
    part::{IntoPart, Part},
};

#[component]
pub fn NotFound() -> Part {
    view! {
        <Frame title="Page not found" heading="There is no such page">
            <div class="card">
                <p>"The address may be mistyped, or the page has moved."</p>
                <a class="button primary" href="/">"To the start"</a>
            </div>
        </Frame>
    }
    .part()
}
