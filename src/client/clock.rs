//! The one place that reads the browser's clocks and its dice, and that waits.

use std::time::Duration;

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use js_sys::{Function, Reflect};
use leptos::leptos_dom::helpers::set_timeout_with_handle;
use wasm_bindgen::JsCast;

use super::deadline::Now;

pub(super) fn now() -> Now {
    let steady = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now());
    Now { wall: wall(), steady: whole(steady) }
}

/// Milliseconds since the Unix epoch, as far as this device knows.
#[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is handed")]
pub fn wall() -> i64 {
    whole(js_sys::Date::now())
}

/// 0 to 999.
pub(super) fn jitter() -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 999")]
    let jitter = (js_sys::Math::random() * 1000.0) as u16;
    jitter
}

/// A number that no other page of this browser is likely to draw.
pub(super) fn draw() -> u64 {
    /// As many as a double tells apart.
    const NUMBERS: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^53")]
    let number = (js_sys::Math::random() * NUMBERS) as u64;
    number
}

/// 122 random bits as text, from the browser's source for secrets (`crypto.randomUUID`). `None`: it has none.
pub(super) fn draw_name() -> Option<String> {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok()?;
    let draw: Function = Reflect::get(&crypto, &"randomUUID".into()).ok()?.dyn_into().ok()?;
    draw.call0(&crypto).ok()?.as_string()
}

pub(super) async fn pause(wait: Duration) {
    within(wait, std::future::pending::<()>()).await;
}

/// What comes of something, unless it takes longer than this.
pub(super) async fn within<T>(patience: Duration, something: impl Future<Output = T>) -> Option<T> {
    let (alarm, rung) = oneshot::channel();
    let timer = set_timeout_with_handle(move || _ = alarm.send(()), patience).ok();
    let outcome = match select(Box::pin(something), rung).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    };
    if let Some(timer) = timer {
        timer.clear();
    }
    outcome
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit")]
fn whole(ms: f64) -> i64 {
    ms as i64
}
