//! Liveness, checked as a property of every state: from a copy of it a fair schedule is run, in which the network works from now on. Whatever the
//! search reached, the browser must get from there to where it belongs within a bound.
//!
//! That is stronger than "eventually" along the paths of the search, which go round in circles for ever when the network does, and says nothing of how long it takes.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use super::{
    explore::Seen,
    fingerprint::fingerprint,
    state::State,
    verdict::Violation,
    world::{Patience, World},
};
use crate::client::machine::Event;

pub struct Recovery {
    /// The states that the schedule was run from, without what it does not look at.
    seen: Seen,
    longest: AtomicI64,
    most: AtomicU32,
    patience: Patience,
}

/// What becomes of what is under way.
#[derive(Clone, Copy)]
enum UnderWay {
    Delivered,
    Lost,
}

impl Recovery {
    pub fn new(world: &World) -> Self {
        Self { seen: Seen::default(), longest: AtomicI64::new(0), most: AtomicU32::new(0), patience: world.patience }
    }

    /// Milliseconds, and refreshes of one tab, that it took at most.
    pub fn worst(&self) -> (i64, u32) {
        (self.longest.load(Ordering::Relaxed), self.most.load(Ordering::Relaxed))
    }

    pub fn check(&self, world: &World, state: &State) -> Result<(), Violation> {
        for fate in [UnderWay::Delivered, UnderWay::Lost] {
            let mut state = state.clone();
            state.bounds = crate::tests::model::world::Bounds::default();
            if let Some(thief) = &mut state.thief {
                thief.tokens.clear();
                thief.access = None;
            }
            state.resolve(world, fate)?;
            state.jar.past.clear();
            state.make_canonical(world);
            if self.seen.is_new(fingerprint(&state)) {
                self.run(world, state)?;
            }
        }
        Ok(())
    }

    fn run(&self, world: &World, mut state: State) -> Result<(), Violation> {
        let mut time = 0;
        let mut refreshes = state.greet(world)?;
        loop {
            if state.is_where_it_belongs() {
                break;
            }
            let Some(wait) = state.tabs.iter().filter_map(|tab| tab.timer).min() else { return Err(Violation::Stuck) };
            time += wait.max(0);
            if time > self.patience.time {
                return Err(Violation::Stuck);
            }
            state.pass(world, wait.max(0), false);
            refreshes += state.ring_all(world)?;
            if refreshes > self.patience.refreshes * state.tabs.len() as u32 {
                return Err(Violation::Endless);
            }
        }
        self.longest.fetch_max(time, Ordering::Relaxed);
        self.most.fetch_max(refreshes, Ordering::Relaxed);
        Ok(())
    }
}

impl State {
    /// Nothing is under way any more.
    fn resolve(&mut self, world: &World, fate: UnderWay) -> Result<(), Violation> {
        for at in 0..self.tabs.len() {
            while !self.tabs[at].flights.is_empty() {
                match fate {
                    UnderWay::Lost => self.give_up(world, at, 0)?,
                    UnderWay::Delivered => self.complete(world, at)?,
                }
            }
            while !self.tabs[at].inbox.is_empty() {
                match fate {
                    UnderWay::Lost => self.tabs[at].inbox.clear(),
                    UnderWay::Delivered => self.hear(world, at, 0)?,
                }
            }
        }
        self.strays.clear();
        Ok(())
    }

    /// The oldest request of a tab is answered.
    fn complete(&mut self, world: &World, at: usize) -> Result<(), Violation> {
        while !self.tabs[at].flights[0].is_answered() {
            self.arrive(world, at, 0)?;
        }
        self.answer(world, at, 0)
    }

    /// Each tab comes to the front, and its page needs a token. Says how many refreshes there were.
    fn greet(&mut self, world: &World) -> Result<u32, Violation> {
        if self.tabs.is_empty() {
            self.open(world)?;
        }
        let mut refreshes = self.serve_all(world)?;
        for at in 0..self.tabs.len() {
            if self.tabs[at].machine.is_away() {
                self.back(world, at)?;
            }
            self.dispatch(world, at, Event::Shown, None)?;
            refreshes += self.serve_all(world)?;
            self.call(world, at)?;
            refreshes += self.serve_all(world)?;
        }
        Ok(refreshes)
    }

    fn ring_all(&mut self, world: &World) -> Result<u32, Violation> {
        let mut refreshes = 0;
        for at in 0..self.tabs.len() {
            if self.tabs[at].is_due() {
                self.tabs[at].timer = None;
                self.dispatch(world, at, Event::Timer, None)?;
                refreshes += self.serve_all(world)?;
            }
        }
        Ok(refreshes)
    }

    /// Every request is sent and answered, every word heard, at once.
    fn serve_all(&mut self, world: &World) -> Result<u32, Violation> {
        let mut refreshes = 0;
        while let Some(at) = self.tabs.iter().position(|tab| !(tab.wants.is_empty() && tab.inbox.is_empty())) {
            if self.tabs[at].inbox.is_empty() {
                self.send(world, at);
                if !self.tabs[at].flights.is_empty() {
                    refreshes += 1;
                    self.complete(world, at)?;
                }
            } else {
                self.hear(world, at, 0)?;
            }
        }
        Ok(refreshes)
    }

    /// Every tab has a working token of the session that this browser has a right to. Where it has a right to none, a tab may be signed out, but not half.
    fn is_where_it_belongs(&self) -> bool {
        self.tabs.iter().all(|tab| {
            let works =
                tab.token.is_some_and(|token| Some(token.session) == tab.session() && self.would_believe(token));
            let signed_in = works && tab.is_signed_in() && !tab.veiled;
            match self.entitled.filter(|session| self.rows[usize::from(*session) - 1].is_alive()) {
                Some(session) => signed_in && tab.session() == Some(session),
                None => signed_in || tab.is_signed_out(),
            }
        })
    }
}
