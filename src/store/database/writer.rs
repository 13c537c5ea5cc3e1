//! The one connection of SQLite that writes. Whoever waits for it while another is at work shares their commit, since that is what takes
//! time: a flush to the disk serves all of a group as well as one.
//!
//! Everybody takes a turn, in the order of coming, and works in a savepoint of the group's transaction. Whoever is done stands in line again, now for the commit: by then all who had waited have had their turn, and the first to come through commits for all, who are all answered then; whoever is done while nobody waits commits at once. So a group is never larger than the line was, nobody waits for a timer, and
//! one who goes away holds up nobody. A caller is answered after its own commit, and not before.
//!
//! The first of a group has a savepoint too, and not only its transaction: a turn that is given up then ends like any other, with the group's commit. Where it was rolled
//! back at once, a refused login took a third longer for a name that exists (`tests/timing.rs`).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::TryStreamExt;
use sqlx::{Executor, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, SetOnce},
};

use crate::store::StoreError;

#[derive(Clone, Debug)]
pub struct Writer {
    pool: SqlitePool,
    seat: Arc<Mutex<Option<Seat>>>,
    /// How many wait for a turn.
    waiting: Arc<AtomicUsize>,
}

/// Somebody who waits for a turn.
struct InLine(Arc<AtomicUsize>);

/// The connection, with what is open on it.
#[derive(Debug)]
struct Seat {
    connection: PoolConnection<Sqlite>,
    /// Whose transaction is open.
    group: Option<Arc<Group>>,
    /// Whether a turn is under way, from before it is begun until after it has ended, since either may be given up halfway.
    turn: bool,
}

/// Those who share a commit, and what became of it.
#[derive(Debug, Default)]
struct Group(SetOnce<Result<(), Arc<sqlx::Error>>>);

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
        Self { pool, seat: Arc::default(), waiting: Arc::default() }
    }

    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let in_line = InLine::new(&self.waiting);
        let mut seat = Arc::clone(&self.seat).lock_owned().await;
        drop(in_line);
        if seat.is_none() {
            *seat = Some(Seat { connection: self.pool.acquire().await?, group: None, turn: false });
        }
        let Ok(mut seat) = OwnedMutexGuard::try_map(seat, Option::as_mut) else {
            unreachable!("it was just put there")
        };
        // Whoever had it before went away: what they did is undone. By a task of its own where there is something: halfway it could not be done again.
        if seat.turn {
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

    /// Commits what is open, unless another of this group comes first.
    async fn finish(self, group: Arc<Group>) {
        let mut seat = tokio::select! {
            _ = group.0.wait() => return,
            seat = self.seat.lock() => seat,
        };
        if let Some(open) = seat.as_mut().filter(|_| group.0.get().is_none()) {
            open.commit().await;
        }
    }

    /// Commits what is open, and folds the write-ahead log back into the file.
    pub async fn close(&self) {
        let Self { pool, seat, .. } = self.clone();
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

impl InLine {
    fn new(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(waiting))
    }
}

impl Drop for InLine {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turn {
    /// For a statement, or several at once, of which [`succeeded`](Self::succeeded) is told.
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
            if writer.waiting.load(Ordering::Relaxed) == 0 {
                // In one way to SQLite: nobody would join the group.
                seat.keep_and_commit().await;
            } else {
                seat.keep().await;
                drop(seat);
                writer.finish(group).await;
            }
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
        self.turn = true;
        let begun = self.run(if first { "BEGIN IMMEDIATE; SAVEPOINT turn" } else { "SAVEPOINT turn" }).await;
        if begun.is_err() {
            self.turn = false;
            if first {
                // Nobody else is in the group. Should something be open all the same, it is not any more.
                self.fail(sqlx::Error::WorkerCrashed).await;
            }
        }
        begun
    }

    /// Ends a turn that is done.
    async fn keep(&mut self) {
        self.leave("RELEASE turn").await;
    }

    /// Ends a turn that is done, and commits with it what its group has done.
    async fn keep_and_commit(&mut self) {
        match self.run("RELEASE turn; COMMIT").await {
            Ok(()) => self.settle(Ok(())),
            Err(error) => self.fail(error).await,
        }
        self.turn = false;
    }

    /// Ends a turn that was given up, if one is open.
    async fn undo(&mut self) {
        self.leave("ROLLBACK TO turn; RELEASE turn").await;
    }

    async fn leave(&mut self, how: &'static str) {
        if self.turn
            && let Err(error) = self.run(how).await
        {
            self.fail(error).await;
        }
        self.turn = false;
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
        self.turn = true;
        let _ = self.run("ROLLBACK").await;
        self.turn = false;
    }

    fn settle(&mut self, outcome: Result<(), Arc<sqlx::Error>>) {
        if let Some(group) = self.group.take() {
            let _ = group.0.set(outcome);
        }
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        let done = (&mut *self.connection).fetch_many(sqlx::raw_sql(sql));
        let done: Vec<_> = done.try_collect().await?;
        // SQLite's thread may end in between, of which sqlx says nothing.
        if done.len() < sql.split(';').count() { Err(sqlx::Error::WorkerCrashed) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
