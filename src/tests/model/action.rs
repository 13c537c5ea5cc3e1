//! What can happen next, and what comes of it.

use super::{
    network::{Flight, Kind, Stage},
    server::Verdict,
    state::State,
    tab::{Said, Tab},
    thief::Often,
    time::{ABORT, STEP},
    verdict::Violation,
    world::{ANY, Bounds, Client, World},
};
use crate::client::machine::{self, Event, Supply};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fifteen seconds pass.
    Pass,
    Sleep {
        steps: u8,
    },
    /// The wall clock is set.
    Jump {
        steps: i8,
    },
    /// A timer rings.
    Ring {
        tab: usize,
    },
    Show {
        tab: usize,
    },
    Hide {
        tab: usize,
    },
    PutAway {
        tab: usize,
    },
    Back {
        tab: usize,
    },
    Online {
        tab: usize,
    },
    /// A call needs a token that is not there, or is refused.
    Call {
        tab: usize,
    },
    /// A request that waited for its turn is sent.
    Send {
        tab: usize,
    },
    /// A request reaches the server.
    Arrive {
        tab: usize,
        flight: usize,
    },
    /// And may do so again.
    ArriveAndStay {
        tab: usize,
        flight: usize,
    },
    /// The answer reaches the browser. A login's or a logout's takes longer than a word from tab to tab.
    Answer {
        tab: usize,
        flight: usize,
    },
    GiveUp {
        tab: usize,
        flight: usize,
    },
    /// A request reaches the server whose answer nobody waits for.
    Stray {
        stray: usize,
    },
    /// A word of another tab is heard.
    Hear {
        tab: usize,
        word: usize,
    },
    /// It never hears it.
    Lose {
        tab: usize,
        word: usize,
    },
    /// A call or a page view of the browser reaches the server and is evidence.
    Evidence {
        session: usize,
    },
    Open,
    /// A page is loaded anew. `stored`: answers that were on their way still leave their cookies.
    Reload {
        tab: usize,
        stored: bool,
    },
    /// The browser dies, and loses what it did not write to disk.
    Crash {
        state: usize,
        lost: usize,
    },
    Login {
        tab: usize,
    },
    Logout {
        tab: usize,
    },
    /// The browser's name is gone from storage.
    LoseName,
    CopyJar,
    Steal {
        which: usize,
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
        all.extend((0..self.strays.len()).map(|stray| Action::Stray { stray }));
        for (session, row) in self.rows.iter().enumerate() {
            if row.heard.is_some() && row.would_acknowledge(world) {
                all.push(Action::Evidence { session });
            }
        }
        self.of_browser(world, &mut all);
        self.of_thief(world, &mut all);
        all
    }

    fn of_tab(&self, world: &World, at: usize, page: &Tab, all: &mut Vec<Action>) {
        let tab = at;
        if page.machine.is_away() {
            all.push(Action::Back { tab });
        } else {
            self.of_page(world, at, page, all);
        }
        if !page.wants.is_empty() && self.may_send(world) {
            all.push(Action::Send { tab });
        }
        for (flight, Flight { kind, stage, age, .. }) in page.flights.iter().enumerate() {
            if let Stage::Answered(_) = stage {
                if matches!(kind, Kind::Refresh { .. }) || self.tabs.iter().all(|tab| tab.inbox.is_empty()) {
                    all.push(Action::Answer { tab, flight });
                }
            } else {
                all.push(Action::Arrive { tab, flight });
            }
            if *stage == Stage::Sent && self.bounds.duplicates > 0 {
                all.push(Action::ArriveAndStay { tab, flight });
            }
            if self.bounds.failures > 0 || *age > ABORT {
                all.push(Action::GiveUp { tab, flight });
            }
        }
        for word in 0..page.inbox.len() {
            all.extend([Action::Hear { tab, word }, Action::Lose { tab, word }]);
        }
    }

    /// What can happen to a page that the browser has not put away.
    fn of_page(&self, world: &World, tab: usize, page: &Tab, all: &mut Vec<Action>) {
        let Bounds { hides, put_aways, onlines, logins, logouts, .. } = self.bounds;
        let over = page.is_signed_out();
        if page.is_due() {
            all.push(Action::Ring { tab });
        }
        if !page.machine.is_visible() {
            all.push(Action::Show { tab });
        } else if hides > 0 {
            all.push(Action::Hide { tab });
        }
        if put_aways > 0 {
            all.push(Action::PutAway { tab });
        }
        if onlines > 0 && !over && !page.is_signed_in() {
            all.push(Action::Online { tab });
        }
        if !over && self.call_finds_something(page) {
            all.push(Action::Call { tab });
        }
        let entering = page.flights.iter().any(|flight| flight.kind == Kind::Login);
        if logins > 0 && !entering && self.may_log_in(world, tab) && self.may_send(world) {
            all.push(Action::Login { tab });
        }
        if logouts > 0 && !over && !entering && page.session().is_some() {
            all.push(Action::Logout { tab });
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
        let Bounds { crashes, reloads, sleeps, jumps, name_losses, .. } = self.bounds;
        if name_losses > 0 && self.named {
            all.push(Action::LoseName);
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
            all.extend(SLEEPS.map(|steps| Action::Sleep { steps }));
        }
        if jumps > 0 {
            all.extend(JUMPS.map(|steps| Action::Jump { steps }));
        }
    }

    fn of_thief(&self, world: &World, all: &mut Vec<Action>) {
        let Some(thief) = &self.thief else { return };
        if thief.tokens.is_empty() {
            all.push(Action::CopyJar);
        }
        if self.bounds.thefts > 0 {
            for (which, token) in thief.tokens.iter().enumerate() {
                let reading = self.rows[0].read(world, *token, false, false);
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

    /// The state after it, in its canonical form.
    pub fn after(&self, world: &World, action: Action) -> Result<Self, Violation> {
        let mut next = self.clone();
        next.take(world, action)?;
        next.tidy(world);
        next.check()?;
        Ok(next)
    }

    fn take(&mut self, world: &World, action: Action) -> Result<(), Violation> {
        match action {
            Action::Pass => {
                if self.tabs.iter().any(Tab::is_due) {
                    spend(&mut self.bounds.late_timers);
                }
                self.pass(world, STEP, false);
            }
            Action::Sleep { steps } => {
                spend(&mut self.bounds.sleeps);
                return self.sleep(world, steps);
            }
            Action::Jump { steps } => {
                spend(&mut self.bounds.jumps);
                self.jump(i64::from(steps) * STEP);
            }
            Action::Ring { tab } => {
                self.tabs[tab].timer = None;
                return self.dispatch(world, tab, Event::Timer, None);
            }
            Action::Show { tab } => return self.dispatch(world, tab, Event::Shown, None),
            Action::Hide { tab } => {
                spend(&mut self.bounds.hides);
                return self.dispatch(world, tab, Event::Hidden, None);
            }
            Action::PutAway { tab } => {
                spend(&mut self.bounds.put_aways);
                return self.put_away(world, tab);
            }
            Action::Back { tab } => return self.back(world, tab),
            Action::Online { tab } => {
                spend(&mut self.bounds.onlines);
                return self.dispatch(world, tab, Event::Online, None);
            }
            Action::Call { tab } => return self.call(world, tab),
            Action::Send { tab } => self.send(world, tab),
            Action::Arrive { tab, flight } => return self.arrive(world, tab, flight),
            Action::ArriveAndStay { tab, flight } => {
                spend(&mut self.bounds.duplicates);
                let copy = self.tabs[tab].flights[flight];
                self.stray(copy);
                return self.arrive(world, tab, flight);
            }
            Action::Answer { tab, flight } => return self.answer(world, tab, flight),
            Action::GiveUp { tab, flight } => {
                if self.tabs[tab].flights[flight].age <= ABORT {
                    spend(&mut self.bounds.failures);
                }
                return self.give_up(world, tab, flight);
            }
            Action::Stray { stray } => {
                let stray = self.strays.remove(stray);
                self.serve(world, stray.kind, stray.cookie)?;
            }
            Action::Hear { tab, word } => return self.hear(world, tab, word),
            Action::Lose { tab, word } => _ = self.tabs[tab].inbox.remove(word),
            Action::Evidence { session } => self.rows[session].hear(world),
            Action::Open => return self.open(world),
            Action::Reload { tab, stored } => {
                spend(&mut self.bounds.reloads);
                self.close(world, tab, stored);
                return self.open(world);
            }
            Action::Crash { state, lost } => {
                spend(&mut self.bounds.crashes);
                self.crash(world, state, lost);
            }
            Action::Login { tab } => {
                spend(&mut self.bounds.logins);
                self.log_in(world, tab);
            }
            Action::Logout { tab } => {
                spend(&mut self.bounds.logouts);
                return self.log_out(world, tab);
            }
            Action::LoseName => {
                spend(&mut self.bounds.name_losses);
                self.named = false;
            }
            Action::CopyJar => self.copy_jar(),
            Action::Steal { which, in_step, often } => {
                spend(&mut self.bounds.thefts);
                return self.steal(world, which, in_step, often);
            }
            Action::ThiefActs => {
                self.thief.iter_mut().for_each(|thief| thief.used = true);
                self.rows[0].hear(world);
            }
        }
        Ok(())
    }

    /// Nothing is heard from the network after a sleep: what was under way is given up.
    fn sleep(&mut self, world: &World, steps: u8) -> Result<(), Violation> {
        for tab in 0..self.tabs.len() {
            while !self.tabs[tab].flights.is_empty() {
                self.give_up(world, tab, 0)?;
            }
        }
        self.pass(world, i64::from(steps) * STEP, true);
        Ok(())
    }

    fn put_away(&mut self, world: &World, tab: usize) -> Result<(), Violation> {
        self.tabs[tab].inbox.clear();
        self.dispatch(world, tab, Event::PutAway, None)
    }

    pub fn back(&mut self, world: &World, tab: usize) -> Result<(), Violation> {
        let remembered = match world.client {
            Client::ShowsAtOnce => self.tabs[tab].session(),
            _ => self.remembered.filter(|session| !self.is_left(world, *session)),
        };
        let remembered = remembered.map(|session| session.to_string());
        self.dispatch(world, tab, Event::Back { remembered }, None)
    }

    /// A page is loaded: the server looks at the cookie.
    pub fn open(&mut self, world: &World) -> Result<(), Violation> {
        let seen = self
            .jar
            .now
            .map(|token| self.rows[usize::from(token.session) - 1].read(world, token, false, false).verdict);
        let nobody = matches!(seen, None | Some(Verdict::Refuse(_)));
        if nobody && self.entitled.is_some() {
            return Err(Violation::HonestTurnedAway);
        }
        let (signed_in, session) = match (seen, self.jar.now) {
            (Some(Verdict::Reuse), _) => (self.remembered.is_some(), self.remembered),
            (Some(verdict), Some(token)) if verdict.accepts() => (true, Some(token.session)),
            _ => (false, self.remembered),
        };
        let leaving = session.is_some() && session == self.leaving;
        let mut tab = Tab::default();
        if world.client == Client::TestifiesAtOnce {
            tab.testimony.enters();
        }
        self.tabs.push(tab);
        let tab = self.tabs.len() - 1;
        if !signed_in && session.is_some() {
            self.tell(tab, Said::Doubt);
        }
        self.dispatch(world, tab, super::state::boot(signed_in && !leaving, session), None)?;
        if leaving { self.carry_on_leaving(world, tab) } else { Ok(()) }
    }

    fn close(&mut self, world: &World, tab: usize, stored: bool) {
        for flight in self.tabs.remove(tab).flights {
            match flight.stage {
                Stage::Answered(answer) if stored => self.store_cookie(world, answer),
                Stage::Answered(_) => {}
                Stage::Sent | Stage::Read(..) => self.stray(flight),
            }
        }
    }

    fn crash(&mut self, world: &World, state: usize, lost: usize) {
        while !self.tabs.is_empty() {
            self.close(world, 0, false);
        }
        self.jar.crash(state);
        self.list.truncate(self.list.len() - lost);
        // A login that the disk had not heard of is lost with it, and nobody can help that.
        let has = self.jar.now.map(|token| token.session);
        self.entitled = self.entitled.filter(|session| Some(*session) == has);
    }

    /// What must hold in every state.
    fn check(&self) -> Result<(), Violation> {
        for (at, row) in self.rows.iter().enumerate() {
            #[expect(clippy::cast_possible_truncation, reason = "a handful of sessions")]
            let current = row.current(at as u8 + 1);
            if current.sibling > 0 {
                return Err(Violation::TwoLines);
            }
            if row.line.idle_expires_at > row.end || row.line.absolute_expires_at != row.end {
                return Err(Violation::Outlived);
            }
        }
        Ok(())
    }
}

fn spend(bound: &mut u8) {
    if *bound != ANY {
        *bound -= 1;
    }
}
