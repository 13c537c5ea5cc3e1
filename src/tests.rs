//! Tests that go through the whole router, on a database of their own, with a clock that they hold.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod account_pages;
mod acknowledgement;
mod activity;
mod asvs;
mod bad_input;
mod browser;
mod browser_face;
mod checking;
mod concurrency;
mod copies;
mod cross_site;
mod database;
mod documentation;
mod ending;
mod forwarded;
mod harness;
mod headers;
mod instance;
mod instances;
mod key_rotation;
mod known_devices;
mod lifetimes;
mod limits;
mod metrics;
mod model;
mod months;
mod openapi;
mod operators;
mod pages;
mod password;
mod plain_forms;
mod program_account;
mod program_face;
mod purging;
mod reading;
mod restart;
mod reuse;
mod secret_replacement;
mod security_log;
mod sessions;
mod storage;
mod token_vectors;
mod tries;
mod well_known;
