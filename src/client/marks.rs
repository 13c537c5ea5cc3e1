//! What this browser remembers in storage, shared by its tabs: what it calls itself, with which session it is signed in, which one the person is signing
//! out of, and which refreshes are unanswered. Nothing of it lets anybody in.

use gloo_storage::{LocalStorage, Storage};

use super::{clock, testimony::Entry};
use crate::api::json::{FromJson, Json};

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
        set(SIGNED_IN, None);
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
        set(INSTANCE, clock::draw_name().as_deref());
    }
    instance()
}

/// Lists a refresh as unanswered, and says what the whole list is now. `None`: this browser keeps none, or has lost what was on it. The name was there
/// before the session was, so it shows whether storage has been cleared since.
pub(super) fn list(entry: Entry) -> Option<Vec<Entry>> {
    write(&format!("{REFRESH}{entry}"), "null");
    let listed = listed()?;
    (listed.contains(&entry) && !instance().is_empty()).then_some(listed)
}

pub(super) fn strike(entries: &[Entry]) {
    for entry in entries {
        erase(&format!("{REFRESH}{entry}"));
    }
}

fn listed() -> Option<Vec<Entry>> {
    let storage = storage()?;
    let keys = (0..storage.length().ok()?).filter_map(|at| storage.key(at).ok().flatten());
    Some(keys.filter_map(|key| key.strip_prefix(REFRESH)?.parse().ok()).collect())
}

/// As JSON, which the script in the page reads too.
fn set(mark: &str, value: Option<&str>) {
    match value {
        Some(value) => write(mark, &Json::from(value).write()),
        None => erase(mark),
    }
}

fn get(mark: &str) -> Option<String> {
    let text = storage()?.get_item(mark).ok().flatten()?;
    String::from_json(&Json::parse(&text)?)
}

pub(super) fn write(mark: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(mark, text);
    }
}

pub(super) fn erase(mark: &str) {
    if allowed() {
        LocalStorage::delete(mark);
    }
}

/// Where it is forbidden, `gloo-storage` would throw.
pub(super) fn allowed() -> bool {
    web_sys::window().is_some_and(|window| window.local_storage().is_ok_and(|storage| storage.is_some()))
}

fn storage() -> Option<web_sys::Storage> {
    allowed().then(LocalStorage::raw)
}
