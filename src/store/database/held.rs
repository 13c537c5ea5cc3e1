//! A connection to PostgreSQL while it is in use. One that did not answer in time, that failed, or that was left in the midst of
//! something is closed and never given to anybody again.

use std::{fmt, time::Duration};

use sqlx::{
    PgConnection,
    postgres::{PgDatabaseError, PgSeverity},
};
use tokio::time::error::Elapsed;

use super::pool::{Pool, Pooled};
use crate::store::StoreError;

/// Where connections come from, and how long an answer on one may take.
#[derive(Clone)]
pub struct Connections {
    pool: Pool<PgConnection>,
    limit: Duration,
}

pub struct Held {
    /// There until this is dropped.
    connection: Option<Pooled<PgConnection>>,
    pub(super) limit: Duration,
    /// An answer is awaited, or will never be.
    busy: bool,
    /// A transaction is open.
    open: bool,
}

impl Connections {
    /// `limit`: beyond what the database itself allows a statement, so that this ends only the wait for one that is gone.
    pub fn new(pool: Pool<PgConnection>, limit: Duration) -> Self {
        Self { pool, limit }
    }

    pub async fn hold(&self) -> Result<Held, StoreError> {
        Ok(Held { connection: Some(self.pool.get().await?), limit: self.limit, busy: false, open: false })
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn pool(&self) -> &Pool<PgConnection> {
        &self.pool
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.fmt(f)
    }
}

impl Held {
    /// For one question, whose answer goes to [`answered`](Self::answered).
    pub(super) fn ask(&mut self) -> &mut PgConnection {
        self.busy = true;
        self.connection.as_mut().expect("it is there until this is dropped")
    }

    pub(super) fn answered<T>(&mut self, answer: Result<Result<T, sqlx::Error>, Elapsed>) -> Result<T, StoreError> {
        let answer = answer.map_err(|_| StoreError::Silent)?;
        self.busy = answer.as_ref().is_err_and(|error| !is_refusal(error));
        Ok(answer?)
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let limit = self.limit;
        let answer = tokio::time::timeout(limit, sqlx::raw_sql(sql).execute(self.ask())).await;
        self.answered(answer).map(drop)
    }
}

/// Whether the database answers, only not as was hoped, and goes on listening. It hangs up after what is fatal.
fn is_refusal(error: &sqlx::Error) -> bool {
    let answer = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    answer.is_some_and(|answer| !matches!(answer.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// Whether PostgreSQL would have had to wait for another transaction, for longer than this connection may or for ever.
pub fn is_in_the_way(error: &sqlx::Error) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    const DEADLOCK_DETECTED: &str = "40P01";
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| [LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED].contains(&&*code))
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.busy || self.open {
            drop(self.connection.take().map(Pooled::take));
        }
    }
}

/// A connection with a transaction open. Dropped, it takes the connection with it, and the database undoes what was done.
pub struct Open(Held);

impl Open {
    pub async fn begin(connections: &Connections) -> Result<Self, StoreError> {
        let mut held = connections.hold().await?;
        held.run("BEGIN").await?;
        held.open = true;
        Ok(Self(held))
    }

    pub(super) fn held(&mut self) -> &mut Held {
        &mut self.0
    }

    /// Returns when it is durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    pub async fn undo(self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &'static str) -> Result<(), StoreError> {
        self.0.run(how).await?;
        self.0.open = false;
        Ok(())
    }
}
