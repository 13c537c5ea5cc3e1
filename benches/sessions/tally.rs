//! Many months, lived on all cores and added up. Adding up knows no order, so the number of cores makes no difference.

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use super::simulation::{
    HOUR, Millis,
    month::{Outcome, Setting, Theft, live},
};

/// Two-sided 95 %, in standard errors.
const SURE: f64 = 1.96;

#[derive(Debug, Default)]
pub struct Tally {
    months: u64,
    false_sign_outs: u64,
    squares: u64,
    expired: u64,
    refreshes: u64,
    futile: u64,
    unnoticed: u64,
    /// After how long, in order.
    noticed: Vec<Millis>,
}

impl Tally {
    /// Lives the months of users 0 to before `users`.
    pub fn of(setting: &Setting, users: u64) -> Self {
        let next = AtomicU64::new(0);
        let work = || {
            let mut tally = Self::default();
            loop {
                let user = next.fetch_add(1, Ordering::Relaxed);
                if user >= users {
                    return tally;
                }
                tally.add(&live(setting, user, false));
            }
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let parts: Vec<Self> = thread::scope(|scope| {
            let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
        });
        let mut all = parts.into_iter().fold(Self::default(), Self::plus);
        assert_eq!(all.months, users, "a worker panicked");
        all.noticed.sort_unstable();
        all
    }

    fn add(&mut self, outcome: &Outcome) {
        self.months += 1;
        self.false_sign_outs += u64::from(outcome.false_sign_outs);
        self.squares += u64::from(outcome.false_sign_outs).pow(2);
        self.expired += u64::from(outcome.expired);
        self.refreshes += u64::from(outcome.refreshes);
        match outcome.theft {
            None => {}
            Some(Theft::Futile) => self.futile += 1,
            Some(Theft::Unnoticed) => self.unnoticed += 1,
            Some(Theft::Noticed { after }) => self.noticed.push(after),
        }
    }

    fn plus(mut self, other: Self) -> Self {
        self.months += other.months;
        self.false_sign_outs += other.false_sign_outs;
        self.squares += other.squares;
        self.expired += other.expired;
        self.refreshes += other.refreshes;
        self.futile += other.futile;
        self.unnoticed += other.unnoticed;
        self.noticed.extend(other.noticed);
        self
    }

    /// The mean and its 95 % interval over users; for none at all the bound by the rule of three.
    pub fn false_sign_outs(&self) -> String {
        let months = self.months as f64;
        if self.false_sign_outs == 0 {
            return format!("0 (below {})", significant(3.0 / months));
        }
        let mean = self.false_sign_outs as f64 / months;
        let variance = (self.squares as f64 / months - mean * mean).max(0.0);
        let error = SURE * (variance / months).sqrt();
        format!("{} (± {})", significant(mean), significant(error))
    }

    /// The share that was noticed of the thieves who came in time, and after how long: median and 95th percentile.
    pub fn noticed(&self) -> String {
        let came = self.unnoticed + self.noticed.len() as u64;
        let share = 100.0 * self.noticed.len() as f64 / came as f64;
        match (self.after(50), self.after(95)) {
            (Some(median), Some(late)) => format!("{share:.1} %, {median:.1} h, {late:.0} h"),
            _ => format!("{share:.1} %"),
        }
    }

    fn after(&self, percent: usize) -> Option<f64> {
        let at = self.noticed.len().checked_sub(1)? * percent / 100;
        Some(self.noticed[at] as f64 / HOUR as f64)
    }

    pub fn summary(&self, days: i64) -> String {
        let user_days = self.months as f64 * days as f64;
        format!(
            "{} false sign-outs and {} past a lifetime in {user_days:.0} user-days; {:.1} refreshes a day",
            self.false_sign_outs,
            self.expired,
            self.refreshes as f64 / user_days
        )
    }
}

/// With two significant digits, or as a whole number where that has more.
fn significant(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "some tens at most")]
    let magnitude = value.abs().max(1e-9).log10().floor() as i32;
    let decimals = usize::try_from(1 - magnitude).unwrap_or(0);
    format!("{value:.decimals$}")
}
