//! What this browser remembers in storage, shared by its tabs: with which session it is signed in, which one the person is signing out of, and which
//! refreshes are unanswered. Nothing secret, and nothing that the server believes.

use gloo_storage::{LocalStorage, Storage};
use serde::{Serialize, de::DeserializeOwned};

use super::testimony::Entry;

const SIGNED_IN: &str = "hallpass.signed_in";
/// The session that the person signed out of, while the server has not answered yet.
const LEAVING: &str = "hallpass.leaving";
/// Before each unanswered refresh. One key each, so that no two tabs ever write the same.
const REFRESH: &str = "hallpass.refresh.";

/// Storage may be full or forbidden; then the browser merely remembers less.
pub(super) fn remember(session: &str) {
    set(SIGNED_IN, Some(session));
}

/// Forgets that session; a newer one of another tab stays.
pub(super) fn forget(session: Option<&str>) {
    if remembered().as_deref() == session {
        set::<()>(SIGNED_IN, None);
    }
}

pub(super) fn remembered() -> Option<String> {
    get(SIGNED_IN)
}

pub(super) fn leave(session: Option<&str>) {
    set(LEAVING, session);
}

pub(super) fn leaving() -> Option<String> {
    get(LEAVING)
}

/// Lists a refresh as unanswered, and says what the whole list is now. `None`: this browser keeps none.
pub(super) fn list(entry: Entry) -> Option<Vec<Entry>> {
    set(&format!("{REFRESH}{entry}"), Some(()));
    let listed = listed()?;
    listed.contains(&entry).then_some(listed)
}

pub(super) fn strike(entries: &[Entry]) {
    for entry in entries {
        set::<()>(&format!("{REFRESH}{entry}"), None);
    }
}

fn listed() -> Option<Vec<Entry>> {
    let storage = allowed().then(LocalStorage::raw)?;
    let keys = (0..storage.length().ok()?).filter_map(|at| storage.key(at).ok().flatten());
    Some(keys.filter_map(|key| key.strip_prefix(REFRESH)?.parse().ok()).collect())
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
pub(super) fn allowed() -> bool {
    web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))))
}
