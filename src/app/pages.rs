//! One file a page.

pub(super) mod account;
pub(super) mod home;
pub(super) mod login;
pub(super) mod not_found;
pub(super) mod password;
pub mod sessions;
pub(super) mod signed_out;
pub(super) mod signup;
