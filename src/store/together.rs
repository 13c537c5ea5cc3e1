//! Questions of one kind that are asked of the database together. Whoever comes while others are asked waits, and is asked for with all who waited: one statement, one
//! way to the database and back, one commit. Where nobody waits it is a statement for one, at once; no timer holds anybody up.
//!
//! Everybody is answered after the commit that is theirs. Where one is in the way of the others each is asked for alone, so that nobody suffers for what another
//! asked. Whoever has waited too long is told so, and not asked for when their turn comes after all.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::timeout,
};
use uuid::Uuid;

use super::{StoreError, database::Database, given::Way};

/// How many are asked for at once.
pub(super) const MOST: usize = 32;
/// How many statements are under way at a time: while one waits for the disk the next is made ready.
pub(super) const LANES: usize = 2;

/// What can be asked for several at once.
pub(super) trait Question: Clone + Send + Sync + Sized + 'static {
    type Answer: Send + 'static;

    /// Of the row that it is about.
    fn id(&self) -> Uuid;

    /// An answer for each of at most [`MOST`], in their order.
    fn ask(
        database: &Database,
        all: &[Self],
        way: Way,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;
}

pub(super) struct Together<Q: Question> {
    line: mpsc::UnboundedSender<Waiting<Q>>,
    patience: Duration,
}

struct Waiting<Q: Question> {
    question: Q,
    answer: oneshot::Sender<Result<Q::Answer, StoreError>>,
}

impl<Q: Question> Together<Q> {
    pub fn new(database: &Database) -> Self {
        let (waiting, line) = mpsc::unbounded_channel();
        tokio::spawn(serve(database.clone(), line));
        Self { line: waiting, patience: database.patience() }
    }

    pub async fn ask(&self, question: Q) -> Result<Q::Answer, StoreError> {
        let gone = |_| StoreError::Sql(sqlx::Error::PoolClosed);
        let (answer, answered) = oneshot::channel();
        self.line.send(Waiting { question, answer }).map_err(gone)?;
        let answered = timeout(self.patience, answered).await.map_err(|_| StoreError::Silent)?;
        answered.unwrap_or(Err(StoreError::Sql(sqlx::Error::WorkerCrashed)))
    }
}

/// Ends when nobody can ask any more.
async fn serve<Q: Question>(database: Database, mut line: mpsc::UnboundedReceiver<Waiting<Q>>) {
    let lanes = Arc::new(Semaphore::new(LANES));
    while let Ok(lane) = Arc::clone(&lanes).acquire_owned().await {
        let mut all = Vec::new();
        if line.recv_many(&mut all, MOST).await == 0 {
            return;
        }
        tokio::spawn(ask_for(database.clone(), all, lane));
    }
}

/// The lane is free again as soon as all have been asked for together.
async fn ask_for<Q: Question>(database: Database, mut all: Vec<Waiting<Q>>, lane: OwnedSemaphorePermit) {
    all.retain(|waiting| !waiting.answer.is_closed());
    // One order for all, so that no two statements wait for each other.
    all.sort_unstable_by_key(|waiting| waiting.question.id());
    let (questions, waiting): (Vec<Q>, Vec<_>) = all.into_iter().map(|one| (one.question, one.answer)).unzip();
    if questions.is_empty() {
        return;
    }
    let answers = Q::ask(&database, &questions, Way::Together).await;
    drop(lane);
    match answers {
        Ok(answers) => {
            for (waiting, answer) in waiting.into_iter().zip(answers) {
                tell(waiting, Ok(answer));
            }
        }
        Err(error) if error.is_of_one() => {
            for (question, waiting) in questions.into_iter().zip(waiting) {
                let database = database.clone();
                tokio::spawn(async move { tell(waiting, ask_alone(&database, question).await) });
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for waiting in waiting {
                tell(waiting, Err(StoreError::Together(Arc::clone(&error))));
            }
        }
    }
}

fn tell<Answer>(waiting: oneshot::Sender<Result<Answer, StoreError>>, answer: Result<Answer, StoreError>) {
    // Whoever does not listen any more has gone away.
    drop(waiting.send(answer));
}

async fn ask_alone<Q: Question>(database: &Database, question: Q) -> Result<Q::Answer, StoreError> {
    let answer = Q::ask(database, &[question], Way::Alone).await?.pop();
    answer.ok_or(StoreError::Sql(sqlx::Error::RowNotFound))
}

impl<Q: Question> Clone for Together<Q> {
    fn clone(&self) -> Self {
        Self { line: self.line.clone(), patience: self.patience }
    }
}

impl<Q: Question> fmt::Debug for Together<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Together(..)")
    }
}

#[cfg(test)]
#[path = "together_tests.rs"]
mod tests;
