//! What is yours, where you put your app behind this sign-in: its name, its way round, and what its accounts have of their own.
//! `docs/adopt.md` goes through it. Later versions leave this file alone.

use crate::fields::Field;

/// What the app is called, wherever a person reads it.
pub const NAME: &str = "Hallpass";

/// Where people come who have signed in and asked for nothing else.
pub const HOME: &str = "/account";

/// The way between the pages behind sign-in: where each is, and what it is called.
pub const SECTIONS: &[(&str, &str)] =
    &[("/account", "Account"), ("/account/sessions", "Sessions"), ("/account/password", "Password")];

/// What browsers colour around the page, by day and by night: `--paper` of the style.
pub const PAPER: [&str; 2] = ["#f5f2ea", "#14181a"];

/// What a browser may have to download to bring the app to life, in bytes as they are sent. `make test` holds the app to it.
pub const DOWNLOAD: u32 = 175_000;

/// What accounts have beside a name and a password, in the order in which people are asked for it.
pub const FIELDS: &[Field] = &[];
