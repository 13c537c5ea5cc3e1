//! Parts that pages are made of.

pub(super) mod connection;
pub(super) mod credentials;
pub(super) mod error_summary;
pub(super) mod frame;
pub(super) mod moment;
pub mod next;
pub(super) mod password_field;
pub(super) mod protected;
pub(super) mod sign_out;
pub(super) mod token_life;
