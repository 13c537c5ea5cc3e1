//! Sign-in for Leptos apps.
//!
//! | room | | half |
//! |---|---|---|
//! | [`app`] | what people see | both |
//! | [`api`] | the contract | both |
//! | [`client`] | the access token in memory and the session machine | browser |
//! | `auth` | passwords, tokens, rotation, sessions | server |
//! | `store` | SQL | server |
//! | `server` | HTTP | server |
//! | `cli` | the operator's commands | server |
//! | [`own`] | what is yours where you put your app behind it | both |
//!
//! Who may know whom, and why, is in ARCHITECTURE.md.

// Views are types as deep as their markup.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
#[cfg(feature = "ssr")]
pub mod auth;
#[cfg(feature = "ssr")]
pub mod cli;
pub mod client;
pub mod ended;
pub mod fields;
#[cfg(all(feature = "ssr", any(test, fuzzing)))]
#[doc(hidden)]
pub mod fuzzing;
pub mod own;
#[cfg(feature = "ssr")]
mod printable;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(all(test, feature = "ssr"))]
mod tests;

/// Brings the page that the server rendered to life.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(app::App);
}

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
