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
    /// How the turn that is under way is undone. From before it is begun until after it has ended, since either may be given up halfway.
    turn: Option<Undo>,
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
    /// Whether a statement is under way, or did not succeed: SQLite may have undone the whole transaction then.
    spoiled: bool,
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
            *seat = Some(Seat { connection: self.pool.acquire().await?, group: None, turn: None });
        }
        let Ok(mut seat) = OwnedMutexGuard::try_map(seat, Option::as_mut) else {
            unreachable!("it was just put there")
        };
        // Whoever had it before went away: what they did is undone. By a task of its own where there is something: halfway it could not be done again.
        if seat.turn.is_some() {
            let undone = tokio::spawn(async move {
                seat.undo().await;
                seat
            });
            seat = undone.await.map_err(|_| sqlx::Error::WorkerCrashed)?;
        }
        let first = seat.group.is_none();
        let group = Arc::clone(seat.group.get_or_insert_default());
        // Before anything is open, so that whoever goes away in the midst of that leaves nothing open.
        let place = Place { group, writer: self.clone(), committed: false };
        seat.begin(first).await?;
        Ok(Turn { seat, spoiled: false, place })
    }

    /// Commits what is open, if that is still this group's.
    async fn finish(self, group: Arc<Group>) {
        let mut seat = self.seat.lock().await;
        if let Some(open) = seat.as_mut().filter(|_| group.0.get().is_none()) {
            open.commit().await;
        }
    }

    /// Commits what is open, and folds the write-ahead log back into the file.
    pub async fn close(&self) {
        let Self { pool, seat } = self.clone();
        // A task of its own, that goes on if whoever asked goes away. That it ends is all there is to know.
        let closing = tokio::spawn(async move {
            let mut seat = seat.lock().await;
            if let Some(mut open) = seat.take() {
                open.commit().await;
                // Best effort: an unfolded log is complete, only larger.
                let _ = open.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
            }
            // Closed from here on, so that nobody takes the connection who waits for the seat.
            let closed = pool.close();
            drop(seat);
            closed.await;
        });
        let _ = closing.await;
    }
}

impl Turn {
    /// For one statement, of which [`succeeded`](Self::succeeded) is told.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        self.spoiled = true;
        &mut self.seat.connection
    }

    pub fn succeeded(&mut self) {
        self.spoiled = false;
    }

    /// Returns when it is durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.spoiled {
            let why = "a statement of the transaction did not succeed".to_owned();
            return Err(StoreError::Commit(Arc::new(sqlx::Error::Protocol(why))));
        }
        let Self { mut seat, mut place, .. } = self;
        place.committed = true;
        let (writer, group) = (place.writer.clone(), Arc::clone(&place.group));
        // A task of its own: whoever asked may go away in the midst of it, and must not take others with them.
        let committing = tokio::spawn(async move {
            seat.keep().await;
            drop(seat);
            writer.finish(group).await;
        });
        // Committing cannot panic, and the outcome says the rest.
        let _ = committing.await;
        match place.group.0.get() {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(StoreError::Commit(Arc::clone(error))),
            None => Err(StoreError::Commit(Arc::new(sqlx::Error::WorkerCrashed))),
        }
    }
}

impl Seat {
    /// Begins a turn: the first of a group, or another in it.
    async fn begin(&mut self, first: bool) -> Result<(), sqlx::Error> {
        let (how, undo) = if first { ("BEGIN IMMEDIATE", Undo::All) } else { ("SAVEPOINT turn", Undo::ToSavepoint) };
        self.turn = Some(undo);
        let begun = self.run(how).await;
        if begun.is_err() {
            self.turn = None;
            if first {
                // Nobody else is in the group. Should something be open all the same, it is not any more.
                self.fail(sqlx::Error::WorkerCrashed).await;
            }
        }
        begun
    }

    /// Ends a turn that is done. Of the first there is nothing to say to SQLite: it goes on to the commit, or to the next turn.
    async fn keep(&mut self) {
        if self.turn == Some(Undo::ToSavepoint)
            && let Err(error) = self.run("RELEASE turn").await
        {
            self.fail(error).await;
        }
        self.turn = None;
    }

    /// Ends a turn that was given up, if one is open.
    async fn undo(&mut self) {
        let done = match self.turn {
            None => return,
            // Only whoever went away was in the group.
            Some(Undo::All) => {
                self.run("ROLLBACK").await.map(|()| self.settle(Err(Arc::new(sqlx::Error::WorkerCrashed))))
            }
            Some(Undo::ToSavepoint) => self.run("ROLLBACK TO turn; RELEASE turn").await,
        };
        self.turn = None;
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
        self.turn = Some(Undo::All);
        let _ = self.run("ROLLBACK").await;
        self.turn = None;
    }

    fn settle(&mut self, outcome: Result<(), Arc<sqlx::Error>>) {
        if let Some(group) = self.group.take() {
            let _ = group.0.set(outcome);
        }
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut *self.connection).await.map(drop)
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
