//! The browser's half: the access token in memory, the session machine, the tabs.
//!
//! [`machine`] decides and is pure. [`session`] drives it: it carries the commands out and feeds the events in. The rest are its hands.
//! On the server all of this compiles and none of it runs.

pub mod clock;
pub mod deadline;
pub mod machine;
mod marks;
mod requests;
pub mod session;
mod tabs;

pub use session::{Phase, Session};
