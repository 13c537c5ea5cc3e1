//! What a browser does beyond its tabs: it sleeps, loads and loses pages, dies, forgets.

use super::{
    network::{Flight, Kind, Stage},
    server::Verdict,
    state::{State, boot},
    tab::{Said, Tab},
    time::STEP,
    verdict::Violation,
    world::{Client, World},
};
use crate::{auth::rotation::COUNTED_REPLAYS, client::machine::Event};

impl State {
    /// Nothing is heard from the network after a sleep: what was under way is given up.
    pub fn sleep(&mut self, world: &World, steps: u8) -> Result<(), Violation> {
        for tab in 0..self.tabs.len() {
            let lost = |flight: &Flight| !(world.dozes && flight.is_answered());
            while let Some(flight) = self.tabs[tab].flights.iter().position(lost) {
                self.give_up(world, tab, flight)?;
            }
        }
        self.pass(world, i64::from(steps) * STEP, true);
        Ok(())
    }

    pub fn put_away(&mut self, world: &World, tab: usize) -> Result<(), Violation> {
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
        self.dispatch(world, tab, boot(signed_in && !leaving, session), None)?;
        if leaving { self.carry_on_leaving(world, tab) } else { Ok(()) }
    }

    pub fn close(&mut self, world: &World, tab: usize, stored: bool) {
        for flight in self.tabs.remove(tab).flights {
            match flight.stage {
                Stage::Answered(answer) if stored => self.store_cookie(world, answer),
                Stage::Answered(_) => {}
                Stage::Sent | Stage::Read(..) => self.stray(flight),
            }
        }
    }

    pub fn crash(&mut self, world: &World, state: usize, lost: usize) {
        while !self.tabs.is_empty() {
            self.close(world, 0, false);
        }
        self.jar.crash(state);
        self.list.truncate(self.list.len() - lost);
        // A login that the disk had not heard of is lost with it, and nobody can help that.
        let has = self.jar.now.map(|token| token.session);
        self.entitled = self.entitled.filter(|session| Some(*session) == has);
    }

    /// Only the cookies are left.
    pub fn clear_storage(&mut self) {
        self.named = false;
        self.list.clear();
        (self.remembered, self.leaving) = (None, None);
    }

    /// Whether the browser's cookie is the one before the current.
    pub fn is_one_behind(&self) -> bool {
        let parent_of = |session: u8| &self.rows[usize::from(session) - 1].line;
        self.jar.now.is_some_and(|token| {
            let line = parent_of(token.session);
            !line.acknowledged && line.ended.is_none() && line.parent == Some(token.hash())
        })
    }

    /// A bad hour: request upon request reaches the server, and no answer comes back. They stay on the list.
    pub fn lose_many(&mut self, world: &World) -> Result<(), Violation> {
        for _ in 0..COUNTED_REPLAYS {
            let refresh = Kind::Refresh { attempt: 0, entry: 0, in_step: false, named: self.named };
            self.serve(world, refresh, self.jar.now)?;
        }
        self.list.push(self.new_entry());
        Ok(())
    }
}
