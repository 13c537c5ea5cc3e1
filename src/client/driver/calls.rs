//! The calls of this page that need an access token, and wait for one.

use std::{cell::Cell, pin::Pin};

use futures::channel::oneshot;

use super::{DRIVER, Driver, dispatch, set_if_new};
use crate::{
    api::bearer::{NumberedToken, TokenSource},
    client::{
        clock,
        deadline::Now,
        machine::{Event, State, Supply},
    },
    ended::Refusal,
};

/// A call that waits for a token with a number above `refused`, and was made in this person's name.
pub(super) struct Waiting {
    refused: u32,
    user: Option<String>,
    tell: oneshot::Sender<Option<NumberedToken>>,
}

thread_local! {
    /// How many parts of the page can ask the person to sign in again, so that calls need not fail.
    static ASKING: Cell<u32> = const { Cell::new(0) };
}

impl Driver {
    /// Gives the calls that wait what there is for them now.
    pub(super) fn serve(&mut self, now: Now) {
        for waiting in std::mem::take(&mut self.waiting) {
            self.answer(waiting, now);
        }
    }

    /// Answers a call, or lets it wait on.
    fn answer(&mut self, waiting: Waiting, now: Now) {
        // What one person asked for is not done in another's name.
        let same_person = waiting.user.is_none() || waiting.user == self.user;
        let answer = match self.machine.supply(waiting.refused, now) {
            Supply::Wait => return self.waiting.push(waiting),
            Supply::None if self.asks_to_sign_in_again() => return self.waiting.push(waiting),
            Supply::Token(number) if same_person => self.token.as_ref().map(|token| {
                let header = format!("Bearer {}", token.expose());
                NumberedToken { number, user: self.user.clone(), header }
            }),
            Supply::None | Supply::Token(_) => None,
        };
        // Whoever asked may have gone away.
        let _ = waiting.tell.send(answer);
    }

    /// Whether a session that is over may be entered again in the place where it ended, and calls wait for that.
    fn asks_to_sign_in_again(&self) -> bool {
        let can = |why: &Option<Refusal>| why.is_some_and(Refusal::can_sign_in_again);
        ASKING.get() > 0 && matches!(self.machine.state(), State::SignedOut { why } if can(why))
    }
}

/// From now on a part of this page can ask the person to sign in again.
pub(in crate::client) fn can_ask() {
    ASKING.set(ASKING.get() + 1);
}

/// It has gone away, or the person goes elsewhere: what waits for that need wait no more.
pub(in crate::client) fn cannot_ask() {
    ASKING.set(ASKING.get().saturating_sub(1));
    let now = clock::now();
    DRIVER.with_borrow_mut(|driver| driver.as_mut().map(|driver| driver.serve(now)));
}

/// The tokens of this module, for the calls that need one.
pub(super) struct Memory;

type Answer = Pin<Box<dyn Future<Output = Option<NumberedToken>>>>;

impl TokenSource for Memory {
    fn is_signed_in(&self) -> bool {
        DRIVER.with_borrow(|driver| {
            driver.as_ref().is_some_and(|driver| !matches!(driver.machine.state(), State::SignedOut { .. }))
        })
    }

    fn token(&self) -> Answer {
        let user = DRIVER.with_borrow(|driver| driver.as_ref().and_then(|driver| driver.user.clone()));
        dispatch(Event::Wanted, None);
        await_token(0, user)
    }

    fn after_refused(&self, refused: NumberedToken) -> Answer {
        self.refused(refused.number);
        await_token(refused.number, refused.user)
    }

    fn refused(&self, number: u32) {
        dispatch(Event::Unauthorized { number }, None);
    }
}

fn await_token(refused: u32, user: Option<String>) -> Answer {
    let now = clock::now();
    let (tell, told) = oneshot::channel();
    DRIVER.with_borrow_mut(|driver| {
        if let Some(driver) = driver.as_mut() {
            driver.answer(Waiting { refused, user, tell }, now);
            set_if_new(driver.board.at_work, !driver.waiting.is_empty());
        }
    });
    Box::pin(async { told.await.ok().flatten() })
}
