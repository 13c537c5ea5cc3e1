//! The browser's half: the access token in memory, the session machine, the tabs.
//!
//! [`machine`] decides and is pure. `driver` carries its decisions out and holds the token, `board` is what the pages see of it, and
//! [`session`] is what they ask of it. The rest are the driver's hands. On the server all of this compiles and none of it runs.

mod board;
pub mod clock;
pub mod deadline;
mod driver;
mod ears;
pub mod machine;
mod marks;
mod requests;
pub mod session;
mod tabs;
pub mod testimony;
mod turns;

pub use board::{Life, Phase, Renewal};
pub use driver::Rendered;
pub use marks::LEAVING;
pub use session::Session;
