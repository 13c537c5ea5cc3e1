//! What the pages see of the session, and what they ask of it.

use leptos::prelude::*;

use super::{
    board::{Board, Life, Phase, Renewal},
    clock,
    driver::{self, Rendered},
    marks,
    requests::{all_answered, in_time},
    turns::Turn,
};
use crate::api::{Grant, Problem, session as api};

#[derive(Clone, Copy)]
pub struct Session(Board);

impl Session {
    /// Makes it known to all pages below. On the server, and until [`boot`](Self::boot), it stands at restoring.
    pub fn provide() -> Self {
        let session = Self(Board::new());
        provide_context(session);
        session
    }

    pub fn current() -> Self {
        expect_context()
    }

    pub fn phase(&self) -> ReadSignal<Phase> {
        self.0.phase.read_only()
    }

    /// The id of the session this page belongs to, once an access token has come.
    pub fn id(&self) -> ReadSignal<Option<String>> {
        self.0.id.read_only()
    }

    /// The id of the person whose session it is.
    pub fn user(&self) -> ReadSignal<Option<String>> {
        self.0.user.read_only()
    }

    /// Whether a call waits for an access token, and so for whatever must happen first.
    pub fn at_work(&self) -> ReadSignal<bool> {
        self.0.at_work.read_only()
    }

    pub fn life(&self) -> ReadSignal<Option<Life>> {
        self.0.life.read_only()
    }

    pub fn renewals(&self) -> ReadSignal<Vec<Renewal>> {
        self.0.renewals.read_only()
    }

    /// Why the server may not know yet that the person signed out.
    pub fn stranded(&self) -> ReadSignal<Option<Problem>> {
        self.0.stranded.read_only()
    }

    /// Starts the machine.
    pub fn boot(self, rendered: Rendered) {
        driver::start(self.0, rendered);
    }

    pub async fn log_in(self, username: String, password: String) -> Result<(), Problem> {
        self.enter(|instance| api::login(username, password, instance)).await
    }

    /// `fields`: what was typed into those of one's own, as [`signup`](api::signup) takes it.
    pub async fn sign_up(self, username: String, password: String, fields: String) -> Result<(), Problem> {
        self.enter(|instance| api::signup(username, password, instance, fields)).await
    }

    /// Nothing that is still under way, in any tab, may have its answer, and so its cookie, arrive after this one's.
    async fn enter<Asking>(self, ask: impl FnOnce(String) -> Asking) -> Result<(), Problem>
    where
        Asking: Future<Output = Result<Grant, Problem>>,
    {
        let _turn = Turn::to_enter().await;
        all_answered().await;
        let sent = clock::now();
        let grant = in_time(ask(marks::instance_or_new())).await?;
        self.0.renewals.set(Vec::new());
        marks::leave(None);
        driver::logged_in(&grant, sent);
        Ok(())
    }

    /// While the part of the page that calls this is there, the person can sign in again where they are: calls that find the session over wait
    /// for that instead of failing.
    pub fn can_be_entered_again_here(self) {
        Effect::new(|_| {
            driver::can_ask();
            on_cleanup(driver::cannot_ask);
        });
    }

    /// Signs out: here and in the other tabs at once, then on the server, for as long as that takes.
    pub fn log_out(self) {
        driver::log_out();
    }

    /// Tells the server once more that the person has signed out, where it may not know.
    pub fn tell_of_leaving(self) {
        driver::tell_of_leaving();
    }
}
