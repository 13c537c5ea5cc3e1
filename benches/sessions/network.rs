//! What becomes of one request.

use super::{Dice, MINUTE, Millis, SECOND, person::Person, rates::Rates};

/// When the browser gives a request up.
const ABORT: Millis = 15 * SECOND;
/// How late after it was sent a request may still reach the server.
const LATE: Millis = MINUTE;
/// How long the network takes to come up after a sleep.
const COMING_UP: Millis = 10 * SECOND;

/// Milliseconds, all from when the request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When it reaches the server, and when it does so again.
    pub arrives: Option<Millis>,
    pub arrives_again: Option<Millis>,
    /// When the browser has the answer, and whether it is the one to the second arrival.
    pub answered: Option<Millis>,
    pub by_the_second: bool,
    /// When the browser learns that there will be none.
    pub fails: Millis,
}

impl Fate {
    pub fn throw(dice: &mut Dice, rates: &Rates, person: &Person, now: Millis) -> Self {
        let arrives = arrival(dice, rates, person, now);
        // What is lost was sent all the same, and its sender waits.
        let on_its_way = arrives.unwrap_or(0);
        let again = arrives.filter(|_| dice.chance(rates.twice)).map(|first| dice.between(first, LATE));
        let by_the_second = again.is_some() && dice.chance(0.5);
        let answered = again.filter(|_| by_the_second).or(arrives).map(|arrives| arrives + way(dice));
        let lost = dice.chance(rates.lost_answers) || dice.chance(poor(rates, person, now));
        // A broken connection is noticed soon, a silent one is not.
        let noticed = if dice.chance(0.5) { dice.between(on_its_way.min(ABORT), ABORT) } else { ABORT };
        Self {
            arrives,
            arrives_again: again,
            answered: answered.filter(|answered| !lost && *answered < ABORT),
            by_the_second,
            fails: noticed,
        }
    }
}

/// When a request reaches the server, from when it is sent. None: never.
pub fn arrival(dice: &mut Dice, rates: &Rates, person: &Person, now: Millis) -> Option<Millis> {
    let lost = !person.online || dice.chance(rates.lost_requests) || dice.chance(poor(rates, person, now));
    let late = dice.chance(rates.late);
    (!lost).then(|| if late { dice.between(SECOND, LATE) } else { way(dice) })
}

fn way(dice: &mut Dice) -> Millis {
    dice.across(20, 2 * SECOND)
}

/// The share that is lost on top while the network comes up.
fn poor(rates: &Rates, person: &Person, now: Millis) -> f64 {
    if now < person.woken_at + COMING_UP { rates.lost_on_waking } else { 0.0 }
}
