//! The one place that reads the server's clock.

use std::{
    fmt::Debug,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::store::UnixMillis;

pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> UnixMillis;
}

#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is handed")]
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis::try_from(since.as_millis()).unwrap_or(UnixMillis::MAX)
    }
}
