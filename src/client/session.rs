//! Drives the machine: carries its commands out, feeds events in, and shows the page what it needs to know.
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
    clock,
    deadline::Now,
    machine::{Command, Event, Machine, State, Supply},
    marks,
    requests::{all_answered, in_time},
    tabs::{Tabs, Word},
};
use crate::{
    api::{
        Grant, Problem,
        bearer::{NumberedToken, TokenSource, tokens_come_from},
        session::{self as api, AccessToken},
    },
    ended::Refusal,
};

/// How many renewals a page lists.
const LISTED: usize = 5;

/// Where this page stands, for what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not known yet: what the server rendered stands.
    Restoring,
    SignedIn,
    /// Signed in, and the server cannot be reached.
    Offline,
    SignedOut(Option<Refusal>),
}

/// The life of the access token in memory. Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it was asked for, by the wall clock.
    pub since: i64,
    pub lifetime: i64,
    pub renew_after: i64,
}

/// One silent renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    pub number: u32,
    /// By the wall clock, in milliseconds.
    pub at: i64,
}

/// What the pages see of the session, and what they ask of it.
#[derive(Clone, Copy)]
pub struct Session {
    phase: RwSignal<Phase>,
    id: RwSignal<Option<String>>,
    life: RwSignal<Option<Life>>,
    renewals: RwSignal<Vec<Renewal>>,
    /// Signing out has not reached the server.
    stranded: RwSignal<Option<Problem>>,
}

struct Driver {
    machine: Machine,
    token: Option<AccessToken>,
    timer: Option<TimeoutHandle>,
    waiting: Vec<Waiting>,
    tabs: Tabs,
    session: Session,
}

/// A call that waits for a token with a number above `refused`.
struct Waiting {
    refused: u32,
    tell: oneshot::Sender<Option<NumberedToken>>,
}

thread_local! {
    static DRIVER: RefCell<Option<Driver>> = const { RefCell::new(None) };
}

impl Session {
    /// Makes it known to all pages below. On the server, and until [`boot`](Self::boot), it stands at restoring.
    pub fn provide() -> Self {
        let session = Self {
            phase: RwSignal::new(Phase::Restoring),
            id: RwSignal::new(None),
            life: RwSignal::new(None),
            renewals: RwSignal::new(Vec::new()),
            stranded: RwSignal::new(None),
        };
        provide_context(session);
        session
    }

    pub fn current() -> Self {
        expect_context()
    }

    pub fn phase(&self) -> Signal<Phase> {
        self.phase.into()
    }

    /// The id of the session this page belongs to, once an access token has come.
    pub fn id(&self) -> Signal<Option<String>> {
        self.id.into()
    }

    pub fn life(&self) -> Signal<Option<Life>> {
        self.life.into()
    }

    pub fn renewals(&self) -> Signal<Vec<Renewal>> {
        self.renewals.into()
    }

    /// Why the server may not know yet that the person signed out.
    pub fn stranded(&self) -> Signal<Option<Problem>> {
        self.stranded.into()
    }

    /// Starts the machine. `rendered`: whether the server rendered this page for somebody signed in, where it could tell.
    pub fn boot(self, rendered: Option<bool>) {
        let driver = Driver {
            machine: Machine::default(),
            token: None,
            timer: None,
            waiting: Vec::new(),
            tabs: Tabs::join(hear),
            session: self,
        };
        if rendered == Some(false) && marks::remembered() {
            // Signed out without scripts, or by the server: the other tabs have not heard.
            driver.tabs.say(&Word::Doubt);
        }
        DRIVER.set(Some(driver));
        tokens_come_from(Rc::new(Memory));
        listen();
        if marks::leaving() {
            // The person signed out, and the server could not be told.
            dispatch(Event::Boot { signed_in: false }, None);
            return self.log_out();
        }
        dispatch(Event::Boot { signed_in: rendered.unwrap_or_else(marks::remembered) }, None);
    }

    pub async fn log_in(self, username: String, password: String) -> Result<(), Problem> {
        self.enter(|| api::login(username, password)).await
    }

    pub async fn sign_up(self, username: String, password: String) -> Result<(), Problem> {
        self.enter(|| api::signup(username, password)).await
    }

    /// Nothing that is still under way may have its answer, and so its cookie, arrive after this one's.
    async fn enter<Asking>(self, ask: impl FnOnce() -> Asking) -> Result<(), Problem>
    where
        Asking: Future<Output = Result<Grant, Problem>>,
    {
        all_answered().await;
        let sent = clock::now();
        let grant = in_time(ask()).await?;
        self.renewals.set(Vec::new());
        self.stranded.set(None);
        marks::leave(false);
        let lifetime = milliseconds(grant.expires_in);
        dispatch(Event::LoggedIn { sent, session: grant.session_id, lifetime }, Some(&grant.access_token));
        Ok(())
    }

    /// Signs out: here and in the other tabs at once, then on the server, for as long as that takes.
    pub fn log_out(self) {
        marks::leave(true);
        dispatch(Event::LoggedOut, None);
        spawn_local(async move {
            let problem = in_time(api::logout()).await.err();
            marks::leave(problem.is_some());
            self.stranded.set(problem);
        });
    }
}

/// Takes one step and does what it says. `token`: the one that came with the event.
fn dispatch(event: Event, token: Option<&AccessToken>) {
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

    /// Every token but the first of its session is a renewal.
    fn note(&self, number: u32) {
        let Session { id, renewals, .. } = self.session;
        if id.get_untracked().as_deref() == self.machine.session() {
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
        set_if_new(self.session.phase, phase);
        set_if_new(self.session.life, life);
        set_if_new(self.session.id, id);
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

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

/// Sends a refresh, detached from whatever asked for it: a component that goes away must not abort a rotation.
async fn refresh(attempt: u32) {
    let answer = in_time(api::refresh(false)).await;
    match answer {
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

fn milliseconds(seconds: u32) -> i64 {
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
