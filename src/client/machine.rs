//! What the browser does next: the session machine.
//!
//! Pure: an event and the time go in, a new state and commands come out. No I/O, no clock, no randomness, no token: it knows tokens by number
//! and leaves their text to the driver.
//!
//! What it keeps to:
//! - one refresh in flight at a time, and an answer to one that was given up changes nothing;
//! - a deadline counts from when the request was *sent*, by two clocks, and never against a time that the server wrote;
//! - signed out means that the server said so in so many words, or the person did: no answer, a 5xx, a page of some proxy leave the session as
//!   it is;
//! - the timer runs in a visible tab only, and refreshes that no deadline asked for stop after [`BREAKER`] a minute;
//! - a session that is over stays over, whatever is still under way; and a page that the browser has put away shows nothing when it comes back,
//!   until it is known whose it is.

mod waking;
mod words;

pub use words::{Command, Event, Supply};

use super::deadline::{Held, Now, elapsed};
use crate::ended::{EndReason, Refusal};

/// How many refreshes a minute may start that no deadline asked for.
pub const BREAKER: usize = 3;
const BREAKER_WINDOW: i64 = 60_000;
/// No server and no proxy is waited for longer, whatever it says.
const LONGEST_ASKED: i64 = 900_000;
/// A tab that comes to the front with a token older than this looks whether its session is still there.
const LOOK_AGAIN: i64 = 30_000;
const FIRST_RETRY: i64 = 1_000;
const LONGEST_RETRY: i64 = 60_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    state: State,
    /// The refresh that is under way.
    flight: Option<Flight>,
    /// The session this tab belongs to, once it has heard of it.
    session: Option<String>,
    visible: bool,
    veil: Veil,
    attempts: u32,
    tokens: u32,
    /// When the last refreshes began that no deadline asked for, by the steady clock.
    unasked: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody is signed in. `why` where somebody was.
    SignedOut {
        why: Option<Refusal>,
    },
    /// Somebody is, and their access token is on its way.
    Restoring,
    SignedIn(Held),
    /// Somebody is, and the last refresh got no answer. The token may still be good.
    Offline {
        held: Option<Held>,
        failures: u32,
        since: Now,
        retry_in: i64,
    },
}

/// Whether the page may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Veil {
    Lifted,
    /// The browser has put the page away: whatever it hears before it is back may be old.
    Away,
    /// Whose it is will be known when the server has answered.
    Down,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flight {
    attempt: u32,
    sent: Now,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            state: State::Restoring,
            flight: None,
            session: None,
            visible: true,
            veil: Veil::Lifted,
            attempts: 0,
            tokens: 0,
            unasked: Vec::new(),
        }
    }
}

impl Machine {
    /// Of a page that was covered before the app was there, or was not.
    pub fn of_page(covered: bool) -> Self {
        Self { veil: if covered { Veil::Down } else { Veil::Lifted }, ..Self::default() }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Whether the browser has put the page away, as far as it has said.
    pub fn is_away(&self) -> bool {
        self.veil == Veil::Away
    }

    /// Whether a refresh is still of use: it may have waited for its turn while another tab did the work.
    pub fn awaits(&self, attempt: u32) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.attempt == attempt)
    }

    /// Takes one step. `jitter` is random, 0 to 999.
    pub fn step(&mut self, event: Event, now: Now, jitter: u16) -> Vec<Command> {
        let mut todo = Vec::new();
        match event {
            Event::Boot { signed_in, session } => {
                self.session = session;
                if signed_in { self.restore(now, &mut todo) } else { self.sign_out(None, &mut todo) }
            }
            Event::Timer => self.tick(now, &mut todo),
            Event::Shown => {
                self.visible = true;
                self.shown(now, &mut todo);
            }
            Event::Hidden => {
                self.visible = false;
                todo.push(Command::Ring(None));
            }
            Event::PutAway => {
                self.veil = Veil::Away;
                todo.push(Command::Veil(true));
            }
            Event::Back { remembered } => self.back(remembered.as_deref(), now, &mut todo),
            Event::Online => self.awake(now, &mut todo),
            Event::Doubted if matches!(self.state, State::SignedOut { .. }) => {}
            Event::Doubted => self.refresh_unasked(now, &mut todo),
            Event::Wanted => self.wanted(now, &mut todo),
            Event::Unauthorized { number } => self.unauthorized(number, now, &mut todo),
            Event::Answered { attempt, session, lifetime } => {
                if let Some(flight) = self.landed(attempt) {
                    self.hold(flight.sent, session, lifetime, now, jitter, &mut todo);
                    todo.push(Command::Hand);
                }
            }
            Event::Refused { attempt, why } => {
                if self.landed(attempt).is_some() {
                    let session = self.session.clone();
                    self.sign_out(Some(why), &mut todo);
                    // Which session it was that is over, this tab may never have heard.
                    if session.is_some() {
                        todo.push(Command::TellOver { session, why: Some(why) });
                    }
                }
            }
            Event::Failed { attempt, retry_after } => {
                if self.landed(attempt).is_some() {
                    self.offline(retry_after, now, jitter, &mut todo);
                }
            }
            Event::LoggedIn { sent, session, lifetime } => {
                self.hold(sent, session, lifetime, now, jitter, &mut todo);
                todo.push(Command::Hand);
            }
            Event::LoggedOut => {
                let session = self.session.clone();
                let why = Some(Refusal::Ended(EndReason::SignedOut));
                self.sign_out(why, &mut todo);
                todo.push(Command::TellOver { session, why });
            }
            Event::Handed { session, sent, lifetime } => {
                if self.is_in_doubt(&session, sent) {
                    self.refresh_unasked(now, &mut todo);
                } else if self.is_news(&session, sent) {
                    let age = (now.wall - sent).max(0);
                    let since = Now { wall: now.wall - age, steady: now.steady - age };
                    self.hold(since, session, lifetime, now, jitter, &mut todo);
                }
            }
            Event::InElsewhere { session } => {
                if self.session.as_ref() != Some(&session) {
                    self.find_out(now, &mut todo);
                }
            }
            Event::OverElsewhere { session, why } => {
                if session.is_none() || self.session.is_none() || session == self.session {
                    // Named, so that a late word of it is known for what it is.
                    self.session = self.session.take().or(session);
                    self.sign_out(why, &mut todo);
                }
            }
        }
        todo
    }

    /// What a call gets that may not use tokens up to `refused`.
    pub fn supply(&self, refused: u32, now: Now) -> Supply {
        let usable = |held: &Held| held.number > refused && held.is_good(now);
        match &self.state {
            State::SignedOut { .. } => Supply::None,
            State::Restoring => Supply::Wait,
            State::SignedIn(held) | State::Offline { held: Some(held), .. } if usable(held) => {
                Supply::Token(held.number)
            }
            _ if self.flight.is_some() => Supply::Wait,
            _ => Supply::None,
        }
    }

    /// Whether a token that another tab hands over is better than what is here. A session that this tab knows to be over does not come back.
    fn is_news(&self, session: &str, sent: i64) -> bool {
        let same = self.session.as_deref() == Some(session);
        match &self.state {
            State::SignedOut { .. } => !same,
            // The answer to an older refresh, even of another session, is older news than what came after it.
            State::SignedIn(held) | State::Offline { held: Some(held), .. } => sent > held.since.wall,
            State::Restoring | State::Offline { held: None, .. } => true,
        }
    }

    /// Another session's token that seems older than the one in hand: either it comes late, or a clock was set back. The server knows.
    fn is_in_doubt(&self, session: &str, sent: i64) -> bool {
        let another = self.session.as_deref() != Some(session);
        let held = matches!(self.state, State::SignedIn(_) | State::Offline { held: Some(_), .. });
        another && held && !self.is_news(session, sent)
    }

    fn restore(&mut self, now: Now, todo: &mut Vec<Command>) {
        self.state = State::Restoring;
        self.refresh(now, todo);
    }

    /// The timer rang: a renewal or another try is due, or is not due yet.
    fn tick(&mut self, now: Now, todo: &mut Vec<Command>) {
        let Some(wait) = self.due_in(now).filter(|_| self.visible) else { return };
        if self.slept(now) {
            // Whether the token has run out or the clock was set, nobody knows: a clock that never stops jumping is no reason to never stop.
            self.refresh_unasked(now, todo);
        } else if wait == 0 {
            self.refresh(now, todo);
        } else {
            self.ring(wait, todo);
        }
    }

    fn wanted(&mut self, now: Now, todo: &mut Vec<Command>) {
        match &self.state {
            State::SignedOut { .. } => {}
            State::SignedIn(held) if held.is_good(now) => {}
            State::SignedIn(_) => self.refresh(now, todo),
            State::Offline { held: Some(held), .. } if held.is_good(now) => {}
            State::Restoring | State::Offline { .. } => self.refresh_unasked(now, todo),
        }
    }

    fn unauthorized(&mut self, number: u32, now: Now, todo: &mut Vec<Command>) {
        match &self.state {
            State::SignedIn(held) | State::Offline { held: Some(held), .. } if held.number == number => {
                self.state = State::Restoring;
                todo.push(Command::Forget);
                self.refresh_unasked(now, todo);
            }
            State::Offline { held: None, .. } => self.refresh_unasked(now, todo),
            // Somebody else's complaint about a token that is gone.
            _ => {}
        }
    }

    /// Starts a refresh, unless one is under way.
    fn refresh(&mut self, now: Now, todo: &mut Vec<Command>) {
        if self.flight.is_none() {
            self.attempts += 1;
            self.flight = Some(Flight { attempt: self.attempts, sent: now });
            todo.push(Command::Refresh { attempt: self.attempts });
        }
    }

    /// Starts a refresh that no deadline asked for, unless there have been too many.
    fn refresh_unasked(&mut self, now: Now, todo: &mut Vec<Command>) {
        if self.flight.is_some() {
            return;
        }
        self.unasked.retain(|began| now.steady - began < BREAKER_WINDOW);
        if self.unasked.len() < BREAKER {
            self.unasked.push(now.steady);
            self.refresh(now, todo);
            return;
        }
        let wait = self.unasked[0] + BREAKER_WINDOW - now.steady;
        if let State::SignedIn(_) = self.state {
            self.ring(wait, todo);
            return;
        }
        let (held, failures) = match self.state {
            State::Offline { held, failures, .. } => (held, failures),
            _ => (None, 1),
        };
        self.state = State::Offline { held, failures, since: now, retry_in: wait };
        self.ring(wait, todo);
    }

    /// Takes the flight down that this attempt was. `None`: it was given up long ago.
    fn landed(&mut self, attempt: u32) -> Option<Flight> {
        self.flight.take_if(|flight| flight.attempt == attempt)
    }

    fn hold(&mut self, since: Now, session: String, lifetime: i64, now: Now, jitter: u16, todo: &mut Vec<Command>) {
        // A refresh still under way was for the token before, or for another person.
        self.flight = None;
        self.session = Some(session);
        self.tokens += 1;
        let held = Held::new(self.tokens, since, lifetime, jitter);
        self.state = State::SignedIn(held);
        todo.extend([Command::Keep { number: held.number }, Command::Remember(true)]);
        self.unveil(todo);
        self.ring(held.renew_in(now), todo);
    }

    fn offline(&mut self, retry_after: Option<i64>, now: Now, jitter: u16, todo: &mut Vec<Command>) {
        let (held, failures) = match self.state {
            State::SignedIn(held) => (Some(held), 1),
            State::Offline { held, failures, .. } => (held, failures.saturating_add(1)),
            State::Restoring => (None, 1),
            State::SignedOut { .. } => return,
        };
        let backed_off = (FIRST_RETRY << (failures - 1).min(16)).min(LONGEST_RETRY);
        let spread = backed_off * i64::from(jitter) / 2_000;
        let retry_in = (backed_off + spread).max(retry_after.unwrap_or(0).min(LONGEST_ASKED));
        self.state = State::Offline { held, failures, since: now, retry_in };
        self.ring(retry_in, todo);
    }

    fn sign_out(&mut self, why: Option<Refusal>, todo: &mut Vec<Command>) {
        self.flight = None;
        self.state = State::SignedOut { why };
        todo.extend([Command::Forget, Command::Ring(None), Command::Remember(false)]);
        self.unveil(todo);
    }

    fn ring(&self, wait: i64, todo: &mut Vec<Command>) {
        if self.visible {
            todo.push(Command::Ring(Some(wait)));
        }
    }

    /// Milliseconds until the next renewal or try; 0: now. `None`: none is planned.
    fn due_in(&self, now: Now) -> Option<i64> {
        match &self.state {
            State::SignedOut { .. } | State::Restoring => None,
            State::SignedIn(held) => Some(held.renew_in(now)),
            State::Offline { since, retry_in, .. } => Some((retry_in - elapsed(*since, now)).max(0)),
        }
    }
}

#[cfg(test)]
mod canonical;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tabs_table;
