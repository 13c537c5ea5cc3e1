//! Turns: among the tabs of a browser, one request at a time that may change the cookie. A Web Lock.
//!
//! For refreshes it only saves work, since the server makes several at once harmless; so it is waited for a little and then ignored, and a page that
//! is put away lets go of it. A login waits longer: no answer of a refresh, with its cookie, may come after the login's.

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

use super::clock;

const NAME: &str = "hallpass.refresh";
/// How long a refresh or a logout waits for its turn.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// A word to the other tabs travels by another way than the lock. This long it may take.
const WORD_ARRIVES: Duration = Duration::from_millis(50);

/// Dropped, it lets the next one have its turn.
type Hold = RefCell<Option<oneshot::Sender<()>>>;

thread_local! {
    static HELD: RefCell<Vec<Weak<Hold>>> = const { RefCell::new(Vec::new()) };
}

/// This page's turn for as long as this lives, or a turn taken without asking where nobody let go in time.
pub(super) struct Turn(Option<Rc<Hold>>);

impl Turn {
    /// Waits for this page's turn.
    pub(super) async fn wait(patience: Duration) -> Self {
        let (granted, turn) = oneshot::channel();
        let Some(asking) = ask(granted) else { return Self(None) };
        let Some(Ok(release)) = clock::within(patience, turn).await else {
            asking.abort();
            return Self(None);
        };
        let hold = Rc::new(Hold::new(Some(release)));
        HELD.with_borrow_mut(|held| {
            held.retain(|held| held.strong_count() > 0);
            held.push(Rc::downgrade(&hold));
        });
        Self(Some(hold))
    }

    /// Lets the next one have its turn when what was said to the other tabs must have arrived.
    pub(super) fn end(self) {
        if self.0.is_some() {
            spawn_local(async move {
                clock::pause(WORD_ARRIVES).await;
                drop(self);
            });
        }
    }
}

/// The page is put away: whatever it waits for may never come.
pub(super) fn let_go() {
    for hold in HELD.take().iter().filter_map(Weak::upgrade) {
        hold.take();
    }
}

/// Asks the browser, which grants it by sending what ends it. `None`: this browser has no such locks.
fn ask(granted: oneshot::Sender<oneshot::Sender<()>>) -> Option<AbortController> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let asking = AbortController::new().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &asking.signal()).ok()?;
    let on_grant = Closure::once_into_js(move |_lock: JsValue| {
        let (release, released) = oneshot::channel();
        // If nobody waits any more it is released at once.
        let _ = granted.send(release);
        future_to_promise(async {
            let _ = released.await;
            Ok(JsValue::UNDEFINED)
        })
    });
    let asked: Promise = request.call3(&locks, &NAME.into(), &options, &on_grant).ok()?.dyn_into().ok()?;
    // Rejected where it was given up, which is nothing to complain about.
    spawn_local(async { _ = JsFuture::from(asked).await });
    Some(asking)
}
