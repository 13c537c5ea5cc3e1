//! What the person and the device do, carried out in the browser.

use super::{Chance, Happening, Month, SECOND};
use crate::client::machine::{Event, Supply};

use super::super::{
    browser::{FLUSH, Page},
    network::arrival,
    person::Deed,
};

/// An access token that takes longer than this to arrive is late.
const PROMPT: i64 = 2 * SECOND;

impl Month<'_> {
    pub(super) fn carry_out(&mut self, deed: Deed) {
        if !matches!(deed, Deed::Use(_) | Deed::Show { .. }) {
            self.tell(|| format!("{deed:?}"));
        }
        match deed {
            Deed::Sleep => self.browser.sleep(self.now),
            Deed::Wake { at_once } => self.wake(at_once),
            Deed::Close => self.browser.stop(),
            Deed::Crash => self.crash(),
            Deed::Start { at_once } => {
                self.browser.running = true;
                (0..at_once).for_each(|slot| self.open(slot));
                self.show();
            }
            Deed::Show { before } => {
                if let Some(slot) = before.filter(|_| before != self.person.front) {
                    self.step(slot, Event::Hidden, None);
                }
                self.show();
            }
            Deed::Open { before } => {
                if let Some(slot) = before {
                    self.step(slot, Event::Hidden, None);
                }
                self.browser.pages.push(Page::default());
                self.open(self.browser.pages.len() - 1);
            }
            Deed::Drop(slot) => {
                self.browser.leave(slot);
                self.next_turn();
                self.browser.pages.swap_remove(slot);
            }
            Deed::Reload(slot) => self.open(slot),
            Deed::Use(slot) => {
                self.step(slot, Event::Wanted, None);
                self.call(slot);
            }
            Deed::Clear => self.browser.clear_storage(),
            Deed::Offline => {
                let under_way = self.under_way();
                self.browser.connection += 1;
                self.fail_all(&under_way);
            }
            Deed::Online => {
                for slot in 0..self.browser.pages.len() {
                    self.step(slot, Event::Online, None);
                }
            }
        }
    }

    fn wake(&mut self, at_once: usize) {
        let under_way = self.under_way();
        self.browser.wake(self.now);
        self.show();
        for slot in 0..at_once - 1 {
            self.step(slot, Event::Wanted, None);
        }
        // Only now is it known that what was under way is lost. A wait for the lock has stood still.
        self.fail_all(&under_way);
        self.next_turn();
    }

    /// Jar and list are written apart from each other, so each is put back by as much as chance will have it.
    fn crash(&mut self) {
        let mut dice = self.dice(Chance::Crash, 0);
        let mut earlier = || self.now - dice.between(0, FLUSH);
        self.browser.jar.put_back(earlier());
        self.browser.list.put_back(earlier());
        self.browser.stop();
    }

    /// Whatever is in front looks up, or loads if it has not yet.
    fn show(&mut self) {
        if let Some(slot) = self.person.front {
            if !self.browser.pages[slot].is_there() {
                self.open(slot);
            }
            self.step(slot, Event::Shown, None);
        }
    }

    /// Loads a page: its request carries the cookie, and a moment later its code runs. Without a network the tab stays empty.
    pub(super) fn open(&mut self, slot: usize) {
        self.browser.leave(slot);
        self.next_turn();
        if self.person.online {
            let page = self.browser.load(slot);
            self.hear(self.browser.jar.token());
            let loading = self.dice(Chance::Loading, page).across(200, 5 * SECOND);
            self.coming.plan(self.now + loading, Happening::Boots { page });
        }
    }

    /// Makes a call with the access token that this page holds, if it is good.
    pub(super) fn call(&mut self, slot: usize) {
        let now = self.browser.clocks(self.now);
        let page = &self.browser.pages[slot];
        let (Some(machine), Some(token), true) = (&page.machine, page.access, self.person.online) else { return };
        let Supply::Token(number) = machine.supply(0, now) else { return };
        if token.session == self.sessions && self.session.is_over(self.now) {
            return self.step(slot, Event::Unauthorized { number }, None);
        }
        let mut dice = self.dice(Chance::Use, page.number);
        match arrival(&mut dice, &self.setting.rates, &self.person, self.now) {
            Some(wait) if wait > PROMPT => self.coming.plan(self.now + wait, Happening::UsedLate { token }),
            Some(_) => self.hear(token),
            None => {}
        }
    }
}
