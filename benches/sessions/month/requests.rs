//! A refresh on its way: sent, arrived, answered or lost.

use super::{Chance, Happening, LIFETIME, Millis, Month, Token};
use crate::{
    client::{machine::Event, testimony::Entry},
    ended::{EndReason, Refusal},
};

use super::super::{
    network::Fate,
    rules::{Grant, Word},
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub page: u32,
    pub attempt: u32,
    pub entry: Entry,
    pub token: Token,
    pub word: Word,
    pub connection: u32,
}

pub(super) type Answer = Result<Grant, Refusal>;

impl Month<'_> {
    /// As `client/driver.rs` does: listed, then testified, then sent with the cookie there is.
    pub(super) fn send(&mut self, slot: usize, attempt: u32) {
        self.outcome.refreshes += 1;
        self.entries += 1;
        let entry = self.entries;
        self.browser.list.write(entry, self.now);
        let (listed, steady) = (self.browser.listed(), self.browser.clocks(self.now).steady);
        let page = &mut self.browser.pages[slot];
        let in_step = page.testimony.sends(entry, listed.as_deref(), steady);
        page.sent = Some(attempt);
        let page = page.number;
        self.browser.lock.get_or_insert(page);
        let (token, connection) = (self.browser.jar.token(), self.browser.connection);
        let word = Word { in_step, instance: self.browser.instance };
        self.travel(Request { page, attempt, entry, token, word, connection });
    }

    fn travel(&mut self, request: Request) {
        let mut dice = self.dice(Chance::Refresh, request.page);
        let fate = Fate::throw(&mut dice, &self.setting.rates, &self.person, self.now);
        self.tell(|| format!("sent: {request:?} {fate:?}"));
        let arrivals = [(fate.arrives, !fate.by_the_second), (fate.arrives_again, fate.by_the_second)];
        for (arrives, is_answered) in arrivals {
            if let Some(arrives) = arrives {
                let answer = fate.answered.filter(|_| is_answered).map(|answered| answered - arrives);
                self.coming.plan(self.now + arrives, Happening::Arrives { request, answer });
            }
        }
        if fate.answered.is_none() {
            self.coming.plan(self.now + fate.fails, Happening::Fails { request });
        }
    }

    pub(super) fn arrive(&mut self, request: &Request, answer: Option<Millis>) {
        let result = if request.token.session == self.sessions {
            self.session.refresh(request.token, request.word, self.now)
        } else {
            Err(Refusal::Ended(EndReason::Reused))
        };
        self.tell(|| format!("arrived: {request:?} {result:?}"));
        if result.is_ok() {
            self.owner_renewed = self.now;
            if let Some((at, what)) = self.thief.as_mut().and_then(|thief| thief.sees_owner(self.now)) {
                self.coming.plan(at, Happening::Stolen(what));
            }
        }
        if let Some(wait) = answer {
            self.coming.plan(self.now + wait, Happening::Answered { request: *request, answer: result });
        }
    }

    pub(super) fn receive(&mut self, request: &Request, answer: Answer) {
        if request.connection != self.browser.connection {
            return;
        }
        let cookie = answer.ok().filter(|grant| grant.kept).map(|grant| grant.token);
        let slot = self.browser.slot(request.page);
        // Of a page that went away, the cookie may have been stored before that was known.
        if let Some(token) = cookie.filter(|_| slot.is_some() || self.dice(Chance::LeftPage, request.page).chance(0.5))
        {
            self.browser.jar.keep(token, self.now);
        }
        let Some(slot) = slot else { return };
        if cookie.is_some() || answer.is_err() {
            let struck = self.browser.pages[slot].testimony.hears(request.entry);
            self.browser.list.strike(&struck, self.now);
        }
        let attempt = request.attempt;
        self.release(request.page, attempt);
        match answer {
            Ok(grant) => {
                let session = self.session_name();
                self.step(slot, Event::Answered { attempt, session, lifetime: LIFETIME }, Some(grant.token));
            }
            Err(why) => self.signed_out(slot, why),
        }
    }

    pub(super) fn fail(&mut self, page: u32, attempt: u32) {
        self.release(page, attempt);
        if let Some(slot) = self.browser.slot(page) {
            self.step(slot, Event::Failed { attempt, retry_after: None }, None);
        }
    }

    /// The refreshes that are sent and not answered, by page and attempt.
    pub(super) fn under_way(&self) -> Vec<(u32, u32)> {
        self.browser.pages.iter().filter_map(|page| Some((page.number, page.sent?))).collect()
    }

    pub(super) fn fail_all(&mut self, under_way: &[(u32, u32)]) {
        for (page, attempt) in under_way {
            self.fail(*page, *attempt);
        }
    }

    /// The page waits for this answer no more, and lets go of the lock.
    fn release(&mut self, page: u32, attempt: u32) {
        if let Some(slot) = self.browser.slot(page) {
            self.browser.pages[slot].sent.take_if(|sent| *sent == attempt);
        }
        if self.browser.lock.take_if(|holder| *holder == page).is_some() {
            self.next_turn();
        }
    }
}
