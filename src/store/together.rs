//! Questions of one kind that are asked of the database together. Whoever comes while others are asked waits, and is asked for with all who waited: one statement, one
//! way to the database and back, one commit. Where nobody waits it is a statement for one, at once; no timer holds anybody up.
//!
//! Everybody is answered after the commit that is theirs. Where one is in the way of the others each is asked for alone, so that nobody suffers for what another
//! asked. Whoever has waited too long is told so, and not asked for when their turn comes after all.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use sqlx::{Encode, Postgres, Type, postgres::PgHasArrayType};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::timeout,
};
use uuid::Uuid;

use super::{
    StoreError,
    database::{Database, FromRow, Statement, Value},
};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// For several, none of whom may wait long for what concerns another.
    Together,
    /// For one whom the database refused together with others.
    Alone,
}

impl Way {
    pub fn read<'a, Q>(self, database: &'a Database, texts: &'static Texts, all: &'a [Q]) -> ForAll<'a, Q> {
        let prepare = if self == Self::Together { Database::read_together } else { Database::read };
        Self::given(database, texts, all, prepare)
    }

    pub fn write<'a, Q>(self, database: &'a Database, texts: &'static Texts, all: &'a [Q]) -> ForAll<'a, Q> {
        let prepare = if self == Self::Together { Database::write_together } else { Database::write };
        Self::given(database, texts, all, prepare)
    }

    fn given<'a, Q>(
        database: &'a Database,
        texts: &'static Texts,
        all: &'a [Q],
        prepare: fn(&'a Database, &'static str) -> Statement<'a>,
    ) -> ForAll<'a, Q> {
        let places = all.len().next_power_of_two();
        let text = if database.has_arrays() { &texts.arrays } else { &texts.places[places.ilog2() as usize] };
        ForAll { statement: prepare(database, text), all, places }
    }
}

/// Where a statement finds the rows that it is given.
#[derive(Clone, Copy)]
pub(super) enum Given {
    /// Each column in one array.
    Arrays,
    /// Each value in a place of its own, for so many rows: those of the first column, then those of the second.
    Places(usize),
}

impl Given {
    /// A table of them. `columns`: the name of each, and its type.
    pub fn table(self, columns: &[(&str, &str)]) -> String {
        let listed = |values: Vec<String>| values.join(", ");
        match self {
            Self::Arrays => {
                let array = |(at, (_, kind)): (usize, &(&str, &str))| format!("${}::{kind}[]", at + 1);
                format!("SELECT * FROM unnest({})", listed(columns.iter().enumerate().map(array).collect()))
            }
            Self::Places(rows) => {
                let places =
                    |row| (0..columns.len()).map(move |column| format!("${}", column * rows + row + 1)).collect();
                format!("VALUES {}", listed((0..rows).map(|row| format!("({})", listed(places(row)))).collect()))
            }
        }
    }

    /// What follows an expression that is to be one of the first column.
    pub fn among_first(self) -> String {
        match self {
            Self::Arrays => "= ANY($1)".to_owned(),
            Self::Places(rows) => {
                format!("IN ({})", (1..=rows).map(|place| format!("${place}")).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// The texts of one statement: for PostgreSQL one, for SQLite those for one row, two, four and so on, since a connection keeps each made ready.
pub(super) struct Texts {
    arrays: String,
    places: Vec<String>,
}

impl Texts {
    pub fn new(of: impl Fn(Given) -> String) -> Self {
        let places = (0..=MOST.ilog2()).map(|size| of(Given::Places(1 << size))).collect();
        Self { arrays: of(Given::Arrays), places }
    }
}

/// A statement for several, being given a row for each.
#[must_use = "it does nothing until it is carried out"]
pub(super) struct ForAll<'a, Q> {
    statement: Statement<'a>,
    all: &'a [Q],
    places: usize,
}

impl<'a, Q> ForAll<'a, Q> {
    /// The next column.
    pub fn column<T>(self, value: impl Fn(&'a Q) -> T) -> Self
    where
        T: Value<'a> + PgHasArrayType + Clone,
        Vec<T>: Encode<'a, Postgres> + Type<Postgres>,
    {
        match self.all.last().map(&value) {
            Some(last) => self.column_filled(value, last),
            None => self,
        }
    }

    /// The next column, with something else in the rows that only fill SQLite's places.
    pub fn column_filled<T>(self, value: impl Fn(&'a Q) -> T, filling: T) -> Self
    where
        T: Value<'a> + PgHasArrayType + Clone,
        Vec<T>: Encode<'a, Postgres> + Type<Postgres>,
    {
        let values = self.all.iter().map(value).collect();
        Self { statement: self.statement.bind_column(values, self.places, filling), ..self }
    }

    /// What is read or given back. It may be of rows that only fill SQLite's places, which are like the last unless they are filled otherwise.
    pub async fn all<T: FromRow>(self) -> Result<Vec<T>, StoreError> {
        self.statement.all().await
    }
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
