//! Parts that pages are made of.

pub mod activity;
pub mod connection;
pub mod credentials;
pub mod error_summary;
pub mod frame;
mod mark;
pub mod moment;
pub mod next;
pub mod notice;
pub mod password_field;
pub mod protected;
pub mod sending;
pub mod session_card;
mod sign_in_again;
pub mod sign_out;
pub mod text_field;
pub mod token_life;
pub mod unreachable;
