//! What this browser remembers in storage, shared by its tabs: what it calls itself, with which session it is signed in, which one the person is signing
//! out of, and which refreshes are unanswered. Nothing of it lets anybody in.

use gloo_storage::{LocalStorage, Storage};
use serde::{Serialize, de::DeserializeOwned};

use super::{clock, testimony::Entry};

const SIGNED_IN: &str = "hallpass.signed_in";
/// The session that the person signed out of last, until somebody signs in: whatever comes late is known by it.
pub const LEAVING: &str = "hallpass.leaving";
/// What this browser calls itself to the server, so that a copy of its cookie elsewhere is known by not saying so.
const INSTANCE: &str = "hallpass.instance";
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

/// What this browser calls itself. Read anew each time, for all tabs must say the same; empty where it has no name.
pub(super) fn instance() -> String {
    get(INSTANCE).unwrap_or_default()
}

/// The same, and a name is drawn where there is none: for a session that is about to begin.
pub(super) fn instance_or_new() -> String {
    if instance().is_empty() {
        set(INSTANCE, clock::draw_name());
    }
    instance()
}

/// Lists a refresh as unanswered, and says what the whole list is now. `None`: this browser keeps none, or has lost what was on it. The name was there
/// before the session was, so it shows whether storage has been cleared since.
pub(super) fn list(entry: Entry) -> Option<Vec<Entry>> {
    set(&format!("{REFRESH}{entry}"), Some(()));
    let listed = listed()?;
    (listed.contains(&entry) && !instance().is_empty()).then_some(listed)
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
