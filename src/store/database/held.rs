//! A connection to PostgreSQL while it is in use. One that did not answer in time, that failed, or that was left in the midst of
//! something is closed and never given to anybody again.

use std::{fmt, time::Duration};

use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection, postgres::PgListener};
use tokio::time::error::Elapsed;

use crate::store::StoreError;

/// Where connections come from, and how long an answer on one may take.
#[derive(Clone)]
pub struct Connections {
    pool: PgPool,
    limit: Duration,
}

pub struct Held {
    connection: PoolConnection<Postgres>,
    pub(super) limit: Duration,
    /// An answer is awaited, or will never be.
    busy: bool,
    /// A transaction is open.
    open: bool,
}

impl Connections {
    /// `limit`: beyond what the database itself allows a statement, so that this ends only the wait for one that is gone.
    pub fn new(pool: PgPool, limit: Duration) -> Self {
        Self { pool, limit }
    }

    pub async fn hold(&self) -> Result<Held, StoreError> {
        Ok(Held { connection: self.pool.acquire().await?, limit: self.limit, busy: false, open: false })
    }

    pub async fn listener(&self, channel: &str) -> Result<PgListener, sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    pub fn size(&self) -> u32 {
        self.pool.size()
    }

    pub fn idle(&self) -> usize {
        self.pool.num_idle()
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({})", self.pool.size())
    }
}

impl Held {
    /// For one question, whose answer goes to [`answered`](Self::answered).
    pub(super) fn ask(&mut self) -> &mut PgConnection {
        self.busy = true;
        &mut self.connection
    }

    pub(super) fn answered<T>(&mut self, answer: Result<Result<T, sqlx::Error>, Elapsed>) -> Result<T, StoreError> {
        let answer = answer.map_err(|_| StoreError::Silent)?;
        // A refusal is an answer too.
        self.busy = !(answer.is_ok() || matches!(answer, Err(sqlx::Error::Database(_))));
        Ok(answer?)
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let limit = self.limit;
        let answer = tokio::time::timeout(limit, sqlx::raw_sql(sql).execute(self.ask())).await;
        self.answered(answer).map(drop)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.busy || self.open {
            self.connection.close_on_drop();
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
