//! Parts that pages are made of.

pub mod connection;
pub mod credentials;
pub mod error_summary;
pub mod frame;
pub mod moment;
pub mod next;
pub mod password_field;
pub mod protected;
mod sign_in_again;
pub mod sign_out;
pub mod token_life;
