//! One refresh, from its turn to its answer.

use super::{DRIVER, Pass, dispatch, log_out, milliseconds};
use crate::{
    api,
    client::{clock, machine::Event, marks, requests::in_time, testimony::Entry, turns::Turn},
};

/// Sends a refresh, detached from whatever asked for it: a component that goes away must not abort a rotation.
pub(super) async fn refresh(attempt: u32) {
    let turn = Turn::to_refresh().await;
    let Some((entry, in_step)) = testify(attempt) else { return };
    let answer = in_time(api::session::refresh(in_step, marks::instance())).await;
    match answer {
        // The person signed out of this one, and the server could not be told.
        Ok(grant) if marks::leaving().as_ref() == Some(&grant.session_id) => {
            if awaits(attempt) {
                log_out();
            }
        }
        Ok(grant) => {
            // A copy of a request that changed nothing may still change something.
            if grant.renewed {
                answered(entry);
            }
            let lifetime = milliseconds(grant.expires_in);
            let session = grant.session_id.clone();
            dispatch(Event::Answered { attempt, session, lifetime }, Some(Pass::of(&grant)));
        }
        Err(problem) => match problem.refusal() {
            Some(why) => {
                answered(entry);
                dispatch(Event::Refused { attempt, why }, None);
            }
            None => dispatch(Event::Failed { attempt, retry_after: problem.retry_after.map(milliseconds) }, None),
        },
    }
    turn.end();
}

fn awaits(attempt: u32) -> bool {
    DRIVER.with_borrow(|driver| driver.as_ref().is_some_and(|driver| driver.machine.awaits(attempt)))
}

/// Lists a refresh that is about to be sent, and says whether this page is in step. `None`: it is of no use any more.
fn testify(attempt: u32) -> Option<(Entry, bool)> {
    DRIVER.with_borrow_mut(|driver| {
        let driver = driver.as_mut().filter(|driver| driver.machine.awaits(attempt))?;
        let entry = clock::draw();
        let listed = marks::list(entry);
        Some((entry, driver.testimony.sends(entry, listed.as_deref(), clock::now().steady)))
    })
}

fn answered(entry: Entry) {
    DRIVER.with_borrow_mut(|driver| {
        if let Some(driver) = driver {
            marks::strike(&driver.testimony.hears(entry));
        }
    });
}
