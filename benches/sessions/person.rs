//! What a person and their device do all month. It depends on nothing but the seed: the same month is lived under every rule.

use super::{
    DAY, Dice, HOUR, MINUTE, Millis, SECOND,
    rates::{Rates, apart},
};

pub const MOST_TABS: usize = 20;
/// How many want a token at once when everything wakes.
const TOGETHER: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The lid is closed, whatever is under way.
    Sleep,
    /// The lid is opened; so many tabs want a token at once.
    Wake {
        at_once: usize,
    },
    /// The browser is closed and remembers its tabs.
    Close,
    Crash,
    /// The browser is started with the tabs it had; so many load at once, the rest when they are shown.
    Start {
        at_once: usize,
    },
    /// Another tab, or another site, comes to the front.
    Show {
        before: Option<usize>,
    },
    /// A new tab, in front.
    Open {
        before: Option<usize>,
    },
    /// A tab is closed; the last one takes its place.
    Drop(usize),
    Reload(usize),
    /// The page in this tab uses its access token.
    Use(usize),
    /// Storage is emptied, cookies are not.
    Clear,
    Offline,
    Online,
}

/// What may happen next while the device is on; each has its own time.
#[derive(Clone, Copy)]
enum Next {
    Night,
    Nap,
    Crash,
    Clear,
    Show,
    Tabs,
    Reload,
    Use,
    BackgroundUse,
    Network,
}

const NEXT: [Next; 10] = [
    Next::Night,
    Next::Nap,
    Next::Crash,
    Next::Clear,
    Next::Show,
    Next::Tabs,
    Next::Reload,
    Next::Use,
    Next::BackgroundUse,
    Next::Network,
];

#[derive(Debug)]
pub struct Person {
    dice: Dice,
    rates: Rates,
    now: Millis,
    on: bool,
    /// While it is not on: when it will be, and whether the browser runs.
    back_at: Millis,
    asleep: bool,
    at: [Millis; NEXT.len()],
    pub tabs: usize,
    /// The tab in front, if it is one of ours.
    pub front: Option<usize>,
    pub online: bool,
    /// When the device was last woken or started.
    pub woken_at: Millis,
}

impl Person {
    /// Somebody who signs in at this moment.
    pub fn new(dice: Dice, rates: Rates, now: Millis) -> Self {
        let mut person = Self {
            dice,
            rates,
            now,
            on: true,
            back_at: now,
            asleep: false,
            at: [Millis::MAX; NEXT.len()],
            tabs: 1,
            front: Some(0),
            online: true,
            woken_at: now - DAY,
        };
        person.begin_day();
        person
    }

    /// When the next deed is done.
    pub fn next_at(&self) -> Millis {
        if self.on { self.at.into_iter().min().unwrap_or(Millis::MAX) } else { self.back_at }
    }

    /// Does it.
    pub fn act(&mut self) -> Deed {
        self.now = self.next_at();
        if !self.on {
            return self.come_back();
        }
        let due = NEXT.into_iter().find(|next| self.at[*next as usize] == self.now).unwrap_or(Next::Night);
        self.plan(due);
        match due {
            Next::Night => self.end_day(),
            Next::Nap => {
                let length = self.dice.across(MINUTE, 4 * HOUR);
                self.go(true, length)
            }
            Next::Crash => {
                let restart = if self.dice.chance(0.8) { (5 * SECOND, 2 * MINUTE) } else { (2 * MINUTE, 8 * HOUR) };
                let length = self.dice.across(restart.0, restart.1);
                self.go(false, length);
                Deed::Crash
            }
            Next::Clear => Deed::Clear,
            Next::Show => {
                let before = self.front;
                self.front = self.dice.chance(0.5).then(|| self.dice.below(self.tabs));
                Deed::Show { before }
            }
            Next::Tabs => self.open_or_drop(),
            Next::Reload => Deed::Reload(self.front.unwrap_or(0)),
            Next::Use => Deed::Use(self.front.unwrap_or(0)),
            Next::BackgroundUse => Deed::Use(self.dice.below(self.tabs)),
            Next::Network => {
                self.online = !self.online;
                if self.online { Deed::Online } else { Deed::Offline }
            }
        }
    }

    fn open_or_drop(&mut self) -> Deed {
        if self.tabs == 1 || (self.tabs < MOST_TABS && self.dice.chance(0.5)) {
            let before = self.front;
            self.front = Some(self.tabs);
            self.tabs += 1;
            return Deed::Open { before };
        }
        let dropped = self.dice.below(self.tabs);
        self.tabs -= 1;
        self.front = match self.front {
            Some(front) if front == dropped => None,
            Some(front) if front == self.tabs => Some(dropped),
            front => front,
        };
        Deed::Drop(dropped)
    }

    fn end_day(&mut self) -> Deed {
        let mut morning = (self.now / DAY + 1) * DAY + self.dice.between(7 * HOUR, 10 * HOUR);
        if self.dice.chance(self.rates.away) {
            morning += DAY * (1 + Millis::try_from(self.dice.below(4)).unwrap_or(0));
        }
        let asleep = !self.dice.chance(self.rates.closes);
        self.go(asleep, morning - self.now)
    }

    fn go(&mut self, asleep: bool, length: Millis) -> Deed {
        self.on = false;
        self.asleep = asleep;
        self.back_at = self.now + length;
        if asleep { Deed::Sleep } else { Deed::Close }
    }

    fn come_back(&mut self) -> Deed {
        self.on = true;
        self.online = true;
        self.woken_at = self.now;
        self.begin_day();
        let at_once = if self.dice.chance(self.rates.together) { TOGETHER.min(self.tabs) } else { 1 };
        if self.asleep { Deed::Wake { at_once } } else { Deed::Start { at_once } }
    }

    /// Plans everything anew. Whoever wakes the device late in the night is there for a moment only.
    fn begin_day(&mut self) {
        for next in NEXT {
            self.plan(next);
        }
        let midnight = self.now / DAY * DAY;
        let night = midnight + self.dice.between(17 * HOUR, 24 * HOUR);
        let moment = self.now + self.dice.between(MINUTE, 30 * MINUTE);
        self.at[Next::Night as usize] = night.max(moment);
    }

    fn plan(&mut self, next: Next) {
        let mean = match next {
            Next::Night => f64::INFINITY,
            Next::Nap => apart(self.rates.naps),
            Next::Crash => apart(self.rates.crashes),
            Next::Clear => apart(self.rates.clearings),
            Next::Reload => apart(self.rates.reloads),
            Next::Network if !self.online => {
                let length = self.dice.across(10 * SECOND, 2 * HOUR);
                self.at[next as usize] = self.now + length;
                return;
            }
            Next::Network => apart(self.rates.outages),
            Next::Show | Next::BackgroundUse => 600_000.0,
            Next::Tabs => 1_200_000.0,
            Next::Use => 90_000.0,
        };
        self.at[next as usize] = self.now.saturating_add(self.dice.until_next(mean));
    }
}
