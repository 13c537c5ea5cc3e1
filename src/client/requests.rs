//! Requests whose answer may change the cookie: given up in time, and waited for before the next person signs in.

use std::{cell::RefCell, time::Duration};

use futures::channel::oneshot;

use super::clock;
use crate::api::Problem;

/// When a request is given up. For refreshes the server allows for this long.
pub(super) const ABORT: Duration = Duration::from_secs(15);

#[derive(Default)]
struct UnderWay {
    count: usize,
    /// Whoever waits until there are none.
    patient: Vec<oneshot::Sender<()>>,
}

thread_local! {
    static UNDER_WAY: RefCell<UnderWay> = RefCell::default();
}

/// Sends a request, for as long as anybody waits for an answer.
pub(super) async fn in_time<Answer>(request: impl Future<Output = Result<Answer, Problem>>) -> Result<Answer, Problem> {
    UNDER_WAY.with_borrow_mut(|under_way| under_way.count += 1);
    let answer = clock::within(ABORT, request).await;
    UNDER_WAY.with_borrow_mut(UnderWay::answered);
    answer.unwrap_or_else(|| Err(Problem::no_answer()))
}

/// Waits until every request of this page is answered or given up: none may have its answer, and so its cookie, arrive after the next one's.
pub(super) async fn all_answered() {
    let wait = UNDER_WAY.with_borrow_mut(|under_way| {
        let (tell, told) = oneshot::channel();
        (under_way.count > 0).then(|| {
            under_way.patient.push(tell);
            told
        })
    });
    if let Some(wait) = wait {
        let _ = wait.await;
    }
}

impl UnderWay {
    fn answered(&mut self) {
        self.count -= 1;
        if self.count == 0 {
            // Whoever waited may have gone away.
            self.patient.drain(..).for_each(|patient| _ = patient.send(()));
        }
    }
}
