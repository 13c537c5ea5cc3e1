//! Requests on their way, and their answers: in any order, late, lost or twice.

use super::{
    server::{Answer, Reading, Row},
    state::State,
    tab::{Tab, Want},
    time::NOW,
    token::{Session, Token},
    verdict::Violation,
    world::{Client, Lock, Rule, World},
};
use crate::{
    client::{machine::Event, testimony::Entry},
    ended::{EndReason, Refusal},
};

/// How often the server decides anew.
const ATTEMPTS: u8 = 3;

/// A request that a tab waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flight {
    pub kind: Kind,
    /// What was in the jar when it was sent.
    pub cookie: Option<Token>,
    /// In steps, since it was sent.
    pub age: u8,
    /// Whether it has its turn, and nobody else.
    pub in_turn: bool,
    pub stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Refresh {
        attempt: u32,
        entry: Entry,
        in_step: bool,
        named: bool,
    },
    Login,
    /// `of`: the session that the page belonged to.
    Logout {
        of: Option<Session>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// On its way to the server.
    Sent,
    /// The server has read the row, and decided, so many times.
    Read(Reading, u8),
    /// The answer is on its way back.
    Answered(Answer),
}

/// A request that may still arrive, and whose answer nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stray {
    pub kind: Kind,
    pub cookie: Option<Token>,
    pub age: u8,
}

impl Flight {
    pub fn pass(&mut self, passed: i64) {
        if let Stage::Answered(Answer::Granted { access, .. }) = &mut self.stage {
            access.expires -= passed;
        }
    }

    pub fn tokens_mut(&mut self) -> impl Iterator<Item = &mut Token> {
        let staged = match &mut self.stage {
            Stage::Sent => None,
            Stage::Read(reading, _) => Some(&mut reading.current),
            Stage::Answered(Answer::Granted { cookie, .. }) => cookie.as_mut(),
            Stage::Answered(_) => None,
        };
        self.cookie.iter_mut().chain(staged)
    }

    pub fn is_answered(&self) -> bool {
        matches!(self.stage, Stage::Answered(_))
    }
}

impl State {
    /// The request of a tab that has waited longest for its turn is sent, if it is still of use.
    pub fn send(&mut self, world: &World, at: usize) {
        let in_turn = world.lock == Lock::OfRefreshes && self.turn_is_free();
        let entry = self.new_entry();
        let tab = &mut self.tabs[at];
        let kind = match tab.wants.remove(0) {
            Want::Logout { of } => Kind::Logout { of },
            Want::Refresh { attempt } if !tab.machine.awaits(attempt) => return,
            Want::Refresh { attempt } => {
                // Without its name a browser knows that storage was cleared, and what is listed after that is of no use to anybody.
                let knows = self.named || world.client == Client::TrustsItsList;
                if knows {
                    self.list.push(entry);
                }
                let in_step = tab.testimony.sends(entry, knows.then_some(self.list.as_slice()), NOW.steady);
                let in_step = in_step && world.client != Client::NeverTestifies;
                Kind::Refresh { attempt, entry, in_step, named: self.named }
            }
        };
        tab.flights.push(Flight { kind, cookie: self.jar.now, age: 0, in_turn, stage: Stage::Sent });
    }

    pub fn new_entry(&self) -> Entry {
        let flights = self.tabs.iter().flat_map(|tab| &tab.flights).map(|flight| match flight.kind {
            Kind::Refresh { entry, .. } => entry,
            _ => 0,
        });
        flights.chain(self.list.iter().copied()).max().unwrap_or(0) + 1
    }

    fn turn_is_free(&self) -> bool {
        !self.tabs.iter().flat_map(|tab| &tab.flights).any(|flight| flight.in_turn)
    }

    /// Whether a login may be sent now, as far as it waits for others.
    pub fn may_log_in(&self, world: &World, at: usize) -> bool {
        let idle = |tab: &Tab| tab.flights.is_empty() && tab.wants.is_empty();
        match world.lock {
            _ if world.client == Client::LoginDoesNotWait => true,
            Lock::OfRefreshes => idle(&self.tabs[at]) && self.turn_is_free(),
            Lock::Gate => self.tabs.iter().all(idle),
        }
    }

    /// Whether a tab may send what it wants to: while a login is under way, the whole lock keeps everybody else waiting.
    pub fn may_send(&self, world: &World) -> bool {
        let login = |tab: &Tab| tab.flights.iter().any(|flight| flight.kind == Kind::Login);
        world.lock != Lock::Gate || world.client == Client::LoginDoesNotWait || !self.tabs.iter().any(login)
    }

    /// The person signs in on this page, in place of whoever is.
    pub fn log_in(&mut self, world: &World, at: usize) {
        let in_turn = world.lock == Lock::OfRefreshes;
        let flight = Flight { kind: Kind::Login, cookie: self.jar.now, age: 0, in_turn, stage: Stage::Sent };
        self.tabs[at].flights.push(flight);
    }

    /// A request of a tab reaches the server. Where that takes two steps, this is the reading.
    pub fn arrive(&mut self, world: &World, at: usize, flight: usize) -> Result<(), Violation> {
        let Flight { kind, cookie, stage, .. } = self.tabs[at].flights[flight];
        let staged = match (kind, cookie, stage) {
            (Kind::Refresh { in_step, named, .. }, Some(token), Stage::Sent) if world.two_steps => {
                Stage::Read(self.look_at(world, token, in_step, named)?, 1)
            }
            (Kind::Refresh { in_step, named, .. }, Some(token), Stage::Read(reading, tries)) => {
                match self.row(token.session).carry_out(world, token, reading) {
                    Some(answer) => Stage::Answered(answer),
                    None if tries == ATTEMPTS => Stage::Answered(Answer::Busy),
                    None => Stage::Read(self.look_at(world, token, in_step, named)?, tries + 1),
                }
            }
            _ => Stage::Answered(self.serve(world, kind, cookie)?),
        };
        self.tabs[at].flights[flight].stage = staged;
        Ok(())
    }

    fn look_at(&mut self, world: &World, token: Token, in_step: bool, named: bool) -> Result<Reading, Violation> {
        let by = self.owner(named);
        let row = self.row(token.session);
        let reading = row.read(world, token, in_step, named);
        row.judge(world, token, in_step, reading.verdict, by)?;
        Ok(reading)
    }

    /// The server answers a request of the browser at once.
    pub fn serve(&mut self, world: &World, kind: Kind, cookie: Option<Token>) -> Result<Answer, Violation> {
        let whatever = world.client == Client::LogsOutWhatever;
        match (kind, cookie) {
            (Kind::Refresh { .. }, None) => Ok(Answer::Refused(super::server::Why::Invalid)),
            (Kind::Refresh { in_step, named, .. }, Some(token)) => {
                let reading = self.look_at(world, token, in_step, named)?;
                let row = self.row(token.session);
                Ok(row.carry_out(world, token, reading).expect("nobody came in between"))
            }
            (Kind::Login, cookie) => Ok(self.begin_session(world, cookie)),
            (Kind::Logout { of: Some(of) }, Some(token)) if of != token.session && !whatever => Ok(Answer::LeftAlone),
            (Kind::Logout { of }, cookie) => {
                if let Some(token) = cookie {
                    if of.is_some_and(|of| of != token.session) && self.entitled == Some(token.session) {
                        return Err(Violation::HonestRefused(Refusal::Ended(EndReason::SignedOut)));
                    }
                    self.end(token.session, EndReason::SignedOut);
                }
                Ok(Answer::SignedOut)
            }
        }
    }

    /// The session of the cookie ends, if that is the current token of it or the one before.
    fn begin_session(&mut self, world: &World, cookie: Option<Token>) -> Answer {
        if let Some(token) = cookie {
            let line = &self.row(token.session).line;
            if line.current == token.hash() || line.parent == Some(token.hash()) {
                self.end(token.session, EndReason::Replaced);
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "a handful of sessions")]
        let session = self.rows.len() as u8 + 1;
        let row = Row { named: self.named, ..Row::begun(world, session) };
        let answer = row.grant(world, session, 1, Some(Token::first_of(session)));
        self.rows.push(row);
        answer
    }

    fn end(&mut self, session: Session, why: EndReason) {
        let line = &mut self.row(session).line;
        line.ended = line.ended.or(Some(why));
    }

    /// An answer reaches its tab in time: the browser stores its cookie, and the page hears it.
    pub fn answer(&mut self, world: &World, at: usize, flight: usize) -> Result<(), Violation> {
        let flight = self.tabs[at].flights.remove(flight);
        let Stage::Answered(answer) = flight.stage else { return Ok(()) };
        self.store_cookie(world, answer);
        match (flight.kind, answer) {
            (Kind::Refresh { attempt, .. }, Answer::Busy) => self.fail(world, at, attempt),
            (Kind::Refresh { attempt, entry, .. }, Answer::Refused(why)) => {
                self.strike(world, at, entry);
                self.dispatch(world, at, Event::Refused { attempt, why: why.into() }, None)
            }
            (Kind::Refresh { attempt, .. }, Answer::Granted { .. })
                if world.client == Client::TakesLateAnswers && !self.tabs[at].machine.awaits(attempt) =>
            {
                self.sign_in(world, at, answer, flight.age)
            }
            (Kind::Refresh { attempt, .. }, Answer::Granted { access, .. }) if self.leaving == Some(access.session) => {
                if self.tabs[at].machine.awaits(attempt) {
                    self.carry_on_leaving(world, at)
                } else {
                    Ok(())
                }
            }
            (Kind::Refresh { attempt, entry, .. }, Answer::Granted { cookie, access, lifetime }) => {
                if cookie.is_some() || matches!(world.client, Client::CountsMints | Client::ForgetsAtAnyAnswer) {
                    self.strike(world, at, entry);
                }
                let event = Event::Answered { attempt, session: access.session.to_string(), lifetime };
                self.dispatch(world, at, event, Some(access))
            }
            (Kind::Login, answer) => self.sign_in(world, at, answer, flight.age),
            (Kind::Logout { of }, _) => {
                if world.client == Client::ForgetsLogout {
                    self.leaving = None;
                }
                self.left_behind.extend(of.filter(|of| self.rows[usize::from(*of) - 1].line.ended.is_some()));
                Ok(())
            }
            (Kind::Refresh { .. }, Answer::SignedOut | Answer::LeftAlone) => Ok(()),
        }
    }

    /// What an answer does to the jar, whoever hears of it.
    pub fn store_cookie(&mut self, world: &World, answer: Answer) {
        match answer {
            Answer::Granted { cookie: Some(cookie), .. } => self.jar.keep(Some(cookie)),
            Answer::SignedOut => self.jar.keep(None),
            Answer::Refused(_) if world.rule == Rule::LoserClears => self.jar.keep(None),
            _ => {}
        }
    }

    fn strike(&mut self, world: &World, at: usize, entry: Entry) {
        let struck = self.tabs[at].testimony.hears(entry);
        let all = world.client == Client::ForgetsAtAnyAnswer;
        self.list.retain(|listed| !all && !struck.contains(listed));
    }

    fn fail(&mut self, world: &World, at: usize, attempt: u32) -> Result<(), Violation> {
        let event = match world.client {
            Client::FailureIsSignOut => Event::Refused { attempt, why: Refusal::Invalid },
            _ => Event::Failed { attempt, retry_after: None },
        };
        self.dispatch(world, at, event, None)
    }

    /// A tab hears nothing in time. The request may still arrive.
    pub fn give_up(&mut self, world: &World, at: usize, flight: usize) -> Result<(), Violation> {
        let flight = self.tabs[at].flights.remove(flight);
        self.stray(flight);
        match flight.kind {
            Kind::Refresh { attempt, .. } => self.fail(world, at, attempt),
            Kind::Login | Kind::Logout { .. } => Ok(()),
        }
    }

    pub fn stray(&mut self, flight: Flight) {
        if !flight.is_answered() {
            self.strays.push(Stray { kind: flight.kind, cookie: flight.cookie, age: flight.age });
        }
    }
}
