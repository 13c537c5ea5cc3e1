//! The contract: server functions, and the types that cross the wire.
//!
//! The browser's face. Each function has a fixed path under `/api`, takes a form and answers JSON. The refresh token travels in the
//! cookie only, the access token in the body of an answer and in the `Authorization` header only. Errors are [`Problem`]s here as in
//! the program's face.
//!
//! The rooms marked with *server* are what a body needs to know of the request that it serves.

pub mod account;
pub mod activity;
#[cfg(feature = "ssr")]
mod answers;
pub mod bearer;
pub mod call;
#[cfg(feature = "ssr")]
pub mod caller;
#[cfg(feature = "ssr")]
pub mod cookie;
#[cfg(feature = "ssr")]
pub mod device;
pub mod ending;
pub mod json;
#[cfg(feature = "ssr")]
pub mod origin;
pub mod password;
pub mod patient;
#[cfg(feature = "ssr")]
pub mod person;
pub mod problem;
pub mod session;
pub mod sessions;

pub use account::{Account, Moment};
pub use problem::Problem;
pub use session::Grant;
