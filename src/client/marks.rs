//! What this browser remembers in storage: that somebody is signed in, or is signing out. Nothing secret, and nothing that the server believes.

use gloo_storage::{LocalStorage, Storage};

const SIGNED_IN: &str = "hallpass.signed_in";
/// The person signed out, and the server has not answered yet.
const LEAVING: &str = "hallpass.leaving";

pub(super) fn remember(signed_in: bool) {
    set(SIGNED_IN, signed_in);
}

pub(super) fn remembered() -> bool {
    is_set(SIGNED_IN)
}

pub(super) fn leave(leaving: bool) {
    set(LEAVING, leaving);
}

pub(super) fn leaving() -> bool {
    is_set(LEAVING)
}

/// Storage may be full or forbidden; then the browser merely remembers less.
fn set(mark: &str, set: bool) {
    if !allowed() {
        return;
    }
    if set {
        let _ = LocalStorage::set(mark, true);
    } else {
        LocalStorage::delete(mark);
    }
}

fn is_set(mark: &str) -> bool {
    allowed() && LocalStorage::get(mark).unwrap_or(false)
}

/// Where storage is forbidden, asking for it throws, and gloo takes that for impossible.
fn allowed() -> bool {
    web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))))
}
