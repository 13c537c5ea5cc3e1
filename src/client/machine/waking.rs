//! What may have happened while nobody looked: the tab was behind, the device slept, the network was gone, the browser had put the page away.

use super::{Command, LOOK_AGAIN, Machine, State, Veil};
use crate::client::deadline::{Now, disagree, elapsed};

impl Machine {
    /// The page is back from where the browser had put it. What it shows is shown again if it is still this browser's session.
    pub(super) fn back(&mut self, remembered: Option<&str>, now: Now, todo: &mut Vec<Command>) {
        let over = matches!(self.state, State::SignedOut { .. });
        let same = remembered.is_some() && remembered == self.session.as_deref();
        let changed = !same && (remembered.is_some() || !over);
        self.veil = Veil::Down;
        if changed {
            self.find_out(now, todo);
        } else {
            self.unveil(todo);
            self.awake(now, todo);
        }
    }

    pub(super) fn unveil(&mut self, todo: &mut Vec<Command>) {
        if self.veil == Veil::Down {
            self.veil = Veil::Lifted;
            todo.push(Command::Veil(false));
        }
    }

    /// What this page knows is not to be relied on: the server will tell.
    pub(super) fn find_out(&mut self, now: Now, todo: &mut Vec<Command>) {
        self.flight = None;
        self.state = State::Restoring;
        todo.push(Command::Forget);
        self.refresh_unasked(now, todo);
    }

    /// Whether the clocks have come apart since the token was asked for: the device slept, or a clock was set.
    pub(super) fn slept(&self, now: Now) -> bool {
        matches!(&self.state, State::SignedIn(held) if disagree(held.since, now))
    }

    /// The tab came to the front: the session may have been ended elsewhere, and whoever looks is to know.
    pub(super) fn shown(&mut self, now: Now, todo: &mut Vec<Command>) {
        self.awake(now, todo);
        // Unless a refresh will tell. Not by a refresh: this one would only mint, and a page that has minted is not in step.
        if let (State::SignedIn(held), None) = (&self.state, &self.flight)
            && elapsed(held.since, now) >= LOOK_AGAIN
        {
            todo.push(Command::Look);
        }
    }

    /// The tab, the device or the network came back: anything may have happened meanwhile.
    pub(super) fn awake(&mut self, now: Now, todo: &mut Vec<Command>) {
        match &self.state {
            _ if !self.visible => {}
            State::SignedOut { .. } => {}
            State::Restoring | State::Offline { .. } => self.refresh_unasked(now, todo),
            State::SignedIn(_) => self.tick(now, todo),
        }
    }
}
