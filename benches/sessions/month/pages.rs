//! The pages: the real machine of each, and what stands around it.

use super::{Chance, Happening, LIFETIME, Millis, Month, SECOND, Token};
use crate::client::machine::{Command, Event, Machine, State};

use super::super::browser::Jar;

/// How long a refresh waits for the lock of another tab.
const PATIENCE: Millis = 3 * SECOND;

impl Month<'_> {
    /// One step of the machine of the page in this tab, and what it says is done. `access`: with which token the access token came that
    /// the event brings.
    pub(super) fn step(&mut self, slot: usize, event: Event, access: Option<Token>) {
        if !self.browser.awake {
            return;
        }
        let now = self.browser.clocks(self.now);
        let number = self.browser.pages[slot].number;
        let jitter = self.dice(Chance::Jitter, number).jitter();
        let Some(machine) = &mut self.browser.pages[slot].machine else { return };
        for command in machine.step(event, now, jitter) {
            let page = &mut self.browser.pages[slot];
            match command {
                Command::Refresh { attempt } => self.take_or_await_turn(slot, attempt),
                Command::Keep { .. } => page.access = access,
                Command::Forget => page.access = None,
                Command::Ring(wait) => {
                    page.ring += 1;
                    let rings = Happening::Rings { page: number, ring: page.ring };
                    if let Some(wait) = wait {
                        self.coming.plan(self.now + wait.max(1), rings);
                    }
                }
                Command::Look => self.call(slot),
                Command::Hand => self.hand(slot),
                // Whoever is signed out signs in again at once, and nothing is put away.
                Command::Remember(_) | Command::Veil(_) | Command::TellOver { .. } => {}
            }
        }
    }

    pub(super) fn boot(&mut self, page: u32) {
        let Some(slot) = self.browser.slot(page) else { return };
        // The lid was closed while it loaded: it loads again when it is next looked at.
        if !self.browser.awake {
            return self.browser.leave(slot);
        }
        self.browser.pages[slot].machine = Some(Machine::default());
        let session = Some(self.session_name());
        self.step(slot, Event::Boot { signed_in: true, session }, None);
        if self.person.front != Some(slot) {
            self.step(slot, Event::Hidden, None);
        }
    }

    pub(super) fn ring(&mut self, page: u32, ring: u32) {
        if let Some(slot) = self.browser.slot(page).filter(|slot| self.browser.pages[*slot].ring == ring) {
            self.step(slot, Event::Timer, None);
        }
    }

    /// The person has signed in on this page. No request from before is still waited for.
    pub(super) fn signed_in(&mut self, slot: usize) {
        let token = self.session.first();
        self.browser.jar = Jar::new(token, self.now);
        self.browser.connection += 1;
        self.browser.lock = None;
        for page in &mut self.browser.pages {
            (page.sent, page.queued) = (None, None);
        }
        self.browser.pages[slot].testimony.enters();
        let (sent, session) = (self.browser.clocks(self.now), self.session_name());
        self.step(slot, Event::LoggedIn { sent, session, lifetime: LIFETIME }, Some(token));
    }

    fn hand(&mut self, from: usize) {
        let page = &self.browser.pages[from];
        let access = page.access;
        let Some(State::SignedIn(held)) = page.machine.as_ref().map(Machine::state) else { return };
        let (sent, lifetime) = (held.since.wall, held.lifetime);
        for slot in (0..self.browser.pages.len()).filter(|slot| *slot != from) {
            let session = self.session_name();
            self.step(slot, Event::Handed { session, sent, lifetime }, access);
        }
    }

    fn take_or_await_turn(&mut self, slot: usize, attempt: u32) {
        let page = self.browser.pages[slot].number;
        let taken = self.browser.lock.is_some_and(|holder| holder != page);
        if taken && !self.dice(Chance::Lock, page).chance(self.setting.rates.without_lock) {
            self.browser.pages[slot].queued = Some((attempt, self.now));
            self.coming.plan(self.now + PATIENCE, Happening::Turn { page });
        } else {
            self.send(slot, attempt);
        }
    }

    /// The lock is free, or has been waited for long enough. Another tab may have done the work meanwhile.
    pub(super) fn take_turn(&mut self, page: u32) {
        let Some(slot) = self.browser.slot(page).filter(|_| self.browser.awake) else { return };
        let page = &mut self.browser.pages[slot];
        let Some((attempt, since)) = page.queued else { return };
        if self.browser.lock.is_none() || self.now >= since + PATIENCE {
            page.queued = None;
            if page.machine.as_ref().is_some_and(|machine| machine.awaits(attempt)) {
                self.send(slot, attempt);
            }
        }
    }

    /// Lets the tabs try that wait for the lock, if it is free.
    pub(super) fn next_turn(&mut self) {
        if self.browser.lock.is_none() {
            for page in self.browser.pages.iter().filter(|page| page.queued.is_some()) {
                self.coming.plan(self.now + 1, Happening::Turn { page: page.number });
            }
        }
    }

    /// The first session has the empty name, which costs nothing to copy.
    pub(super) fn session_name(&self) -> String {
        if self.sessions == 1 { String::new() } else { self.sessions.to_string() }
    }
}
