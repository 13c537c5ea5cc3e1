//! What this browser remembers in storage: that somebody is signed in, or is signing out. Nothing secret, and nothing that the server believes.

use gloo_storage::{LocalStorage, Storage};
use serde::{Serialize, de::DeserializeOwned};

const SIGNED_IN: &str = "hallpass.signed_in";
/// The session that the person signed out of, while the server has not answered yet.
const LEAVING: &str = "hallpass.leaving";

/// Storage may be full or forbidden; then the browser merely remembers less.
pub(super) fn remember(signed_in: bool) {
    set(SIGNED_IN, signed_in.then_some(true));
}

pub(super) fn remembered() -> bool {
    get(SIGNED_IN).unwrap_or(false)
}

pub(super) fn leave(session: Option<&str>) {
    set(LEAVING, session);
}

pub(super) fn leaving() -> Option<String> {
    get(LEAVING)
}

fn set<T: Serialize>(mark: &str, value: Option<T>) {
    if !allowed() {
        return;
    }
    match value {
        Some(value) => _ = LocalStorage::set(mark, value),
        None => LocalStorage::delete(mark),
    }
}

fn get<T: DeserializeOwned>(mark: &str) -> Option<T> {
    allowed().then(|| LocalStorage::get(mark).ok()).flatten()
}

/// Where storage is forbidden, asking for it throws, and gloo takes that for impossible.
fn allowed() -> bool {
    web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))))
}
