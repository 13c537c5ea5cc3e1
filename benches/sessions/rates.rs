//! How often things go wrong.

use super::{DAY, Millis};

/// Shares are from 0 to 1, everything else is a number a day that the person is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Requests that never reach the server.
    pub lost_requests: f64,
    /// Answers that never reach the browser, after the server has done its work.
    pub lost_answers: f64,
    /// Requests that arrive up to 60 s after they were sent (LATE), when the browser has given most of them up.
    pub late: f64,
    /// Requests that arrive twice.
    pub twice: f64,
    /// Requests and answers lost while the network comes up, in the first 10 s after waking.
    pub lost_on_waking: f64,
    /// Refreshes sent without regard to the lock between tabs.
    pub without_lock: f64,
    /// Wakings on which up to five tabs want a token in the same moment.
    pub together: f64,
    /// Spells without any network, 10 s to 2 h.
    pub outages: f64,
    /// Sleeps in the daytime, 1 min to 4 h.
    pub naps: f64,
    /// Crashes of the browser or the machine, which put cookie jar and list back by up to 30 s each (FLUSH).
    pub crashes: f64,
    /// Losses of everything in storage, while the cookie stays and the pages go on.
    pub clearings: f64,
    /// Reloads of the page in front.
    pub reloads: f64,
    /// Nights for which the browser is closed. For the others the lid is.
    pub closes: f64,
    /// Nights after which the person stays away for one to four days more.
    pub away: f64,
}

/// A desk with a wire.
pub const CALM: Rates = Rates {
    lost_requests: 0.001,
    lost_answers: 0.001,
    late: 0.000_1,
    twice: 0.000_1,
    lost_on_waking: 0.01,
    without_lock: 0.01,
    together: 0.1,
    outages: 0.1,
    naps: 1.0,
    crashes: 0.02,
    clearings: 0.000_1,
    reloads: 5.0,
    closes: 0.25,
    away: 0.1,
};

/// A laptop on wireless networks.
pub const USUAL: Rates = Rates {
    lost_requests: 0.005,
    lost_answers: 0.005,
    late: 0.001,
    twice: 0.001,
    lost_on_waking: 0.1,
    without_lock: 0.05,
    together: 0.2,
    outages: 0.5,
    naps: 3.0,
    crashes: 0.1,
    clearings: 0.001,
    reloads: 10.0,
    closes: 0.25,
    away: 0.1,
};

/// A failing laptop on a train. Nobody publishes how often answers are lost, but in the threads of the field eight sign-outs of ten follow a network error
/// and are retried up to 7.9 h later, on waking or when a phone is taken out again: so one answer in twenty is lost, half of those
/// around a sleep, with five sleeps a day. One deployment saw three of five tokens falsely revoked by requests racing each other: so every fifth refresh disregards the
/// lock. A crash a day and a request in a hundred that is a minute late are far worse than anything reported, and nobody clears storage under open pages every
/// hundredth day.
pub const HARSH: Rates = Rates {
    lost_requests: 0.05,
    lost_answers: 0.05,
    late: 0.01,
    twice: 0.01,
    lost_on_waking: 0.5,
    without_lock: 0.2,
    together: 0.5,
    outages: 2.0,
    naps: 5.0,
    crashes: 1.0,
    clearings: 0.01,
    reloads: 20.0,
    closes: 0.25,
    away: 0.1,
};

type Field = for<'a> fn(&'a mut Rates) -> &'a mut f64;

/// Every rate by the name that it has on the command line.
pub const NAMES: [(&str, Field); 14] = [
    ("lost-requests", |rates| &mut rates.lost_requests),
    ("lost-answers", |rates| &mut rates.lost_answers),
    ("late", |rates| &mut rates.late),
    ("twice", |rates| &mut rates.twice),
    ("lost-on-waking", |rates| &mut rates.lost_on_waking),
    ("without-lock", |rates| &mut rates.without_lock),
    ("together", |rates| &mut rates.together),
    ("outages", |rates| &mut rates.outages),
    ("naps", |rates| &mut rates.naps),
    ("crashes", |rates| &mut rates.crashes),
    ("clearings", |rates| &mut rates.clearings),
    ("reloads", |rates| &mut rates.reloads),
    ("closes", |rates| &mut rates.closes),
    ("away", |rates| &mut rates.away),
];

/// How long a day is for somebody who is there from half past eight to half past eight, less some naps.
const PRESENT: Millis = DAY / 24 * 10;

/// The mean time between two of what happens so many times a day, in milliseconds of presence.
pub fn apart(a_day: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a day fits")]
    let present = PRESENT as f64;
    present / a_day
}
