//! What this browser remembers in storage: that somebody is signed in. Nothing secret, and nothing that the server believes.

use gloo_storage::{LocalStorage, Storage};

const SIGNED_IN: &str = "hallpass.signed_in";

/// Storage may be full or forbidden; then the browser merely remembers less.
pub(super) fn remember(signed_in: bool) {
    if !allowed() {
        return;
    }
    if signed_in {
        let _ = LocalStorage::set(SIGNED_IN, true);
    } else {
        LocalStorage::delete(SIGNED_IN);
    }
}

pub(super) fn remembered() -> bool {
    allowed() && LocalStorage::get(SIGNED_IN).unwrap_or(false)
}

/// Where storage is forbidden, asking for it throws, and gloo takes that for impossible.
fn allowed() -> bool {
    web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))))
}
