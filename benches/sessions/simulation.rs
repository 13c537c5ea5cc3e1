//! Months of people and their browsers, with or without a thief, under any rule.
//!
//! | room | |
//! |---|---|
//! | [`rates`] | how often things go wrong |
//! | [`person`] | what somebody does all month, whatever the rule |
//! | [`network`] | what becomes of one request |
//! | [`browser`] | cookie jar, list and tabs |
//! | [`rules`] | the server's half: ours, and the rivals' |
//! | [`thief`] | five habits |
//! | [`month`] | all of it, one event after the other |

mod browser;
mod dice;
pub mod month;
mod network;
mod person;
mod queue;
pub mod rates;
pub mod rules;
pub mod thief;

use dice::Dice;

/// Simulated, from a midnight.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;
