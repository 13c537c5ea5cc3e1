//! The one connection of SQLite that writes. Whoever waits for it while another is at work shares their commit, since that is what takes
//! time: a flush to the disk serves all of a group as well as one.
//!
//! Everybody takes a turn, in the order of coming. The first of a group begins its transaction, and the others work in savepoints of it. Whoever is done stands in line
//! again, now for the commit: by then all who had waited have had their turn, and the first to come through commits for all. So a group is never larger than the line was, nobody waits for a timer, and
//! one who goes away holds up nobody. A caller is answered after its own commit, and not before.

use std::sync::{Arc, OnceLock};

use sqlx::{Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard},
};

use crate::store::StoreError;

#[derive(Clone, Debug)]
pub struct Writer {
    pool: SqlitePool,
    seat: Arc<Mutex<Option<Seat>>>,
}

/// The connection, with what is open on it.
#[derive(Debug)]
struct Seat {
    connection: PoolConnection<Sqlite>,
    /// Whose transaction is open.
    group: Option<Arc<Group>>,
    /// Whose turn is under way.
    turn: Option<Undo>,
    /// Whether a change of these is under way. Found at the next turn, it was given up halfway.
    unsure: bool,
}

/// How a turn is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undo {
    /// With the whole transaction: nobody else has had a turn in it yet.
    All,
    /// To the savepoint that it began with.
    ToSavepoint,
}

/// Those who share a commit, and what became of it.
#[derive(Debug, Default)]
struct Group(OnceLock<Result<(), Arc<sqlx::Error>>>);

/// The connection, until it is committed or dropped. Dropped, it has done nothing.
pub struct Turn {
    seat: OwnedMappedMutexGuard<Option<Seat>, Seat>,
    // Dropped after the seat.
    place: Place,
}

/// A place in a group. Whoever leaves it without a commit lets the group be finished all the same: until then no other process can write, and
/// here the next to write may be long in coming.
struct Place {
    group: Arc<Group>,
    writer: Writer,
    committed: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.committed
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(self.writer.clone().finish(Arc::clone(&self.group)));
        }
    }
}

impl Writer {
    pub fn new(pool: SqlitePool) -> Self {
        Self { pool, seat: Arc::default() }
    }

    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let mut seat = Arc::clone(&self.seat).lock_owned().await;
        if seat.is_none() {
            *seat = Some(Seat { connection: self.pool.acquire().await?, group: None, turn: None, unsure: false });
        }
        let Ok(mut seat) = OwnedMutexGuard::try_map(seat, Option::as_mut) else {
            unreachable!("it was just put there")
        };
        let group = seat.join().await?;
        Ok(Turn { seat, place: Place { group, writer: self.clone(), committed: false } })
    }

    /// Commits what is open, if that is still this group's. A task of its own: whoever asked may go away in the midst of it.
    async fn finish(self, group: Arc<Group>) {
        let mut seat = self.seat.lock().await;
        if let Some(open) = seat.as_mut().filter(|_| group.0.get().is_none()) {
            open.commit().await;
        }
    }

    /// Commits what is open, and folds the write-ahead log back into the file.
    pub async fn close(&self) {
        let mut seat = self.seat.lock().await;
        if let Some(mut open) = seat.take() {
            open.commit().await;
            // Best effort: an unfolded log is complete, only larger.
            let _ = open.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
        drop(seat);
        self.pool.close().await;
    }
}

impl Turn {
    pub fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.seat.connection
    }

    /// Returns when it is durable.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.seat.keep().await;
        let Self { seat, mut place } = self;
        place.committed = true;
        drop(seat);
        // Committing cannot panic, and the outcome says the rest.
        let _ = tokio::spawn(place.writer.clone().finish(Arc::clone(&place.group))).await;
        match place.group.0.get() {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(StoreError::Commit(Arc::clone(error))),
            None => Err(StoreError::Commit(Arc::new(sqlx::Error::WorkerCrashed))),
        }
    }
}

impl Seat {
    /// Begins a turn, in the group that is open or in a new one.
    async fn join(&mut self) -> Result<Arc<Group>, sqlx::Error> {
        if self.unsure {
            self.fail(sqlx::Error::WorkerCrashed).await;
        }
        // Whoever had it before went away: what they did is undone.
        self.undo().await;
        if let Some(group) = &self.group {
            let group = Arc::clone(group);
            self.run("SAVEPOINT turn").await?;
            self.turn = Some(Undo::ToSavepoint);
            return Ok(group);
        }
        self.run("BEGIN IMMEDIATE").await?;
        self.turn = Some(Undo::All);
        Ok(Arc::clone(self.group.insert(Arc::default())))
    }

    /// Ends a turn that is done.
    async fn keep(&mut self) {
        if self.turn.take() == Some(Undo::ToSavepoint)
            && let Err(error) = self.run("RELEASE turn").await
        {
            self.fail(error).await;
        }
    }

    /// Ends a turn that was given up, if one is open.
    async fn undo(&mut self) {
        let done = match self.turn.take() {
            None => return,
            Some(Undo::All) => self.run("ROLLBACK").await.map(|()| self.settle(Ok(()))),
            Some(Undo::ToSavepoint) => self.run("ROLLBACK TO turn; RELEASE turn").await,
        };
        if let Err(error) = done {
            self.fail(error).await;
        }
    }

    async fn commit(&mut self) {
        self.undo().await;
        if self.group.is_some() {
            match self.run("COMMIT").await {
                Ok(()) => self.settle(Ok(())),
                Err(error) => self.fail(error).await,
            }
        }
    }

    /// Nothing of the group is kept. SQLite may have rolled it back itself, as when the disk is full.
    async fn fail(&mut self, error: sqlx::Error) {
        self.settle(Err(Arc::new(error)));
        self.turn = None;
        let _ = self.run("ROLLBACK").await;
    }

    fn settle(&mut self, outcome: Result<(), Arc<sqlx::Error>>) {
        if let Some(group) = self.group.take() {
            let _ = group.0.set(outcome);
        }
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        self.unsure = true;
        let done = sqlx::raw_sql(sql).execute(&mut *self.connection).await;
        self.unsure = false;
        done.map(drop)
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
