//! The two engines as one: SQLite in a file, or PostgreSQL. A statement is the same text for both, and values are bound and rows read alike.

mod batch;
mod ears;
mod held;
mod looking;
mod migrations;
mod pool;
mod postgres;
mod row;
mod sqlite;
mod statement;
mod writer;

pub use batch::Batch;
pub use ears::Ears;
pub use held::is_in_the_way;
pub use looking::Tables;
pub use postgres::{PostgresError, PostgresSettings};
pub use row::{FromRow, Row};
pub use sqlite::OpenError;
pub use statement::{Statement, Value};

use std::time::Duration;

use sqlx::{PgPool, SqliteConnection};
use tokio::time::Instant;

use super::{StoreError, counts::Connections as InUse};
use held::{Connections, Open};
use pool::Pool;
use statement::{OnPostgres, OnSqlite};
use writer::{Turn, Writer};

#[derive(Clone, Debug)]
pub enum Database {
    /// A few connections that only read, and the one that writes.
    Sqlite { read: Pool<SqliteConnection>, writer: Writer },
    /// What serves requests, what reads and writes for several of them at once, what follows what other instances do, and what listens for it: none waits
    /// for another.
    Postgres { connections: Connections, together: Connections, follower: Connections, listened: PgPool },
}

/// Other instances look for ends that were decided up to a minute ago. From the decision to the commit, which may take a while itself, it must not be longer.
const NEWS: Duration = Duration::from_secs(30);

/// What is done in it is done together, or, where it is not committed, not at all.
pub struct Transaction {
    on: On,
    /// Before it waited for anything.
    begun: Instant,
    /// Whether others are to hear of it.
    tells: bool,
    once_committed: Vec<Box<dyn FnOnce() + Send>>,
}

enum On {
    Sqlite(Turn),
    Postgres(Open),
}

impl Database {
    /// A statement that only reads, on its own.
    pub fn read(&self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite { read, .. } => Statement::sqlite(OnSqlite::Reader(read), sql),
            Self::Postgres { connections, .. } => Statement::postgres(OnPostgres::Connections(connections), sql),
        }
    }

    /// A statement that writes, on its own. Done, it is durable.
    pub fn write(&self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite { writer, .. } => Statement::sqlite(OnSqlite::Writer(writer), sql),
            Self::Postgres { connections, .. } => Statement::postgres(OnPostgres::Connections(connections), sql),
        }
    }

    /// A statement that reads for several.
    pub fn read_together(&self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite { .. } => self.read(sql),
            Self::Postgres { .. } => self.write_together(sql),
        }
    }

    /// A statement that writes for several, on its own. On PostgreSQL it is refused where it would have to wait for another transaction, since one of them
    /// would make all wait.
    pub fn write_together(&self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite { .. } => self.write(sql),
            Self::Postgres { together, .. } => Statement::postgres(OnPostgres::Connections(together), sql),
        }
    }

    /// What the wait for a statement may take, its turn among it.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Sqlite { read, .. } => read.patience(),
            Self::Postgres { connections, .. } => connections.pool().patience() + connections.limit(),
        }
    }

    /// A statement that follows what others do. It waits for nothing that requests wait for.
    pub fn follow(&self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite { .. } => self.read(sql),
            Self::Postgres { follower, .. } => Statement::postgres(OnPostgres::Connections(follower), sql),
        }
    }

    /// Several statements. The future is boxed, as those of statements are.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let begun = Instant::now();
        let on = match self {
            Self::Sqlite { writer, .. } => On::Sqlite(Box::pin(writer.turn()).await?),
            Self::Postgres { connections, .. } => On::Postgres(Box::pin(Open::begin(connections)).await?),
        };
        Ok(Transaction { on, begun, tells: false, once_committed: Vec::new() })
    }

    /// Whether a column of values can be given as one.
    pub fn has_arrays(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Whether other instances use it too.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// How much of each pool is in use. SQLite's writer is one connection, and in use for good.
    pub fn connections(&self) -> Vec<InUse> {
        let of = |pool, (open, idle): (usize, usize)| {
            let [in_use, idle] = [open.saturating_sub(idle), idle].map(|count| count.try_into().unwrap_or(u32::MAX));
            InUse { pool, in_use, idle }
        };
        match self {
            Self::Sqlite { read, .. } => vec![of("readers", read.size())],
            Self::Postgres { connections, together, follower, .. } => {
                [("requests", connections), ("together", together), ("followers", follower)]
                    .map(|(name, connections)| of(name, connections.pool().size()))
                    .into()
            }
        }
    }

    /// Finishes what is being written. SQLite's write-ahead log is folded back into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, writer } => {
                read.close().await;
                writer.close().await;
            }
            Self::Postgres { connections, together, follower, listened } => {
                listened.close().await;
                follower.pool().close().await;
                together.pool().close().await;
                connections.pool().close().await;
            }
        }
    }
}

impl Transaction {
    pub fn statement(&mut self, sql: &'static str) -> Statement<'_> {
        match &mut self.on {
            On::Sqlite(turn) => Statement::sqlite(OnSqlite::Turn(turn), sql),
            On::Postgres(open) => Statement::postgres(OnPostgres::Transaction(open.held()), sql),
        }
    }

    /// Several statements at once.
    pub fn batch(&mut self) -> Batch<'_> {
        match &mut self.on {
            On::Sqlite(turn) => Batch::sqlite(turn),
            On::Postgres(open) => Batch::postgres(open.held()),
        }
    }

    /// What is to be done when it is durable, and not otherwise.
    pub fn once_committed(&mut self, then: impl FnOnce() + Send + 'static) {
        self.once_committed.push(Box::new(then));
    }

    /// Waits until no other transaction does what has this name, on any instance.
    pub async fn alone(&mut self, name: &'static str) -> Result<(), StoreError> {
        let take = "INSERT INTO turns (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name";
        self.statement(take).bind(name).execute().await.map(drop)
    }

    /// Returns when it is durable. What others are to hear of is undone where it took so long that they would not look for it any more.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.tells && self.begun.elapsed() > NEWS {
            self.undo().await?;
            return Err(StoreError::Late);
        }
        match self.on {
            On::Sqlite(turn) => Box::pin(turn.commit()).await?,
            On::Postgres(open) => Box::pin(open.commit()).await?,
        }
        self.once_committed.into_iter().for_each(|then| then());
        Ok(())
    }

    /// As if nothing had been done. To drop it comes to the same, at a higher price.
    pub async fn undo(self) -> Result<(), StoreError> {
        match self.on {
            On::Sqlite(turn) => drop(turn),
            On::Postgres(open) => Box::pin(open.undo()).await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written and told to others, as if it had taken so long. Whether it was committed, and is there.
    async fn after(elapsed: Duration) -> (Result<(), StoreError>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("hallpass.db")).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        transaction.statement("INSERT INTO turns (name) VALUES ($1)").bind("x").execute().await.unwrap();
        transaction.tell_others().await.unwrap();
        transaction.begun = transaction.begun.checked_sub(elapsed).unwrap();
        let done = transaction.commit().await;
        let found: Option<(String,)> =
            database.read("SELECT name FROM turns WHERE name = $1").bind("x").optional().await.unwrap();
        (done, found.is_some())
    }

    #[tokio::test]
    async fn what_others_would_not_look_for_any_more_is_undone() {
        let (done, is_there) = after(NEWS.saturating_sub(Duration::from_secs(10))).await;
        assert!(done.is_ok() && is_there);
        let (done, is_there) = after(NEWS + Duration::from_millis(1)).await;
        assert!(matches!(done, Err(StoreError::Late)) && !is_there);
    }
}
