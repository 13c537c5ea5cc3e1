//! Turns among the tabs of a browser, for requests that may change the cookie. Two Web Locks.
//!
//! The gate is for order: nothing whose answer sets or clears the cookie may be under way while a login is, or its answer could come later and put
//! another cookie in the login's place. Refreshes and logouts go through it side by side, a login alone.
//! The other lock only saves work, since the server makes several refreshes at once harmless; so it is waited for a little and then ignored, and a page that
//! is put away lets go of both.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    time::Duration,
};

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::AbortController;

use super::{clock, requests::ABORT};

const GATE: &str = "hallpass.gate";
const REFRESH: &str = "hallpass.refresh";
/// How long a refresh waits for that of another tab.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a login waits: longer than a refresh can hold the gate, which waits for its turn, then for its answer, and then for its word to arrive.
const ALL_DONE: Duration = Duration::from_secs(20);
/// A word to the other tabs travels by another way than the lock. This long it may take.
const WORD_ARRIVES: Duration = Duration::from_millis(50);

/// Dropped, it lets the next one have its turn.
type Hold = RefCell<Option<oneshot::Sender<()>>>;

/// Told by the browser that it is granted, and with what that ends. Dropped, it was given up.
type Grant = Rc<RefCell<Option<oneshot::Sender<oneshot::Sender<()>>>>>;

struct Asked {
    by: AbortController,
    grant: Grant,
}

thread_local! {
    static HELD: RefCell<Vec<Weak<Hold>>> = const { RefCell::new(Vec::new()) };
    /// What was asked for and not granted yet: a page that is put away must not be granted it.
    static ASKED: RefCell<Vec<Asked>> = const { RefCell::new(Vec::new()) };
}

/// This page's turn for as long as this lives, with what was granted of it in time.
pub(super) struct Turn(Vec<Rc<Hold>>);

#[derive(Clone, Copy)]
enum Mode {
    Alone,
    SideBySide,
}

impl Turn {
    /// Waits until no login is under way, and then a little for the refresh of another tab.
    pub(super) async fn to_refresh() -> Self {
        let gate = wait(GATE, Mode::SideBySide, ABORT).await;
        let refresh = wait(REFRESH, Mode::Alone, PATIENCE).await;
        Self(gate.into_iter().chain(refresh).collect())
    }

    /// Waits until nobody's login is under way.
    pub(super) async fn to_leave() -> Self {
        Self(wait(GATE, Mode::SideBySide, ABORT).await.into_iter().collect())
    }

    /// Waits until nothing is under way in any tab.
    pub(super) async fn to_enter() -> Self {
        Self(wait(GATE, Mode::Alone, ALL_DONE).await.into_iter().collect())
    }

    /// Lets the next one have its turn when what was said to the other tabs must have arrived.
    pub(super) fn end(self) {
        spawn_local(async move {
            clock::pause(WORD_ARRIVES).await;
            drop(self.0);
        });
    }
}

/// `None`: not granted in time, or this browser has no locks. A page that is put away loses its place, and asks anew when it is back.
async fn wait(name: &str, mode: Mode, patience: Duration) -> Option<Rc<Hold>> {
    let release = loop {
        let (granted, turn) = oneshot::channel();
        let grant = Grant::new(RefCell::new(Some(granted)));
        let by = ask(name, mode, Rc::clone(&grant))?;
        ASKED.with_borrow_mut(|asked| asked.push(Asked { by: by.clone(), grant: Rc::clone(&grant) }));
        let answer = clock::within(patience, turn).await;
        ASKED.with_borrow_mut(|asked| asked.retain(|other| !Rc::ptr_eq(&other.grant, &grant)));
        match answer {
            Some(Ok(release)) => break release,
            // Pages that are away have no time.
            Some(Err(oneshot::Canceled)) => clock::pause(WORD_ARRIVES).await,
            None => {
                by.abort();
                return None;
            }
        }
    };
    let hold = Rc::new(Hold::new(Some(release)));
    HELD.with_borrow_mut(|held| {
        held.retain(|held| held.strong_count() > 0);
        held.push(Rc::downgrade(&hold));
    });
    Some(hold)
}

/// The page is put away: whatever it waits for may never come.
pub(super) fn let_go() {
    for Asked { by, grant } in ASKED.take() {
        by.abort();
        grant.take();
    }
    for hold in HELD.take().iter().filter_map(Weak::upgrade) {
        hold.take();
    }
}

/// Asks the browser, which grants it by sending what ends it. `None`: this browser has no such locks.
fn ask(name: &str, mode: Mode, grant: Grant) -> Option<AbortController> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let asking = AbortController::new().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &asking.signal()).ok()?;
    if let Mode::SideBySide = mode {
        Reflect::set(&options, &"mode".into(), &"shared".into()).ok()?;
    }
    let on_grant = Closure::once_into_js(move |_lock: JsValue| {
        let (release, released) = oneshot::channel();
        // If nobody waits any more it is released at once.
        if let Some(granted) = grant.take() {
            let _ = granted.send(release);
        }
        future_to_promise(async {
            let _ = released.await;
            Ok(JsValue::UNDEFINED)
        })
    });
    let asked: Promise = request.call3(&locks, &name.into(), &options, &on_grant).ok()?.dyn_into().ok()?;
    // Rejected where it was given up, which is nothing to complain about.
    spawn_local(async { _ = JsFuture::from(asked).await });
    Some(asking)
}
