//! What comes of an action.

use super::{
    action::Action,
    server::Row,
    state::State,
    tab::Tab,
    time::{ABORT, STEP},
    token::Token,
    verdict::Violation,
    world::{ANY, World},
};
use crate::client::machine::Event;

impl State {
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
            Action::Sleep(steps) => {
                spend(&mut self.bounds.sleeps);
                return self.sleep(world, steps);
            }
            Action::Jump(steps) => {
                spend(&mut self.bounds.jumps);
                self.jump(i64::from(steps) * STEP);
            }
            Action::Ring(tab) => {
                self.tabs[tab].timer = None;
                return self.dispatch(world, tab, Event::Timer, None);
            }
            Action::Show(tab) => return self.dispatch(world, tab, Event::Shown, None),
            Action::Hide(tab) => {
                spend(&mut self.bounds.hides);
                return self.dispatch(world, tab, Event::Hidden, None);
            }
            Action::PutAway(tab) => {
                spend(&mut self.bounds.put_aways);
                return self.put_away(world, tab);
            }
            Action::Back(tab) => return self.back(world, tab),
            Action::Online(tab) => {
                spend(&mut self.bounds.onlines);
                self.tell_of_leaving(tab);
                return self.dispatch(world, tab, Event::Online, None);
            }
            Action::Call(tab) => return self.call(world, tab),
            Action::Send(tab) => self.send(world, tab),
            Action::Arrive(tab, flight) => return self.arrive(world, tab, flight),
            Action::ArriveAndStay(tab, flight) => {
                spend(&mut self.bounds.duplicates);
                let copy = self.tabs[tab].flights[flight];
                self.stray(copy);
                return self.arrive(world, tab, flight);
            }
            Action::Answer(tab, flight) => return self.answer(world, tab, flight),
            Action::GiveUp(tab, flight) => {
                if self.tabs[tab].flights[flight].age <= ABORT {
                    spend(&mut self.bounds.failures);
                }
                return self.give_up(world, tab, flight);
            }
            Action::LoseMany => {
                spend(&mut self.bounds.bad_hours);
                return self.lose_many(world);
            }
            Action::Stray(stray) => {
                let stray = self.strays.remove(stray);
                self.serve(world, stray.kind, stray.cookie)?;
            }
            Action::Hear(tab, word) => return self.hear(world, tab, word),
            Action::Miss(tab, word) => _ = self.tabs[tab].inbox.remove(word),
            Action::Evidence(session) => self.rows[session].hear(world),
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
            Action::Login(tab) => {
                spend(&mut self.bounds.logins);
                self.log_in(world, tab);
            }
            Action::Logout(tab) => {
                spend(&mut self.bounds.logouts);
                return self.log_out(world, tab);
            }
            Action::ClearStorage => {
                spend(&mut self.bounds.clearings);
                self.clear_storage();
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

    /// What must hold in every state.
    fn check(&mut self) -> Result<(), Violation> {
        let moved = |row: &Row| row.line.idle_expires_at > row.end || row.line.absolute_expires_at != row.end;
        if self.rows.iter().any(moved) {
            return Err(Violation::Outlived);
        }
        let current: Vec<Token> = self.rows.iter().zip(1..).map(|(row, session)| row.current(session)).collect();
        let rival = |token: &Token| current.iter().any(|own| own.is_sibling_of(*token));
        if self.tokens_mut().any(|token| rival(token)) { Err(Violation::TwoLines) } else { Ok(()) }
    }
}

fn spend(bound: &mut u8) {
    if *bound != ANY {
        *bound -= 1;
    }
}
