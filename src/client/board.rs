//! What the pages see of the session. Only [`super::driver`] writes here, and no token ever.

use leptos::prelude::*;

use crate::{api::Problem, ended::Refusal};

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

/// All of it.
#[derive(Clone, Copy)]
pub(super) struct Board {
    pub(super) phase: RwSignal<Phase>,
    pub(super) id: RwSignal<Option<String>>,
    pub(super) user: RwSignal<Option<String>>,
    /// Whether a call waits for a token.
    pub(super) at_work: RwSignal<bool>,
    pub(super) life: RwSignal<Option<Life>>,
    pub(super) renewals: RwSignal<Vec<Renewal>>,
    /// Signing out has not reached the server.
    pub(super) stranded: RwSignal<Option<Problem>>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            phase: RwSignal::new(Phase::Restoring),
            id: RwSignal::new(None),
            user: RwSignal::new(None),
            at_work: RwSignal::new(false),
            life: RwSignal::new(None),
            renewals: RwSignal::new(Vec::new()),
            stranded: RwSignal::new(None),
        }
    }
}
