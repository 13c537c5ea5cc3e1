//! The table, and what its rows are compared by.

use std::{collections::HashMap, time::Duration};

use super::drive::Measured;

/// What was measured under one name.
pub struct Figures {
    pub per_second: f64,
    /// None where nobody asks: the closed loop's times are no latencies.
    pub latency: Option<Latency>,
    pub resident_mb: Option<f64>,
    pub cores: Option<f64>,
}

pub struct Latency {
    pub p50: f64,
    pub p99: Option<f64>,
    pub p999: Option<f64>,
}

impl Latency {
    /// In milliseconds. A percentile that nobody was slower than is none.
    pub fn of(measured: &Measured) -> Self {
        let at = |share: f64| measured.at(share).as_secs_f64() * 1000.0;
        let enough = |share: f64, least: usize| (measured.times.len() >= least).then(|| at(share));
        Self { p50: at(0.5), p99: enough(0.99, 100), p999: enough(0.999, 1_000) }
    }
}

impl Measured {
    pub fn at(&self, share: f64) -> Duration {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index below the length")]
        let index = (self.times.len().saturating_sub(1) as f64 * share) as usize;
        self.times.get(index).copied().unwrap_or_default()
    }

    pub fn per_second(&self, lasting: Duration) -> f64 {
        self.times.len() as f64 / lasting.as_secs_f64()
    }

    pub fn p99_ms(&self) -> f64 {
        self.at(0.99).as_secs_f64() * 1000.0
    }
}

/// The 99th percentiles of several turns, of which the one in the middle counts, so that it is not what else the machine did in one of them.
#[derive(Default)]
pub struct Turns(Vec<f64>);

impl Turns {
    pub fn add(&mut self, turn: &Measured) {
        self.0.push(turn.p99_ms());
        self.0.sort_unstable_by(f64::total_cmp);
    }

    pub fn p99_ms(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }
}

/// The table, printed row by row.
#[derive(Default)]
pub struct Table {
    rows: HashMap<String, Figures>,
}

impl Table {
    pub fn head() {
        println!(
            "| | a second | p50 ms | p99 ms | p99.9 ms | resident MB | CPU, cores |\n|---|---|---|---|---|---|---|"
        );
    }

    pub fn add(&mut self, name: &str, figures: Figures) {
        let Figures { per_second, latency, resident_mb, cores } = &figures;
        let latency = latency.as_ref();
        println!(
            "| {name} | {per_second:.0} | {} | {} | {} | {} | {} |",
            cell(latency.map(|latency| latency.p50), 2),
            cell(latency.and_then(|latency| latency.p99), 2),
            cell(latency.and_then(|latency| latency.p999), 2),
            cell(*resident_mb, 0),
            cell(*cores, 2),
        );
        self.rows.insert(name.to_owned(), figures);
    }

    pub fn per_second(&self, name: &str) -> Option<f64> {
        self.rows.get(name).map(|row| row.per_second)
    }

    /// How many times as much one does as the other.
    pub fn ratio(&self, one: &str, other: &str) -> Option<f64> {
        Some(self.per_second(one)? / self.per_second(other)?)
    }
}

fn cell(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.digits$}"))
}
