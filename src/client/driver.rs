//! Drives the machine: carries its commands out, feeds events in, and tells the board.
//!
//! The access token lives here and nowhere else: in the memory of this module, out of the reach of signals, storage and the document.

mod calls;
mod renewal;

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle},
    prelude::*,
    task::spawn_local,
};

use super::{
    board::{Board, Life, Phase, Renewal},
    clock,
    deadline::Now,
    ears,
    machine::{Command, Event, Machine, State},
    marks,
    requests::in_time,
    tabs::{Tabs, Word},
    testimony::Testimony,
    turns::{self, Turn},
};
use crate::{
    api::{self, Grant, bearer::tokens_come_from, session::AccessToken},
    ended::Refusal,
};
use calls::{Memory, Waiting};
pub(super) use calls::{can_ask, cannot_ask};

/// How many renewals a page lists.
const LISTED: usize = 5;

/// For whom the server rendered this page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// For the holder of this session.
    For {
        session: String,
        user: String,
    },
    ForNobody,
    /// It could not tell, since the cookie was kept back.
    Unknown,
    /// For the holder of a cookie that a refresh must judge.
    Doubtful,
}

struct Driver {
    machine: Machine,
    token: Option<AccessToken>,
    /// Whose tokens these are, as far as this page has heard.
    user: Option<String>,
    testimony: Testimony,
    timer: Option<TimeoutHandle>,
    waiting: Vec<Waiting>,
    leaving: Option<Leaving>,
    tabs: Tabs,
    board: Board,
}

/// The session that the person signed out of on this page, until the server has heard of it or somebody signs in.
struct Leaving {
    /// Empty where this page never heard which one it is: then whichever it is.
    session: String,
    /// How often the server was told.
    told: u32,
}

/// An access token that came with an event, and whose it is.
pub(super) struct Pass {
    token: AccessToken,
    user: String,
}

impl Pass {
    pub(super) fn of(grant: &Grant) -> Self {
        Self { token: grant.access_token.clone(), user: grant.user_id.clone() }
    }
}

thread_local! {
    static DRIVER: RefCell<Option<Driver>> = const { RefCell::new(None) };
}

/// Starts the machine of this page.
pub(super) fn start(board: Board, rendered: Rendered) {
    let remembered = marks::remembered();
    let (signed_in, session, user) = match rendered {
        Rendered::For { session, user } => (true, Some(session), Some(user)),
        Rendered::ForNobody => (false, remembered, None),
        // A browser that may remember nothing asks.
        Rendered::Unknown => (remembered.is_some() || !marks::allowed(), remembered, None),
        Rendered::Doubtful => (true, remembered, None),
    };
    let driver = Driver {
        machine: Machine::of_page(is_veiled()),
        token: None,
        user,
        testimony: Testimony::default(),
        timer: None,
        waiting: Vec::new(),
        leaving: None,
        tabs: Tabs::join(hear),
        board,
    };
    if !signed_in && session.is_some() {
        // Signed out without scripts, or by the server: the other tabs have not heard.
        driver.tabs.say(Word::Doubt);
    }
    DRIVER.set(Some(driver));
    tokens_come_from(Rc::new(Memory));
    ears::listen();
    let leaving = session.is_some() && session == marks::leaving();
    // What is remembered may have begun in another tab after this page was rendered for nobody: then this page has yet to hear of it.
    let session = session.filter(|_| signed_in || leaving);
    dispatch(Event::Boot { signed_in: signed_in && !leaving, session }, None);
    if leaving {
        // The person signed out of this one, and the server could not be told.
        log_out();
    }
}

/// The network is back: a sign-out that the server has not heard of is told again.
pub(super) fn online() {
    tell_of_leaving();
    dispatch(Event::Online, None);
}

/// Signs out: here and in the other tabs at once, then on the server. If that does not hear it, it is told when the network is back, and by the next page that finds
/// the session still there.
pub(super) fn log_out() {
    DRIVER.with_borrow_mut(|driver| {
        let Some(driver) = driver else { return };
        let session = driver.machine.session().map(str::to_owned);
        if session.is_some() {
            marks::leave(session.as_deref());
        }
        driver.leaving = Some(Leaving { session: session.unwrap_or_default(), told: 0 });
    });
    dispatch(Event::LoggedOut, None);
    tell_of_leaving();
}

/// Tells the server which session the person has left, if it may not know. By name, since somebody may sign in while this waits for its turn.
pub(super) fn tell_of_leaving() {
    let telling = DRIVER.with_borrow_mut(|driver| {
        let leaving = driver.as_mut()?.leaving.as_mut()?;
        leaving.told += 1;
        Some((leaving.session.clone(), leaving.told))
    });
    let Some((session, told)) = telling else { return };
    spawn_local(async move {
        let _turn = Turn::to_leave().await;
        let answer = in_time(api::session::logout(session.clone())).await;
        DRIVER.with_borrow_mut(|driver| {
            let Some(driver) = driver else { return };
            let Some(leaving) = driver.leaving.as_ref().filter(|leaving| leaving.session == session) else { return };
            match answer {
                Ok(()) => driver.has_left(),
                // Of one that is told once more, that will say how it ended.
                Err(problem) if leaving.told == told => driver.board.stranded.set(Some(problem)),
                Err(_) => {}
            }
        });
    });
}

/// The person signed in or up on this page, with a request sent then.
pub(super) fn logged_in(grant: &Grant, sent: Now) {
    DRIVER.with_borrow_mut(|driver| driver.as_mut().map(|driver| driver.testimony.enters()));
    let lifetime = milliseconds(grant.expires_in);
    dispatch(Event::LoggedIn { sent, session: grant.session_id.clone(), lifetime }, Some(Pass::of(grant)));
}

/// Takes one step and does what it says. `pass`: what came with the event.
pub(super) fn dispatch(event: Event, pass: Option<Pass>) {
    let now = clock::now();
    let commands = DRIVER.with_borrow_mut(|driver| {
        let driver = driver.as_mut()?;
        let commands = driver.machine.step(event, now, clock::jitter());
        let mut pass = pass;
        for command in &commands {
            driver.carry_out(command, &mut pass);
        }
        driver.serve(now);
        driver.publish();
        Some(commands)
    });
    for command in commands.unwrap_or_default() {
        match command {
            Command::Refresh { attempt } => spawn_local(renewal::refresh(attempt)),
            // A session that is over makes itself known by the refusal.
            Command::Look => spawn_local(async { _ = api::account::look().await }),
            _ => {}
        }
    }
}

impl Driver {
    fn carry_out(&mut self, command: &Command, pass: &mut Option<Pass>) {
        match command {
            // Sent by the caller, once the driver is free again.
            Command::Refresh { .. } | Command::Look => {}
            Command::Keep { number } => {
                // Somebody is in, so nobody is leaving.
                self.has_left();
                (self.token, self.user) = pass.take().map(|Pass { token, user }| (token, user)).unzip();
                self.note(*number);
            }
            Command::Forget => self.token = None,
            Command::Ring(wait) => {
                if let Some(timer) = self.timer.take() {
                    timer.clear();
                }
                let ring = |wait: i64| {
                    let wait = Duration::from_millis(wait.try_into().unwrap_or_default());
                    set_timeout_with_handle(|| dispatch(Event::Timer, None), wait).ok()
                };
                self.timer = wait.and_then(ring);
            }
            Command::Remember(true) => marks::remember(self.machine.session().unwrap_or_default()),
            Command::Remember(false) => marks::forget(self.machine.session()),
            Command::Veil(down) => veil(*down),
            Command::Hand => {
                if let (State::SignedIn(held), Some(session), Some(user), Some(token)) =
                    (self.machine.state(), self.machine.session(), &self.user, &self.token)
                {
                    let (sent, lifetime) = (held.since.wall, held.lifetime);
                    let (session, user, token) = (session.to_owned(), user.clone(), token.clone());
                    self.tabs.say(Word::Handed { session, user, sent, lifetime, token });
                }
            }
            Command::TellOver { session, why } => {
                let why = why.map(|why| why.code().to_owned());
                self.tabs.say(Word::Over { session: session.clone(), why });
            }
        }
    }

    fn has_left(&mut self) {
        self.leaving = None;
        set_if_new(self.board.stranded, None);
    }

    /// Every token but the first of this page, or of a session, is a renewal.
    fn note(&self, number: u32) {
        let Board { id, renewals, .. } = self.board;
        if number > 1 && id.get_untracked().as_deref() == self.machine.session() {
            renewals.update(|list| {
                list.insert(0, Renewal { number, at: clock::wall() });
                list.truncate(LISTED);
            });
        }
    }

    fn publish(&self) {
        let (phase, held) = match self.machine.state() {
            State::Restoring => (Phase::Restoring, None),
            State::SignedIn(held) => (Phase::SignedIn, Some(held)),
            State::Offline { held, .. } => (Phase::Offline, held.as_ref()),
            State::SignedOut { why } => (Phase::SignedOut(*why), None),
        };
        let life =
            held.map(|held| Life { since: held.since.wall, lifetime: held.lifetime, renew_after: held.renew_after });
        let id = self.machine.session().map(str::to_owned);
        set_if_new(self.board.at_work, !self.waiting.is_empty());
        set_if_new(self.board.user, self.user.clone());
        set_if_new(self.board.life, life);
        set_if_new(self.board.id, id);
        set_if_new(self.board.phase, phase);
    }
}

/// Covers everything but the background, by a class of the document, or shows it again. The browser keeps the class with a page that it puts away, so not
/// one frame of what was there is seen when it comes back.
fn veil(down: bool) {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().toggle_with_force("veiled", down);
    }
}

fn is_veiled() -> bool {
    document().document_element().is_some_and(|root| root.class_list().contains("veiled"))
}

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

/// What another tab says.
pub(super) fn hear(word: Word) {
    match word {
        // However late it comes, and whatever this page has missed.
        Word::Handed { session, .. } | Word::In { session } if marks::leaving().as_ref() == Some(&session) => {}
        Word::Handed { session, user, sent, lifetime, token } => {
            dispatch(Event::Handed { session, sent, lifetime }, Some(Pass { token, user }));
        }
        Word::In { session } => dispatch(Event::InElsewhere { session }, None),
        Word::Doubt => dispatch(Event::Doubted, None),
        Word::Over { session, why } => {
            let why = why.as_deref().and_then(Refusal::from_code);
            dispatch(Event::OverElsewhere { session, why }, None);
        }
    }
}

/// The page is put away. It lets go of what others might wait for.
pub(super) fn put_away() {
    dispatch(Event::PutAway, None);
    turns::let_go();
    DRIVER.with_borrow_mut(|driver| driver.as_mut().map(|driver| driver.tabs.leave()));
}

pub(super) fn is_away() -> bool {
    DRIVER.with_borrow(|driver| driver.as_ref().is_some_and(|driver| driver.machine.is_away()))
}

/// The page is back, and asks storage what it missed.
pub(super) fn back() {
    DRIVER.with_borrow_mut(|driver| driver.as_mut().map(|driver| driver.tabs.rejoin()));
    let remembered = marks::remembered().filter(|session| marks::leaving().as_ref() != Some(session));
    dispatch(Event::Back { remembered }, None);
}

pub(super) fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000
}
