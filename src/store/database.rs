//! The two engines as one: SQLite in a file, or PostgreSQL. A statement is the same text for both, and values are bound and rows read alike.

mod migrations;
mod postgres;
mod row;
mod sqlite;
mod statement;
mod writer;

pub use postgres::{PostgresError, PostgresSettings};
pub use row::{FromRow, Row};
pub use sqlite::OpenError;
pub use statement::{Link, Statement};

use sqlx::{PgPool, Postgres, SqlitePool};

use super::StoreError;
use writer::{Turn, Writer};

#[derive(Clone, Debug)]
pub enum Database {
    /// A few connections that only read, and the one that writes.
    Sqlite { read: SqlitePool, writer: Writer },
    Postgres(PgPool),
}

/// What is done in it is done together, or, where it is not committed, not at all.
pub enum Transaction {
    Sqlite(Turn),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Database {
    /// A statement that only reads, on its own.
    pub fn read(&self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite { read, .. } => Statement::new(Link::SqlitePool(read), sql),
            Self::Postgres(pool) => Statement::new(Link::PostgresPool(pool), sql),
        }
    }

    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Transaction::Sqlite(writer.turn().await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// Finishes what is being written. SQLite's write-ahead log is folded back into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, writer } => {
                read.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    pub fn statement(&mut self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite(turn) => Statement::new(Link::Sqlite(turn.connection()), sql),
            Self::Postgres(transaction) => Statement::new(Link::Postgres(&mut *transaction), sql),
        }
    }

    /// Returns when it is durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(turn) => turn.commit().await,
            Self::Postgres(transaction) => Ok(transaction.commit().await?),
        }
    }
}
