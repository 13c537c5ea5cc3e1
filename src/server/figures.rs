//! The figures of [`crate::auth::tally`] under the names by which Prometheus knows them.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    auth::tally::Figures,
    store::{Connections, UnixMillis},
};

type Seconds = Gauge<f64, AtomicU64>;

/// Made anew for each time that it is asked for, so that there is no second count to keep in step with the first.
pub fn registry(figures: Figures) -> Registry {
    let Figures { hashing, .. } = figures;
    let mut registry = Registry::default();
    registry.register("hallpass_logins", "Logins, by what came of them", by_outcome(figures.logins));
    registry.register("hallpass_refreshes", "Refreshes, by what came of them", by_outcome(figures.refreshes));
    registry.register(
        "hallpass_token_reuses",
        "Used-up refresh tokens that came back and ended their session",
        counter(figures.reuses),
    );
    registry.register("hallpass_password_hashes_running", "Passwords being hashed", gauge(hashing.running));
    registry.register("hallpass_password_hashes_waiting", "Passwords waiting to be hashed", gauge(hashing.waiting));
    registry.register(
        "hallpass_password_hashes_refused",
        "Passwords refused since too many were waiting",
        counter(hashing.refused),
    );
    registry.register(
        "hallpass_revocation_lag_seconds",
        "Age of the last word from the database on which sessions have ended",
        seconds(figures.revocation_lag),
    );
    registry.register(
        "hallpass_revocation_checks_while_deaf",
        "Access tokens for which the database was asked, since that word was too old",
        counter(figures.checks_while_deaf),
    );
    registry.register(
        "hallpass_database_connections",
        "Connections to the database, by what they are for and whether they are in use",
        connections(&figures.connections),
    );
    registry.register("hallpass_signing_key_age_seconds", "Age of the key that signs", seconds(figures.key_age));
    if let Some(count) = figures.live_sessions {
        registry.register(
            "hallpass_live_sessions",
            "Sessions that have neither ended nor run out, counted once a minute and up to a million",
            gauge(count),
        );
    }
    registry
}

fn by_outcome(counts: Vec<(&'static str, u64)>) -> Family<[(&'static str, &'static str); 1], Counter> {
    let family = Family::<_, Counter>::default();
    for (outcome, count) in counts {
        family.get_or_create(&[("outcome", outcome)]).inc_by(count);
    }
    family
}

fn connections(pools: &[Connections]) -> Family<[(&'static str, &'static str); 2], Gauge> {
    let family = Family::<_, Gauge>::default();
    for Connections { pool, in_use, idle } in pools {
        for (state, count) in [("in_use", in_use), ("idle", idle)] {
            family.get_or_create(&[("pool", *pool), ("state", state)]).set((*count).into());
        }
    }
    family
}

fn counter(count: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(count);
    counter
}

fn gauge(value: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    gauge
}

fn seconds(time: UnixMillis) -> Seconds {
    let gauge = Seconds::default();
    gauge.set(std::time::Duration::from_millis(time.unsigned_abs()).as_secs_f64());
    gauge
}
