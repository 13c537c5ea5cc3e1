//! No endless loop: from any state a tab can be in, with nothing new happening, it sends only so many refreshes in the next ten minutes. Run on the machine alone, to the
//! millisecond, once for each state of a machine that the search meets.

use super::{
    tab::Tab,
    time::NOW,
    verdict::Violation,
    world::{Client, World},
};
use crate::client::machine::{BREAKER, Command, Event, Machine, Supply};

const TEN_MINUTES: i64 = 600_000;
const A_SECOND: i64 = 1_000;

/// What the machine has to do with, from now on.
#[derive(Clone, Copy, Debug)]
pub enum Weather {
    /// Every refresh fails at once, and the page has nothing to ask.
    Dead,
    /// Every refresh fails at once, and the page asks for a token every second.
    DeadAndAsked,
    /// Every refresh is granted, and every call that the page makes, one a second, is refused.
    Hostile,
}

impl Weather {
    pub const ALL: [Self; 3] = [Self::Dead, Self::DeadAndAsked, Self::Hostile];

    /// How many refreshes a tab may send in ten minutes.
    fn most(self) -> u32 {
        match self {
            // After 1, 2, 4, .. seconds, and then one a minute.
            Self::Dead => 16,
            // What the breaker lets through in a minute, and after each of them the timer that it set.
            Self::DeadAndAsked | Self::Hostile => (10 * 2 + 1) * BREAKER as u32,
        }
    }
}

/// A machine on its own, and the timer that it set.
struct Patient<'a> {
    world: &'a World,
    machine: Machine,
    timer: Option<i64>,
    refreshes: u32,
}

pub fn comes_to_rest(world: &World, tab: &Tab) -> Result<(), Violation> {
    for weather in Weather::ALL {
        let mut patient = Patient { world, machine: tab.machine.clone(), timer: tab.timer, refreshes: 0 };
        patient.live_through(weather);
        if patient.refreshes > weather.most() {
            return Err(Violation::Endless);
        }
    }
    Ok(())
}

impl Patient<'_> {
    fn live_through(&mut self, weather: Weather) {
        // What was under way is lost with everything else.
        self.step(Event::Failed { attempt: 1, retry_after: None }, weather);
        let mut left = TEN_MINUTES;
        while left > 0 {
            let next_call = if let Weather::Dead = weather { left } else { A_SECOND };
            let wait = self.timer.map_or(next_call, |timer| timer.clamp(0, next_call));
            self.machine.pass(wait, wait);
            left -= wait;
            self.timer = self.timer.map(|timer| timer - wait);
            if self.timer.is_some_and(|timer| timer <= 0) {
                self.timer = None;
                self.step(Event::Timer, weather);
            } else if next_call == A_SECOND {
                self.ask(weather);
            }
        }
    }

    /// The page needs a token, and uses it.
    fn ask(&mut self, weather: Weather) {
        self.step(Event::Wanted, weather);
        if let (Supply::Token(number), Weather::Hostile) = (self.machine.supply(0, NOW), weather) {
            self.step(Event::Unauthorized { number }, weather);
        }
    }

    fn step(&mut self, event: Event, weather: Weather) {
        if self.world.client == Client::NoBreaker {
            self.machine.forget_breaker();
        }
        for command in self.machine.step(event, NOW, self.world.jitter) {
            match command {
                Command::Ring(wait) => self.timer = wait,
                Command::Refresh { attempt } => {
                    self.refreshes += 1;
                    let answer = match weather {
                        Weather::Dead | Weather::DeadAndAsked => Event::Failed { attempt, retry_after: None },
                        Weather::Hostile => {
                            let lifetime = self.world.access_ttl;
                            Event::Answered { attempt, session: "1".to_owned(), lifetime }
                        }
                    };
                    self.step(answer, weather);
                }
                _ => {}
            }
        }
    }
}
