//! What can happen next.

use super::{
    network::{Flight, Kind, Stage},
    server::Verdict,
    state::State,
    tab::Tab,
    thief::Often,
    time::ABORT,
    world::{Bounds, World},
};
use crate::client::machine::{self, Supply};

/// The place of a tab, a request or a word in its list.
pub type Place = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fifteen seconds pass.
    Pass,
    /// For so many steps.
    Sleep(u8),
    /// The wall clock is set, by so many steps.
    Jump(i8),
    /// A timer rings.
    Ring(Place),
    Show(Place),
    Hide(Place),
    PutAway(Place),
    Back(Place),
    Online(Place),
    /// A call needs a token that is not there, or is refused.
    Call(Place),
    /// A request that waited for its turn is sent.
    Send(Place),
    /// A request of a tab reaches the server.
    Arrive(Place, Place),
    /// And may do so again.
    ArriveAndStay(Place, Place),
    /// The answer reaches the browser. A login's or a logout's takes longer than a word from tab to tab.
    Answer(Place, Place),
    GiveUp(Place, Place),
    /// So many answers in a row are lost that deliveries are counted no more.
    LoseMany,
    /// A request reaches the server whose answer nobody waits for.
    Stray(Place),
    /// A tab hears a word of another.
    Hear(Place, Place),
    /// It never hears it.
    Miss(Place, Place),
    /// A call or a page view of the browser reaches the server, and is evidence of this session's current token.
    Evidence(Place),
    Open,
    /// A page is loaded anew. `stored`: answers that were on their way still leave their cookies.
    Reload {
        tab: Place,
        stored: bool,
    },
    /// The browser dies, and loses what it did not write to disk: its jar is in this state, and the last so many of the listed refreshes are gone.
    Crash {
        state: usize,
        lost: usize,
    },
    Login(Place),
    Logout(Place),
    /// Storage is cleared while pages are open, and with it what the browser calls itself. Cookies stay.
    ClearStorage,
    CopyJar,
    /// The thief refreshes with one of the tokens.
    Steal {
        which: Place,
        in_step: bool,
        often: Often,
    },
    /// The thief uses an access token, or looks at a page.
    ThiefActs,
}

/// Steps that a device sleeps: less than SETTLE, and longer than anything counts.
const SLEEPS: [u8; 3] = [1, 6, 40];
/// Steps by which a clock is set.
const JUMPS: [i8; 4] = [-40, -3, 3, 40];

impl State {
    pub fn actions(&self, world: &World) -> Vec<Action> {
        let mut all = Vec::new();
        let late = self.tabs.iter().any(Tab::is_due);
        if !self.tabs.iter().any(Tab::is_pressed) && (!late || self.bounds.late_timers > 0) {
            all.push(Action::Pass);
        }
        for (at, tab) in self.tabs.iter().enumerate() {
            self.of_tab(world, at, tab, &mut all);
        }
        all.extend((0..self.strays.len()).map(Action::Stray));
        for (session, row) in self.rows.iter().enumerate() {
            if row.heard.is_some() && row.would_acknowledge(world) {
                all.push(Action::Evidence(session));
            }
        }
        self.of_browser(world, &mut all);
        self.of_thief(world, &mut all);
        all
    }

    fn of_tab(&self, world: &World, at: usize, page: &Tab, all: &mut Vec<Action>) {
        let tab = at;
        if page.machine.is_away() {
            all.push(Action::Back(tab));
        } else {
            self.of_page(world, at, page, all);
        }
        if !page.wants.is_empty() && self.may_send(world) {
            all.push(Action::Send(tab));
        }
        for (flight, Flight { kind, stage, age, .. }) in page.flights.iter().enumerate() {
            if let Stage::Answered(_) = stage {
                if matches!(kind, Kind::Refresh { .. }) || self.tabs.iter().all(|tab| tab.inbox.is_empty()) {
                    all.push(Action::Answer(tab, flight));
                }
            } else {
                all.push(Action::Arrive(tab, flight));
            }
            if *stage == Stage::Sent && self.bounds.duplicates > 0 {
                all.push(Action::ArriveAndStay(tab, flight));
            }
            if self.bounds.failures > 0 || *age > ABORT {
                all.push(Action::GiveUp(tab, flight));
            }
        }
        for word in 0..page.inbox.len() {
            all.extend([Action::Hear(tab, word), Action::Miss(tab, word)]);
        }
    }

    /// What can happen to a page that the browser has not put away.
    fn of_page(&self, world: &World, tab: usize, page: &Tab, all: &mut Vec<Action>) {
        let Bounds { hides, put_aways, onlines, logins, logouts, .. } = self.bounds;
        let over = page.is_signed_out();
        if page.is_due() {
            all.push(Action::Ring(tab));
        }
        if !page.machine.is_visible() {
            all.push(Action::Show(tab));
        } else if hides > 0 {
            all.push(Action::Hide(tab));
        }
        if put_aways > 0 {
            all.push(Action::PutAway(tab));
        }
        let untold = over && page.session().is_some() && self.leaving == page.session();
        if onlines > 0 && (untold || !over && !page.is_signed_in()) {
            all.push(Action::Online(tab));
        }
        if !over && self.call_finds_something(page) {
            all.push(Action::Call(tab));
        }
        let entering = page.flights.iter().any(|flight| flight.kind == Kind::Login);
        if logins > 0 && !entering && (over || !world.in_turn) && self.may_log_in(world, tab) && self.may_send(world) {
            all.push(Action::Login(tab));
        }
        if logouts > 0 && !over && !entering && page.session().is_some() {
            all.push(Action::Logout(tab));
        }
    }

    fn call_finds_something(&self, page: &Tab) -> bool {
        match page.machine.supply(0, super::time::NOW) {
            Supply::Token(_) => page.token.is_none_or(|token| !self.would_believe(token)),
            Supply::None => true,
            Supply::Wait => matches!(page.machine.state(), machine::State::Restoring),
        }
    }

    fn of_browser(&self, world: &World, all: &mut Vec<Action>) {
        let Bounds { crashes, reloads, sleeps, jumps, clearings, .. } = self.bounds;
        if clearings > 0 && self.named {
            all.push(Action::ClearStorage);
        }
        if self.bounds.bad_hours > 0 && self.is_one_behind() {
            all.push(Action::LoseMany);
        }
        if self.tabs.len() < world.tabs {
            all.push(Action::Open);
        }
        if reloads > 0 {
            for tab in 0..self.tabs.len() {
                all.push(Action::Reload { tab, stored: false });
                if self.tabs[tab].flights.iter().any(Flight::is_answered) {
                    all.push(Action::Reload { tab, stored: true });
                }
            }
        }
        if crashes > 0 && !self.tabs.is_empty() {
            for state in 0..self.jar.states() {
                all.extend((0..=self.list.len()).map(|lost| Action::Crash { state, lost }));
            }
        }
        if sleeps > 0 {
            all.extend(SLEEPS.map(Action::Sleep));
        }
        if jumps > 0 {
            all.extend(JUMPS.map(Action::Jump));
        }
    }

    fn of_thief(&self, world: &World, all: &mut Vec<Action>) {
        let Some(thief) = &self.thief else { return };
        if thief.tokens.is_empty() {
            all.push(Action::CopyJar);
        }
        if self.bounds.thefts > 0 {
            for (which, token) in thief.tokens.iter().enumerate() {
                let reading = self.rows[0].read(world, *token, false, world.thief_is_named);
                for in_step in [false, true] {
                    all.push(Action::Steal { which, in_step, often: Often::Once });
                }
                if let Verdict::Replay { counted: true } = reading.verdict {
                    all.push(Action::Steal { which, in_step: false, often: Often::UntilNotCounted });
                }
            }
        }
        if self.thief_can_acknowledge(world) {
            all.push(Action::ThiefActs);
        }
    }
}
