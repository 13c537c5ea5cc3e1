//! The one place that reads the browser's clocks and its dice.

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

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit")]
fn whole(ms: f64) -> i64 {
    ms as i64
}
