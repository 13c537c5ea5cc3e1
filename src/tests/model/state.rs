//! Everything there is at one moment.

use super::{
    jar::Jar,
    network::Stray,
    server::{Party, Row},
    tab::Tab,
    thief::Thief,
    time::STEP,
    token::{Session, Token},
    world::{Bounds, World},
};
use crate::client::{deadline::Now, machine::Event, testimony::Entry};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The server's rows; session n is at n - 1.
    pub rows: Vec<Row>,
    pub jar: Jar,
    /// In storage: the refreshes that are unanswered.
    pub list: Vec<Entry>,
    /// In storage: what the browser calls itself, unless that was lost.
    pub named: bool,
    /// In storage: the session that this browser is signed in with.
    pub remembered: Option<Session>,
    /// In storage: the session that the person has signed out of, until the next login.
    pub leaving: Option<Session>,
    pub tabs: Vec<Tab>,
    /// Requests that may still arrive, and whose answer nobody waits for.
    pub strays: Vec<Stray>,
    pub thief: Option<Thief>,
    /// The session that this browser has a right to, as the person sees it.
    pub entitled: Option<Session>,
    /// Sessions that the person signed out of, which was answered.
    pub left_behind: Vec<Session>,
    /// What may still go wrong.
    pub bounds: Bounds,
}

impl State {
    /// Somebody has just signed in, in the first of the tabs; the others were handed the token.
    pub fn begin(world: &World) -> Self {
        let row = Row { named: world.named, ..Row::begun(world, 1) };
        let grant = row.grant(world, 1, 1, None);
        let mut state = Self {
            rows: vec![row],
            jar: Jar::with(Token::first_of(1)),
            list: Vec::new(),
            named: world.named,
            remembered: None,
            leaving: None,
            tabs: (0..world.tabs).map(|_| Tab::default()).collect(),
            strays: Vec::new(),
            thief: (world.bounds.thefts > 0).then(Thief::default),
            entitled: Some(1),
            left_behind: Vec::new(),
            bounds: world.bounds,
        };
        for tab in 0..world.tabs {
            state.tabs[tab].boot(false, None);
            state.tabs[tab].testimony.enters();
            state.sign_in(world, tab, grant, 0).expect("nothing stands against a first login");
            state.tabs.iter_mut().for_each(|tab| tab.inbox.clear());
        }
        state.tidy(world);
        state
    }

    pub fn row(&mut self, session: Session) -> &mut Row {
        &mut self.rows[usize::from(session) - 1]
    }

    pub fn owner(&self, named: bool) -> Party {
        Party::Owner { robbed: self.thief.as_ref().is_some_and(|thief| thief.used), named }
    }

    /// Time passes. In sleep only the server's and the wall clock go on.
    pub fn pass(&mut self, world: &World, passed: i64, asleep: bool) {
        let steps = u8::try_from(passed / STEP).unwrap_or(u8::MAX);
        for row in &mut self.rows {
            row.pass(passed);
            row.heard = row.heard.map(|age| age.saturating_add(steps)).filter(|age| *age <= world.late);
        }
        self.jar.pass(steps);
        for tab in &mut self.tabs {
            tab.pass(passed, steps, asleep);
        }
        for stray in &mut self.strays {
            stray.age = stray.age.saturating_add(steps);
        }
        self.strays.retain(|stray| stray.age <= world.late);
        if let Some(access) = self.thief.as_mut().and_then(|thief| thief.access.as_mut()) {
            access.expires -= passed;
        }
    }

    /// What follows from a step by itself: the browser may just have used what it holds.
    pub fn tidy(&mut self, world: &World) {
        // Whoever ended it: what may not end it is judged where it does.
        self.entitled = self.entitled.filter(|session| self.rows[usize::from(*session) - 1].is_alive());
        if world.tabs == 1 {
            self.take_turns(world);
        }
        for (at, row) in self.rows.iter_mut().enumerate() {
            #[expect(clippy::cast_possible_truncation, reason = "a handful of sessions")]
            let session = at as Session + 1;
            let generation = row.line.generation;
            let in_jar = self.jar.now == Some(row.current(session));
            let in_memory = self.tabs.iter().any(|tab| tab.holds(session, generation));
            if in_jar || in_memory {
                row.heard = Some(0);
            }
        }
        self.make_canonical(world);
    }

    /// Where nobody else could come in between, a request that waits for its turn has it.
    fn take_turns(&mut self, world: &World) {
        while self.tabs.first().is_some_and(|tab| !tab.wants.is_empty()) && self.may_send(world) {
            self.send(world, 0);
        }
    }

    /// The wall clock is set.
    pub fn jump(&mut self, by: i64) {
        for tab in &mut self.tabs {
            tab.machine.pass(by, 0);
            tab.inbox.iter_mut().for_each(|word| word.jump(by));
        }
    }

    /// Every token there is, wherever it is.
    pub fn tokens_mut(&mut self) -> impl Iterator<Item = &mut Token> {
        let flights =
            self.tabs.iter_mut().flat_map(|tab| &mut tab.flights).flat_map(super::network::Flight::tokens_mut);
        let strays = self.strays.iter_mut().filter_map(|stray| stray.cookie.as_mut());
        let stolen = self.thief.iter_mut().flat_map(|thief| &mut thief.tokens);
        self.jar.tokens_mut().chain(flights).chain(strays).chain(stolen)
    }
}

/// What a page hears when it has loaded.
pub fn boot(signed_in: bool, session: Option<Session>) -> Event {
    Event::Boot { signed_in, session: session.map(|session| session.to_string()) }
}

/// Some time ago, by both clocks.
pub fn ago(milliseconds: i64) -> Now {
    Now { wall: -milliseconds, steady: -milliseconds }
}
