//! Users, sessions, keys, events and tries in SQL.
//!
//! One set of statements for SQLite and PostgreSQL ([`database`]); they keep to what both take (`$1`, `RETURNING`, `BOOLEAN`, no `MIN` of two values). What was
//! acknowledged survives a power cut on both.
//!
//! The store keeps hashes and sealed bytes. It has never seen a password or a token.

mod copies;
mod counts;
mod database;
mod ends;
mod event_kind;
mod events;
mod fields;
mod following;
mod given;
mod in_a_row;
mod keys;
mod lists;
mod operating;
mod overview;
mod purge;
mod sealed_keys;
mod security_log;
mod sessions;
mod steps;
mod together;
mod tries;
mod users;

use std::{path::Path, sync::Arc};

use crate::ended::EndReason;
use database::Database;
use lists::EventsOf;
use sessions::{OwnedSessionOf, SessionOf};
use together::Together;

pub use copies::{Claim, CopyError, Draft, back_up, take_in};
pub use counts::Connections;
pub use database::{Ears, OpenError, PostgresError, PostgresSettings, Tables};
pub use ends::{EndingRow, Ends, EventOf, Own};
pub use event_kind::{EventKind, Outcome, Severity};
pub use events::{EventRow, NewEvent};
pub use in_a_row::{At, InARow, Who};
pub use keys::SigningKeyRow;
pub use lists::{LiveSession, Page, Place};
pub use operating::{Batch, Disabled, NewPassword};
pub use overview::{Asked, EventLine, Events, Listing, SessionLine, Sessions, UserDetails, UserLine};
pub use purge::Purge;
pub use security_log::TARGET as SECURITY_LOG;
pub use sessions::{Delivery, Holder, NewSession, SessionRow};
pub use steps::{Begun, Rotation};
pub use tries::{Counted, NewTry, Receipt};
pub use users::{NewUser, PasswordChange, UserRow};

/// Milliseconds since the Unix epoch, UTC.
pub type UnixMillis = i64;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    sessions: Together<SessionOf>,
    owned_sessions: Together<OwnedSessionOf>,
    events_of: Together<EventsOf>,
    rotations: Together<Rotation>,
}

/// The database did not answer, or answered with what cannot be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("the database did not answer in time")]
    Silent,
    #[error("it took too long for others to hear of it, and was undone")]
    Late,
    #[error("the database could not commit: {0}")]
    Commit(Arc<sqlx::Error>),
    #[error("the database holds an impossible value in {column}")]
    Impossible { column: &'static str },
    /// What became of a statement for several.
    #[error(transparent)]
    Together(Arc<StoreError>),
}

impl StoreError {
    /// Whether it may be one of several who was in the way of the others. Nothing was done.
    fn is_of_one(&self) -> bool {
        match self {
            // A row that cannot be read is one's own.
            Self::Sql(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) | Self::Impossible { .. } => true,
            Self::Sql(error) => database::is_in_the_way(error),
            Self::Silent | Self::Late | Self::Commit(_) | Self::Together(_) => false,
        }
    }
}

impl Store {
    fn of(database: Database) -> Self {
        Self {
            sessions: Together::new(&database),
            owned_sessions: Together::new(&database),
            events_of: Together::new(&database),
            rotations: Together::new(&database),
            database,
        }
    }

    /// Opens the SQLite file, creates it with mode 0600 where it is missing, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self::of(Database::open(path).await?))
    }

    /// Connects to PostgreSQL and brings its tables up to date.
    pub async fn connect(settings: &PostgresSettings) -> Result<Self, PostgresError> {
        Ok(Self::of(Database::connect(settings).await?))
    }

    /// Whether the database answers a question.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.database.read("SELECT 1").execute().await?;
        Ok(())
    }

    /// What PostgreSQL says of a setting, by `SHOW`, on each kind of connection that writes.
    #[cfg(test)]
    pub async fn setting(&self, show: &'static str) -> Result<[String; 2], StoreError> {
        let alone: Option<(String,)> = self.database.write(show).optional().await?;
        let together: Option<(String,)> = self.database.write_together(show).optional().await?;
        Ok([alone, together].map(|answer| answer.map(|(value,)| value).unwrap_or_default()))
    }

    /// Finishes what is being written and folds the write-ahead log back into the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

fn hash_from(bytes: &[u8], column: &'static str) -> Result<Hash, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Impossible { column })
}

fn reason_from(code: &str) -> Result<EndReason, StoreError> {
    EndReason::from_code(code).ok_or(StoreError::Impossible { column: "ended_reason" })
}
