//! Who shares a commit, and what becomes of it when something goes wrong.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::mpsc::{Sender, channel},
    task::Poll,
    time::Duration,
};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use tempfile::TempDir;

use super::*;

struct File {
    folder: TempDir,
    writer: Writer,
    read: SqlitePool,
}

/// A number may only be written under a parent that is there, which is checked at the commit.
const SCHEMA: &str = "CREATE TABLE parents (id INTEGER PRIMARY KEY);
     INSERT INTO parents VALUES (1);
     CREATE TABLE numbers (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)";

async fn file() -> File {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("numbers.db"))
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal);
    let write = SqlitePool::connect_with(options.clone()).await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&write).await.unwrap();
    let read = SqlitePool::connect_with(options.read_only(true)).await.unwrap();
    File { folder, writer: Writer::new(write), read }
}

impl File {
    /// A turn in which a number is written.
    async fn turn_of(&self, number: i64) -> Turn {
        let mut turn = self.writer.turn().await.unwrap();
        write(&mut turn, number, 1).await;
        turn
    }

    async fn numbers(&self) -> Vec<i64> {
        sqlx::query_scalar("SELECT id FROM numbers ORDER BY id").fetch_all(&self.read).await.unwrap()
    }
}

async fn write(turn: &mut Turn, number: i64, parent: i64) {
    let insert = sqlx::query("INSERT INTO numbers VALUES ($1, $2)").bind(number).bind(parent);
    insert.execute(turn.connection()).await.unwrap();
    turn.succeeded();
}

/// Asks for it while somebody else holds the seat, so that it stands in line.
async fn line_up(waiting: &mut Pin<&mut impl Future>) {
    assert!(begin(waiting).await, "somebody else holds the seat");
}

/// Asks for it once. Whether there is more to come of it.
async fn begin(work: &mut Pin<&mut impl Future>) -> bool {
    poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending())).await
}

/// Lets no statement of this connection end until what it gives back is dropped.
async fn hold_up(connection: &mut SqliteConnection) -> Sender<()> {
    let (until, dropped) = channel();
    let waits = move || {
        let _ = dropped.recv();
        true
    };
    connection.lock_handle().await.unwrap().set_progress_handler(1, waits);
    until
}

/// Takes a turn, writes, commits. Which group that was, and what came of it.
async fn whole_turn(writer: Writer, number: i64, parent: i64) -> (Arc<Group>, Result<(), StoreError>) {
    let mut turn = writer.turn().await.unwrap();
    write(&mut turn, number, parent).await;
    (Arc::clone(&turn.place.group), turn.commit().await)
}

/// Begins as many turns as there are numbers while another one holds the seat, which then commits.
async fn all_at_once(file: &File, numbers: &[(i64, i64)]) -> Vec<(Arc<Group>, Result<(), StoreError>)> {
    let first = file.turn_of(0).await;
    let group = Arc::clone(&first.place.group);
    let others = numbers.iter().map(|&(number, parent)| whole_turn(file.writer.clone(), number, parent));
    let mut others = std::pin::pin!(futures::future::join_all(others));
    line_up(&mut others).await;
    let first = first.commit();
    let (outcome, mut outcomes) = futures::future::join(first, others).await;
    outcomes.insert(0, (group, outcome));
    outcomes
}

#[tokio::test]
async fn those_who_wait_at_the_same_time_share_one_commit() {
    let file = file().await;
    let numbers: Vec<_> = (1..=20).map(|number| (number, 1)).collect();
    let outcomes = all_at_once(&file, &numbers).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    assert!(outcomes.iter().all(|(group, _)| Arc::ptr_eq(group, &outcomes[0].0)));
    assert_eq!(file.numbers().await, (0..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_all_who_shared_it_and_keeps_nothing() {
    let file = file().await;
    let outcomes = all_at_once(&file, &[(1, 1), (2, 99), (3, 1)]).await;
    assert!(outcomes.iter().all(|(_, outcome)| matches!(outcome, Err(StoreError::Commit(_)))), "{outcomes:?}");
    assert!(file.numbers().await.is_empty());
    let (_, next) = whole_turn(file.writer.clone(), 4, 1).await;
    next.unwrap();
    assert_eq!(file.numbers().await, [4], "the next group begins anew");
}

#[tokio::test]
async fn one_who_goes_away_takes_back_only_what_was_their_own() {
    let file = file().await;
    let first = file.turn_of(1).await;
    let mut leaving = std::pin::pin!(file.turn_of(2));
    let mut staying = std::pin::pin!(whole_turn(file.writer.clone(), 3, 1));
    line_up(&mut leaving).await;
    line_up(&mut staying).await;
    let leaving = async { drop(leaving.await) };
    let (first, (), (_, staying)) = futures::future::join3(first.commit(), leaving, staying).await;
    first.unwrap();
    staying.unwrap();
    assert_eq!(file.numbers().await, [1, 3]);
}

#[tokio::test]
async fn the_first_who_goes_away_takes_back_their_own_and_nothing_of_whoever_waits() {
    let file = file().await;
    let first = file.turn_of(1).await;
    let mut staying = std::pin::pin!(whole_turn(file.writer.clone(), 2, 1));
    line_up(&mut staying).await;
    drop(first);
    staying.await.1.unwrap();
    assert_eq!(file.numbers().await, [2]);
}

#[tokio::test]
async fn a_statement_that_is_refused_spoils_nothing_for_others() {
    let file = file().await;
    let first = file.turn_of(1).await;
    let twice = async {
        let mut turn = file.writer.turn().await.unwrap();
        let again = sqlx::query("INSERT INTO numbers VALUES (1, 1)").execute(turn.connection()).await;
        assert!(again.is_err(), "the number is taken");
        let committed = turn.commit().await;
        assert!(committed.is_err(), "whatever SQLite has made of the rest");
    };
    let (one, ()) = futures::future::join(first.commit(), twice).await;
    one.unwrap();
    assert_eq!(file.numbers().await, [1]);
}

#[tokio::test]
async fn whoever_comes_when_it_closes_is_told_so_and_keeps_nobody_waiting() {
    let file = file().await;
    let first = file.turn_of(1).await;
    let closing = tokio::spawn({
        let writer = file.writer.clone();
        async move { writer.close().await }
    });
    // Until it stands in line: it does so in a task of its own, which two rounds are enough for.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let mut coming = std::pin::pin!(async { file.writer.turn().await.map(drop) });
    line_up(&mut coming).await;
    let (first, coming) = futures::future::join(first.commit(), coming).await;
    first.unwrap();
    assert!(matches!(coming, Err(StoreError::Sql(sqlx::Error::PoolClosed))));
    tokio::time::timeout(Duration::from_secs(20), closing).await.expect("it closes").unwrap();
    assert_eq!(file.numbers().await, [1]);
}

#[tokio::test]
async fn whoever_is_durable_waits_for_nobody_elses_turn() {
    let file = file().await;
    let first = file.turn_of(1).await;
    let mut second = std::pin::pin!(file.writer.turn());
    line_up(&mut second).await;
    let first = tokio::spawn(first.commit());
    // The first stands in line again.
    let mut second = second.await.unwrap();
    write(&mut second, 2, 1).await;
    let mut third = std::pin::pin!(file.writer.turn());
    line_up(&mut third).await;
    let both = tokio::time::timeout(Duration::from_secs(20), futures::future::join(second.commit(), third));
    let (second, third) = both.await.expect("who has a turn keeps nobody waiting");
    first.await.unwrap().unwrap();
    second.unwrap();
    drop(third.unwrap());
    assert_eq!(file.numbers().await, [1, 2]);
}

#[tokio::test]
async fn nobody_is_counted_as_waiting_who_is_not() {
    let file = file().await;
    let waiting = || file.writer.waiting.load(Ordering::Relaxed);
    let first = file.writer.turn().await.unwrap();
    let mut going = Box::pin(file.writer.turn());
    let mut staying = std::pin::pin!(file.writer.turn());
    line_up(&mut going.as_mut()).await;
    line_up(&mut staying).await;
    assert_eq!(waiting(), 2);
    drop(going);
    assert_eq!(waiting(), 1);
    drop(first);
    staying.await.unwrap().commit().await.unwrap();
    assert_eq!(waiting(), 0);
}

#[tokio::test]
async fn what_was_committed_is_seen_by_readers_only_then() {
    let file = file().await;
    let turn = file.turn_of(1).await;
    assert!(file.numbers().await.is_empty(), "readers do not wait for it either");
    turn.commit().await.unwrap();
    assert_eq!(file.numbers().await, [1]);
}

#[tokio::test]
async fn whoever_is_answered_is_answered_after_their_own_commit() {
    let file = file().await;
    let answered = async |number: i64| {
        let turn = file.turn_of(number).await;
        turn.commit().await.unwrap();
        assert!(file.numbers().await.contains(&number), "{number} was answered before it could be read");
    };
    futures::future::join_all((1..=50).map(answered)).await;
    assert_eq!(file.numbers().await.len(), 50);
}

#[tokio::test]
async fn a_commit_is_carried_through_when_whoever_asked_for_it_goes_away() {
    let file = file().await;
    let turn = file.turn_of(1).await;
    let mut commit = Box::pin(turn.commit());
    begin(&mut commit.as_mut()).await;
    drop(commit);
    whole_turn(file.writer.clone(), 2, 1).await.1.unwrap();
    assert_eq!(file.numbers().await, [1, 2]);
}

#[tokio::test]
async fn whoever_goes_away_while_their_turn_ends_takes_no_others_with_them() {
    ends_and_goes_away(false).await;
}

#[tokio::test]
async fn nor_while_others_wait_for_a_turn() {
    ends_and_goes_away(true).await;
}

async fn ends_and_goes_away(another_waits: bool) {
    let file = file().await;
    let first = file.turn_of(1).await;
    let leaving = async {
        let mut turn = file.turn_of(2).await;
        let held = hold_up(&mut turn.seat.connection).await;
        let mut another = Box::pin(whole_turn(file.writer.clone(), 3, 1));
        if another_waits {
            line_up(&mut another.as_mut()).await;
        }
        let mut commit = Box::pin(turn.commit());
        assert!(begin(&mut commit.as_mut()).await, "it is held up");
        drop((commit, held));
        another.await.1
    };
    let mut leaving = std::pin::pin!(leaving);
    line_up(&mut leaving).await;
    let (first, another) = futures::future::join(first.commit(), leaving).await;
    first.unwrap();
    another.unwrap();
    assert_eq!(file.numbers().await, [1, 2, 3]);
}

#[tokio::test]
async fn a_beginning_that_is_given_up_halfway_leaves_the_seat_as_good_as_new() {
    let file = file().await;
    for number in 0..3 {
        let mut turn = Box::pin(file.writer.turn());
        begin(&mut turn.as_mut()).await;
        drop(turn);
        whole_turn(file.writer.clone(), number, 1).await.1.unwrap();
    }
    assert_eq!(file.numbers().await, [0, 1, 2]);
}

#[tokio::test]
async fn a_beginning_that_fails_after_its_caller_went_away_is_not_taken_for_a_transaction() {
    let file = file().await;
    whole_turn(file.writer.clone(), 1, 1).await.1.unwrap();
    let other = another_process(&file).await;
    let blocking = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let held = {
        let mut seat = file.writer.seat.lock().await;
        let seat = seat.as_mut().unwrap();
        seat.run("PRAGMA busy_timeout = 0").await.unwrap();
        hold_up(&mut seat.connection).await
    };
    let mut leaving = Box::pin(file.writer.turn());
    assert!(begin(&mut leaving.as_mut()).await, "it is held up");
    let mut next = std::pin::pin!(async { file.writer.turn().await.map(drop) });
    line_up(&mut next).await;
    drop((leaving, held));
    assert!(matches!(next.await, Err(StoreError::Sql(_))), "another process is writing");
    blocking.rollback().await.unwrap();
    whole_turn(file.writer.clone(), 2, 1).await.1.unwrap();
    assert_eq!(file.numbers().await, [1, 2]);
}

#[tokio::test]
async fn whoever_goes_away_last_keeps_no_other_process_waiting() {
    let file = file().await;
    let turn = file.turn_of(1).await;
    drop(turn);
    another_process_writes(&file).await;
    assert_eq!(file.numbers().await, [2]);
}

#[tokio::test]
async fn whoever_goes_away_while_their_turn_begins_keeps_no_other_process_waiting() {
    let file = file().await;
    whole_turn(file.writer.clone(), 1, 1).await.1.unwrap();
    let held = hold_up(&mut file.writer.seat.lock().await.as_mut().unwrap().connection).await;
    let mut turn = Box::pin(file.writer.turn());
    assert!(begin(&mut turn.as_mut()).await, "it is held up");
    drop((turn, held));
    statement_done(&file).await;
    another_process_writes(&file).await;
    assert_eq!(file.numbers().await, [1, 2]);
}

/// Until the statement that was under way has ended, whatever came of it.
async fn statement_done(file: &File) {
    drop(file.writer.seat.lock().await.as_mut().unwrap().connection.lock_handle().await.unwrap());
}

async fn another_process(file: &File) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(file.folder.path().join("numbers.db"));
    SqlitePool::connect_with(options.busy_timeout(Duration::from_secs(2))).await.unwrap()
}

async fn another_process_writes(file: &File) {
    let other = another_process(file).await;
    sqlx::raw_sql("INSERT INTO numbers VALUES (2, 1)").execute(&other).await.unwrap();
}
