//! Drives the machine: carries its commands out, feeds events in, and tells the board.
//!
//! The access token lives here and nowhere else: in the memory of this module, out of the reach of signals, storage and the document.

use std::{cell::RefCell, pin::Pin, rc::Rc, time::Duration};

use futures::channel::oneshot;
use leptos::{
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle, window_event_listener_untyped},
    prelude::*,
    task::spawn_local,
};

use super::{
    board::{Board, Life, Phase, Renewal},
    clock,
    deadline::Now,
    machine::{Command, Event, Machine, State, Supply},
    marks,
    requests::in_time,
    tabs::{Tabs, Word},
};
use crate::{
    api::{
        bearer::{NumberedToken, TokenSource, tokens_come_from},
        session::{self as api, AccessToken},
    },
    ended::Refusal,
};

/// How many renewals a page lists.
const LISTED: usize = 5;

/// For whom the server rendered this page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// For the holder of this session.
    For(String),
    ForNobody,
    /// It could not tell.
    Unknown,
}

struct Driver {
    machine: Machine,
    token: Option<AccessToken>,
    timer: Option<TimeoutHandle>,
    waiting: Vec<Waiting>,
    tabs: Tabs,
    board: Board,
}

/// A call that waits for a token with a number above `refused`.
struct Waiting {
    refused: u32,
    tell: oneshot::Sender<Option<NumberedToken>>,
}

thread_local! {
    static DRIVER: RefCell<Option<Driver>> = const { RefCell::new(None) };
}

/// Starts the machine of this page.
pub(super) fn start(board: Board, rendered: Rendered) {
    let driver = Driver {
        machine: Machine::default(),
        token: None,
        timer: None,
        waiting: Vec::new(),
        tabs: Tabs::join(hear),
        board,
    };
    if rendered == Rendered::ForNobody && marks::remembered() {
        // Signed out without scripts, or by the server: the other tabs have not heard.
        driver.tabs.say(&Word::Doubt);
    }
    DRIVER.set(Some(driver));
    tokens_come_from(Rc::new(Memory));
    listen();
    let (signed_in, session) = match rendered {
        Rendered::For(session) => (true, Some(session)),
        Rendered::ForNobody => (false, None),
        Rendered::Unknown => (marks::remembered(), None),
    };
    let leaving = session.is_some() && session == marks::leaving();
    dispatch(Event::Boot { signed_in: signed_in && !leaving, session }, None);
    if leaving {
        // The person signed out of this one, and the server could not be told.
        log_out(board);
    }
}

/// Signs out: here and in the other tabs at once, then on the server, for as long as that takes.
pub(super) fn log_out(board: Board) {
    if let Some(id) = board.id.get_untracked() {
        marks::leave(Some(&id));
    }
    dispatch(Event::LoggedOut, None);
    spawn_local(async move {
        let problem = in_time(api::logout()).await.err();
        if problem.is_none() {
            marks::leave(None);
        }
        board.stranded.set(problem);
    });
}

/// Takes one step and does what it says. `token`: the one that came with the event.
pub(super) fn dispatch(event: Event, token: Option<&AccessToken>) {
    let now = clock::now();
    let commands = DRIVER.with_borrow_mut(|driver| {
        let driver = driver.as_mut()?;
        let commands = driver.machine.step(event, now, clock::jitter());
        for command in &commands {
            driver.carry_out(command, token);
        }
        driver.publish();
        driver.serve(now);
        Some(commands)
    });
    for command in commands.unwrap_or_default() {
        if let Command::Refresh { attempt } = command {
            spawn_local(refresh(attempt));
        }
    }
}

impl Driver {
    fn carry_out(&mut self, command: &Command, token: Option<&AccessToken>) {
        match command {
            // Sent by the caller, once the driver is free again.
            Command::Refresh { .. } => {}
            Command::Keep { number } => {
                self.token = token.cloned();
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
            Command::Remember(signed_in) => marks::remember(*signed_in),
            Command::Veil(down) => veil(*down),
            Command::Hand => {
                if let (State::SignedIn(held), Some(session), Some(token)) =
                    (self.machine.state(), self.machine.session(), &self.token)
                {
                    let (sent, lifetime) = (held.since.wall, held.lifetime);
                    self.tabs.say(&Word::Handed { session: session.to_owned(), sent, lifetime, token: token.clone() });
                }
            }
            Command::TellOver { session, why } => {
                let why = why.map(|why| why.code().to_owned());
                self.tabs.say(&Word::Over { session: session.clone(), why });
            }
        }
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
        set_if_new(self.board.phase, phase);
        set_if_new(self.board.life, life);
        set_if_new(self.board.id, id);
    }

    /// Gives the calls that wait what there is for them now.
    fn serve(&mut self, now: Now) {
        for waiting in std::mem::take(&mut self.waiting) {
            self.answer(waiting, now);
        }
    }

    /// Answers a call, or lets it wait on.
    fn answer(&mut self, waiting: Waiting, now: Now) {
        let answer = match self.machine.supply(waiting.refused, now) {
            Supply::Wait => return self.waiting.push(waiting),
            Supply::None => None,
            Supply::Token(number) => self.token.as_ref().map(|token| {
                let header = format!("Bearer {}", token.expose());
                NumberedToken { number, header }
            }),
        };
        // Whoever asked may have gone away.
        let _ = waiting.tell.send(answer);
    }
}

/// Covers everything but the background, by a class of the document, or shows it again. The browser keeps the class with a page that it puts away, so not
/// one frame of what was there is seen when it comes back.
fn veil(down: bool) {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().toggle_with_force("veiled", down);
    }
}

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

/// Sends a refresh, detached from whatever asked for it: a component that goes away must not abort a rotation.
async fn refresh(attempt: u32) {
    let answer = in_time(api::refresh(false)).await;
    match answer {
        // The person signed out of this one, and the server could not be told.
        Ok(grant) if marks::leaving().as_ref() == Some(&grant.session_id) => log_out_here(),
        Ok(grant) => {
            let lifetime = milliseconds(grant.expires_in);
            dispatch(Event::Answered { attempt, session: grant.session_id, lifetime }, Some(&grant.access_token));
        }
        Err(problem) => {
            let event = match problem.refusal() {
                Some(why) => Event::Refused { attempt, why },
                None => Event::Failed { attempt, retry_after: problem.retry_after.map(milliseconds) },
            };
            dispatch(event, None);
        }
    }
}

fn log_out_here() {
    if let Some(board) = DRIVER.with_borrow(|driver| driver.as_ref().map(|driver| driver.board)) {
        log_out(board);
    }
}

/// What another tab says.
fn hear(word: Word) {
    match word {
        Word::Handed { session, sent, lifetime, token } => {
            dispatch(Event::Handed { session, sent, lifetime }, Some(&token));
        }
        Word::Doubt => dispatch(Event::Doubted, None),
        Word::Over { session, why } => {
            let why = why.as_deref().and_then(Refusal::from_code);
            dispatch(Event::OverElsewhere { session, why }, None);
        }
    }
}

fn listen() {
    // For as long as the page lives.
    let on = |name, heard: fn()| std::mem::forget(window_event_listener_untyped(name, move |_| heard()));
    // A page may load, thaw or come out of the page cache behind the one in front.
    for name in ["visibilitychange", "pageshow", "resume"] {
        on(name, look_up);
    }
    on("online", || dispatch(Event::Online, None));
    if document().hidden() {
        look_up();
    }
}

fn look_up() {
    dispatch(if document().hidden() { Event::Hidden } else { Event::Shown }, None);
}

pub(super) fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000
}

/// The tokens of this module, for the calls that need one.
struct Memory;

type Answer = Pin<Box<dyn Future<Output = Option<NumberedToken>>>>;

impl TokenSource for Memory {
    fn is_signed_in(&self) -> bool {
        DRIVER.with_borrow(|driver| {
            driver.as_ref().is_some_and(|driver| !matches!(driver.machine.state(), State::SignedOut { .. }))
        })
    }

    fn token(&self) -> Answer {
        dispatch(Event::Wanted, None);
        await_token(0)
    }

    fn after_refused(&self, number: u32) -> Answer {
        dispatch(Event::Unauthorized { number }, None);
        await_token(number)
    }
}

fn await_token(refused: u32) -> Answer {
    let now = clock::now();
    let (tell, told) = oneshot::channel();
    DRIVER.with_borrow_mut(|driver| {
        if let Some(driver) = driver.as_mut() {
            driver.answer(Waiting { refused, tell }, now);
        }
    });
    Box::pin(async { told.await.ok().flatten() })
}
