//! Time in steps of fifteen seconds. Now is always 0: what passes is moved into the past.

use crate::client::deadline::Now;

/// Milliseconds.
pub const STEP: i64 = 15_000;

/// In steps: how far back a crash can take the cookie jar.
pub const FLUSH: u8 = 2;
/// In steps: when the browser gives a request up.
pub const ABORT: u8 = 1;
/// In steps: how long after it was sent a request may still reach the server. Worlds that are about other things make do with less.
pub const LATE: u8 = 4;

pub const NOW: Now = Now { wall: 0, steady: 0 };

/// A moment that does not come.
pub const NEVER: i64 = i64::MAX / 4;

/// The same moment, seen from so many milliseconds later.
pub fn later(moment: i64, passed: i64) -> i64 {
    if moment == NEVER { NEVER } else { moment - passed }
}
