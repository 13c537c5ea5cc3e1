//! A tab: the real machine and the real testimony, driven as `client/driver.rs` drives them.

use super::{
    network::{Flight, Kind},
    server::Answer,
    state::{State, ago, boot},
    time::{ABORT, NOW, STEP},
    token::{Access, Session},
    verdict::Violation,
    world::{Client, World},
};
use crate::{
    client::{
        machine::{self, Command, Event, Machine, Supply},
        testimony::Testimony,
    },
    ended::Refusal,
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tab {
    pub machine: Machine,
    pub testimony: Testimony,
    pub token: Option<Access>,
    /// Milliseconds until the timer rings.
    pub timer: Option<i64>,
    /// Requests that wait for their turn.
    pub wants: Vec<Want>,
    pub flights: Vec<Flight>,
    /// What other tabs have said, in the order of saying.
    pub inbox: Vec<Word>,
    pub veiled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    Refresh { attempt: u32 },
    Logout { of: Option<Session> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    pub said: Said,
    /// In steps.
    pub age: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// `sent` by the wall clock.
    Handed {
        session: Session,
        sent: i64,
        lifetime: i64,
        access: Access,
    },
    Over {
        session: Option<Session>,
        why: Option<Refusal>,
    },
    Doubt,
}

impl Word {
    pub fn jump(&mut self, by: i64) {
        if let Said::Handed { sent, .. } = &mut self.said {
            *sent -= by;
        }
    }
}

impl Tab {
    pub fn boot(&mut self, signed_in: bool, session: Option<Session>) -> Vec<Command> {
        self.machine.step(boot(signed_in, session), NOW, 0)
    }

    pub fn pass(&mut self, passed: i64, steps: u8, asleep: bool) {
        let steady = if asleep { 0 } else { passed };
        self.machine.pass(passed, steady);
        self.testimony.pass(steady);
        if let Some(access) = &mut self.token {
            access.expires -= passed;
        }
        if let Some(wait) = &mut self.timer {
            *wait -= steady;
        }
        for flight in &mut self.flights {
            flight.age = flight.age.saturating_add(steps);
            flight.pass(passed);
        }
        for word in &mut self.inbox {
            word.age = word.age.saturating_add(steps);
            word.jump(passed);
            if let Said::Handed { access, .. } = &mut word.said {
                access.expires -= passed;
            }
        }
    }

    pub fn is_due(&self) -> bool {
        self.timer.is_some_and(|wait| wait <= 0) && !self.machine.is_away()
    }

    /// Whether a call of this page would carry an access token of this generation.
    pub fn holds(&self, session: Session, generation: u32) -> bool {
        let token = self.token.is_some_and(|token| token.session == session && token.generation == generation);
        token && matches!(self.machine.supply(0, NOW), Supply::Token(_))
    }

    pub fn session(&self) -> Option<Session> {
        self.machine.session().map(|session| session.parse().expect("sessions are numbers here"))
    }

    pub fn is_signed_in(&self) -> bool {
        matches!(self.machine.state(), machine::State::SignedIn(_))
    }

    /// The session whose protected content the page shows.
    pub fn shows(&self) -> Option<Session> {
        let over = self.is_signed_out() || matches!(self.machine.state(), machine::State::Restoring);
        self.session().filter(|_| !over && !self.veiled)
    }

    pub fn is_signed_out(&self) -> bool {
        matches!(self.machine.state(), machine::State::SignedOut { .. })
    }

    /// Whether time may not pass before this tab has done or heard something.
    pub fn is_pressed(&self) -> bool {
        !self.wants.is_empty() || self.flights.iter().any(|flight| flight.age >= ABORT)
    }
}

impl State {
    /// Takes one step of a tab's machine and does what it says. `access`: the token that came with the event.
    pub fn dispatch(
        &mut self,
        world: &World,
        tab: usize,
        event: Event,
        access: Option<Access>,
    ) -> Result<(), Violation> {
        let back = matches!(event, Event::Back { .. });
        let before = self.tabs[tab].shows();
        let commands = self.tabs[tab].machine.step(event, NOW, world.jitter);
        let looks = commands.contains(&Command::Look);
        for command in commands {
            self.carry_out(world, tab, command, access, back, before)?;
        }
        if looks { self.call(world, tab) } else { Ok(()) }
    }

    fn carry_out(
        &mut self,
        world: &World,
        at: usize,
        command: Command,
        access: Option<Access>,
        back: bool,
        before: Option<Session>,
    ) -> Result<(), Violation> {
        let tab = &mut self.tabs[at];
        match command {
            Command::Refresh { attempt } => {
                let awaited = |flight: &Flight| matches!(flight.kind, Kind::Refresh { attempt, .. } if tab.machine.awaits(attempt));
                if tab.flights.iter().any(awaited) {
                    return Err(Violation::TwoInFlight);
                }
                tab.wants.retain(|want| matches!(want, Want::Logout { .. }));
                tab.wants.push(Want::Refresh { attempt });
            }
            Command::Keep { .. } => {
                tab.token = access;
                let session = tab.session();
                if let Some(session) = session.filter(|own| before != session && self.left_behind.contains(own)) {
                    return Err(Violation::Revived(session));
                }
            }
            Command::Forget => tab.token = None,
            Command::Look => {}
            Command::Ring(wait) => tab.timer = wait,
            Command::Remember(true) => self.remembered = tab.session(),
            Command::Remember(false) => {
                let session = tab.session();
                self.remembered = self.remembered.filter(|remembered| Some(*remembered) != session);
            }
            Command::Veil(down) => {
                tab.veiled = down;
                let known = tab.is_signed_out() || !back || tab.session() == self.remembered;
                let gone = tab.is_signed_in() && tab.session().is_some_and(|own| self.left_behind.contains(&own));
                if !down && (!known || gone) {
                    return Err(Violation::Uncovered);
                }
            }
            Command::Hand => {
                if let (machine::State::SignedIn(held), Some(session), Some(access)) =
                    (tab.machine.state(), tab.session(), tab.token)
                {
                    let said = Said::Handed { session, sent: held.since.wall, lifetime: held.lifetime, access };
                    self.tell(at, said);
                }
            }
            Command::TellOver { session, why } => {
                let session = session.map(|session| session.parse().expect("sessions are numbers here"));
                self.tell(at, Said::Over { session, why });
            }
        }
        self.check_veil(world, at)
    }

    /// A page that is put away is covered.
    fn check_veil(&self, world: &World, at: usize) -> Result<(), Violation> {
        let tab = &self.tabs[at];
        let naive = world.client == Client::ShowsAtOnce;
        if tab.machine.is_away() && !tab.veiled && !naive { Err(Violation::Uncovered) } else { Ok(()) }
    }

    /// A word to all other tabs. Pages that are put away hear nothing.
    pub fn tell(&mut self, from: usize, said: Said) {
        for (at, tab) in self.tabs.iter_mut().enumerate() {
            if at != from && !tab.machine.is_away() {
                tab.inbox.push(Word { said, age: 0 });
            }
        }
    }

    /// A tab hears what another has said.
    pub fn hear(&mut self, world: &World, tab: usize, word: usize) -> Result<(), Violation> {
        match self.tabs[tab].inbox.remove(word).said {
            Said::Handed { session, .. } if self.is_left(world, session) => Ok(()),
            Said::Handed { session, sent, lifetime, access } => {
                let event = Event::Handed { session: session.to_string(), sent, lifetime };
                self.dispatch(world, tab, event, Some(access))
            }
            Said::Over { session, why } => {
                let event = Event::OverElsewhere { session: session.map(|session| session.to_string()), why };
                self.dispatch(world, tab, event, None)
            }
            Said::Doubt => self.dispatch(world, tab, Event::Doubted, None),
        }
    }

    /// Whether this browser knows that the person has signed out of it.
    pub fn is_left(&self, world: &World, session: Session) -> bool {
        world.client != Client::ForgetsLogout && self.leaving == Some(session)
    }

    /// A call that needs a token, and what comes of it.
    pub fn call(&mut self, world: &World, tab: usize) -> Result<(), Violation> {
        self.dispatch(world, tab, Event::Wanted, None)?;
        let Supply::Token(number) = self.tabs[tab].machine.supply(0, NOW) else { return Ok(()) };
        if self.tabs[tab].token.is_none_or(|token| !self.would_believe(token)) {
            self.dispatch(world, tab, Event::Unauthorized { number }, None)?;
        }
        Ok(())
    }

    /// Whether the server takes this access token.
    pub fn would_believe(&self, access: Access) -> bool {
        let row = &self.rows[usize::from(access.session) - 1];
        access.expires > 0 && row.line.ended.is_none()
    }

    /// A login, on this page, was answered, so many steps after it was sent.
    pub fn sign_in(&mut self, world: &World, tab: usize, answer: Answer, age: u8) -> Result<(), Violation> {
        let Answer::Granted { access, lifetime, .. } = answer else { return Ok(()) };
        self.leaving = None;
        self.entitled = Some(access.session);
        self.tabs[tab].testimony.enters();
        let sent = ago(i64::from(age) * STEP);
        let event = Event::LoggedIn { sent, session: access.session.to_string(), lifetime };
        self.dispatch(world, tab, event, Some(access))
    }

    /// The person signs out on this page.
    pub fn log_out(&mut self, world: &World, tab: usize) -> Result<(), Violation> {
        self.leaving = self.tabs[tab].session().or(self.leaving);
        // Which one they meant, where this page has not heard of a newer login, nobody knows.
        self.entitled = None;
        self.carry_on_leaving(world, tab)
    }

    /// The server may not have heard of it.
    pub fn carry_on_leaving(&mut self, world: &World, tab: usize) -> Result<(), Violation> {
        if world.client == Client::ForgetsLogout {
            self.leaving = self.tabs[tab].session().or(self.leaving);
        }
        let session = self.tabs[tab].session();
        self.dispatch(world, tab, Event::LoggedOut, None)?;
        self.tabs[tab].wants.push(Want::Logout { of: session });
        Ok(())
    }

    /// A sign-out that the server may not have heard of is told again, unless somebody has signed in on this page since.
    pub fn tell_of_leaving(&mut self, tab: usize) {
        let tab = &mut self.tabs[tab];
        let of = tab.session();
        if tab.is_signed_out() && of.is_some() && of == self.leaving && tab.wants.is_empty() {
            tab.wants.push(Want::Logout { of });
        }
    }
}
