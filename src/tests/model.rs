//! Proof by exhaustion: the server's rule ([`crate::auth::rotation`]), the browser's machine ([`crate::client::machine`]) and its testimony, the very functions
//! that run, in a world of a network that loses, delays, repeats and reorders, crashes, sleep, clocks that are set, sign-outs and logins in between, and a thief.
//!
//! The search is our own (`explore.rs`), and not a checker off the shelf: what makes these worlds end by themselves is that every state is made canonical and kept as a
//! fingerprint of 128 bits only, and what answers for liveness is a schedule run from every state (`recovery.rs`), which says more than that something happens eventually on paths without a circle.

#![expect(
    clippy::cast_possible_truncation,
    clippy::doc_markdown,
    clippy::match_same_arms,
    clippy::similar_names,
    clippy::single_match_else,
    reason = "a handful of tabs and sessions, and tables of cases that stand each on a line of its own"
)]

mod action;
mod canonical;
mod explore;
mod fingerprint;
mod jar;
mod network;
mod picture;
mod recovery;
mod server;
mod state;
mod tab;
mod thief;
mod time;
mod token;
mod verdict;
mod world;
mod worlds;
