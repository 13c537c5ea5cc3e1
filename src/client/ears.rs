//! What the page hears from its browser.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event as Heard, EventTarget};

use super::{
    driver::{back, dispatch, hear, is_away, online, put_away},
    machine::Event,
    tabs, turns,
};

/// Listens for as long as the page lives.
pub(super) fn listen() {
    let (window, document) = (window(), document());
    on(&window, "pagehide", |event| if is_kept(event) { put_away() } else { turns::let_go() });
    on(&window, "pageshow", |event| {
        if is_kept(event) {
            back();
        }
        look_up();
    });
    on(&document, "freeze", |_| put_away());
    on(&document, "resume", |_| look_up());
    on(&document, "visibilitychange", |_| look_up());
    on(&window, "online", |_| online());
    on(&window, "storage", |event| {
        if let (Some(key), Some(text)) = (text_of(event, "key"), text_of(event, "newValue"))
            && let Some(word) = tabs::read(&key, &text)
        {
            hear(word);
        }
    });
    // A page may load behind the one in front.
    if document.hidden() {
        look_up();
    }
}

fn on(target: &EventTarget, name: &str, heard: fn(&Heard)) {
    let listener = Closure::<dyn FnMut(Heard)>::new(move |event: Heard| heard(&event));
    // Cannot fail for a listener that is a function.
    let _ = target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    listener.forget();
}

fn look_up() {
    let hidden = document().hidden();
    // Not every browser that freezes a page says when it thaws.
    if is_away() && !hidden {
        back();
    }
    dispatch(if hidden { Event::Hidden } else { Event::Shown }, None);
}

/// Whether the browser keeps the page, to show it again as it was.
fn is_kept(event: &Heard) -> bool {
    member(event, "persisted").is_truthy()
}

fn text_of(event: &Heard, name: &str) -> Option<String> {
    member(event, name).as_string()
}

fn member(event: &Heard, name: &str) -> JsValue {
    js_sys::Reflect::get(event, &name.into()).unwrap_or_default()
}
