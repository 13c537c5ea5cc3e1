//! No such page.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::app::components::frame::Frame;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Frame title="Page not found" heading="There is no such page">
            <div class="card">
                <p>"The address may be mistyped, or the page has moved."</p>
                <A href="/" attr:class="button primary">"To the start"</A>
            </div>
        </Frame>
    }
}
