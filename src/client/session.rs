//! What the pages see of the session, and what they ask of it.

use leptos::prelude::*;

use super::{
    board::{Board, Life, Phase, Renewal},
    clock,
    driver::{self, Rendered, dispatch, milliseconds},
    machine::Event,
    marks,
    requests::{all_answered, in_time},
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

    pub fn phase(&self) -> Signal<Phase> {
        self.0.phase.into()
    }

    /// The id of the session this page belongs to, once an access token has come.
    pub fn id(&self) -> Signal<Option<String>> {
        self.0.id.into()
    }

    pub fn life(&self) -> Signal<Option<Life>> {
        self.0.life.into()
    }

    pub fn renewals(&self) -> Signal<Vec<Renewal>> {
        self.0.renewals.into()
    }

    /// Why the server may not know yet that the person signed out.
    pub fn stranded(&self) -> Signal<Option<Problem>> {
        self.0.stranded.into()
    }

    /// Starts the machine.
    pub fn boot(self, rendered: Rendered) {
        driver::start(self.0, rendered);
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
        self.0.renewals.set(Vec::new());
        self.0.stranded.set(None);
        marks::leave(None);
        let lifetime = milliseconds(grant.expires_in);
        dispatch(Event::LoggedIn { sent, session: grant.session_id, lifetime }, Some(&grant.access_token));
        Ok(())
    }

    /// Signs out: here and in the other tabs at once, then on the server, for as long as that takes.
    pub fn log_out(self) {
        driver::log_out(self.0);
    }
}
