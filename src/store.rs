//! Users, sessions, keys and events in SQL.
//!
//! SQLite for now: one connection that writes, a few that only read. WAL with `synchronous=FULL`, because an
//! acknowledged logout must survive a power cut. The statements keep to what PostgreSQL takes as well (`$1`, `RETURNING`,
//! `BOOLEAN`, no `MIN` of two values), so that it can come without a second set.
//!
//! The store keeps hashes and sealed bytes. It has never seen a password or a token.

mod ends;
mod events;
mod keys;
mod lists;
mod migrations;
mod open;
mod sessions;
mod users;

use sqlx::SqlitePool;

pub use ends::{EndingRow, Ends, EventOf, Own};
pub use events::{EventKind, EventRow, NewEvent};
pub use keys::SigningKeyRow;
pub use lists::{LiveSession, Page, Place};
pub use open::OpenError;
pub use sessions::{Delivery, Holder, NewSession, Rotation, SessionRow};
pub use users::{NewUser, PasswordChange, UserRow};

/// Milliseconds since the Unix epoch, UTC.
pub type UnixMillis = i64;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

#[derive(Clone, Debug)]
pub struct Store {
    read: SqlitePool,
    write: SqlitePool,
}

/// The database did not answer, or answered with what cannot be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("the database holds an impossible value in {column}")]
    Impossible { column: &'static str },
}

impl Store {
    /// Whether the database answers a question.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.read).await?;
        Ok(())
    }

    /// Finishes what is being written and folds the write-ahead log back into the file.
    pub async fn close(&self) {
        self.read.close().await;
        // Best effort: an unfolded log is complete, only larger.
        let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.write).await;
        self.write.close().await;
    }
}

fn hash_from(bytes: &[u8], column: &'static str) -> Result<Hash, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Impossible { column })
}
