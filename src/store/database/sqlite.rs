//! Opening the database, or saying in words why it cannot be.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Database, migrations, pool::Pool, writer::Writer};

/// Up to this size every page is checked at start; beyond it only the schema, so that a large database starts at once.
const CHECKED_WHOLE_UP_TO: u64 = 32 * 1024 * 1024;

/// How often what another process was in the way of is tried again, and how long after.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

const READERS: u32 = 4;
/// What the wait for one of them may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database file {path} cannot be created or opened: {source}")]
    File { path: String, source: io::Error },
    #[error("the database file {path} is read-only; the server must be able to write it")]
    ReadOnly { path: String },
    #[error(
        "the database file {path} is damaged or is no SQLite database ({problem}); restore it from a backup, or move it away to start anew"
    )]
    Corrupt { path: String, problem: String },
    #[error(
        "the database file {path} was written by a newer version of hallpass (migration {found}, this one knows up to {known}); run that version"
    )]
    Newer { path: String, found: i64, known: i64 },
    #[error("the database file {path} could not be brought up to date: {source}")]
    Migrate { path: String, source: MigrateError },
    #[error("the database file {path} cannot be used: {source}")]
    Sql { path: String, source: sqlx::Error },
}

impl Database {
    /// WAL with `synchronous=FULL`, because an acknowledged logout must survive a power cut.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let name = path.display().to_string();
        let size = prepare_file(path, &name)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();

        let mut write = prepared(&options, size, &name).await;
        for _ in 0..TRIES {
            if !write.as_ref().is_err_and(may_pass) {
                break;
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
            write = prepared(&options, size, &name).await;
        }
        let write = write?;

        let read = Pool::new(options.read_only(true), READERS, PATIENCE);
        drop(read.get().await.map_err(|source| classify(source, &name))?);
        Ok(Self::Sqlite { read, writer: Writer::new(write) })
    }
}

/// Creates the file for its owner alone. SQLite gives the `-wal` and `-shm` beside it the same mode.
fn prepare_file(path: &Path, name: &str) -> Result<u64, OpenError> {
    // Root may write what is marked read-only, but whoever marked it so meant it.
    if fs::metadata(path).is_ok_and(|found| found.permissions().readonly()) {
        return Err(OpenError::ReadOnly { path: name.to_owned() });
    }
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|source| OpenError::File { path: name.to_owned(), source })?;
    let failed = |source| OpenError::File { path: name.to_owned(), source };
    let found = file.metadata().map_err(failed)?;
    if found.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = name, "others could read the database file; it is now for its owner alone");
        file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
    }
    Ok(found.len())
}

/// The connection that writes, to a database that is whole and up to date.
async fn prepared(options: &SqliteConnectOptions, size: u64, name: &str) -> Result<SqlitePool, OpenError> {
    let failed = |source| classify(source, name);
    let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(failed)?;
    check(&write, size, name).await?;
    migrate(&write, name).await?;
    forget_statistics(&write).await.map_err(failed)?;
    Ok(write)
}

/// Whether another process may be at the same: what it has done is found done the next time.
fn may_pass(error: &OpenError) -> bool {
    match error {
        // It has the lock, or has written down before us that it carried a migration out.
        OpenError::Sql { source, .. } => matches!(primary_code(source), Some(5 | 19)),
        OpenError::Migrate { source, .. } => matches!(source, MigrateError::ExecuteMigration(..)),
        _ => false,
    }
}

async fn check(pool: &SqlitePool, size: u64, name: &str) -> Result<(), OpenError> {
    let question =
        if size <= CHECKED_WHOLE_UP_TO { "PRAGMA quick_check(1)" } else { "SELECT 'ok' FROM sqlite_master LIMIT 1" };
    let verdict: Option<String> =
        sqlx::query_scalar(question).fetch_optional(pool).await.map_err(|source| classify(source, name))?;
    match verdict.as_deref() {
        Some("ok") | None => Ok(()),
        Some(problem) => Err(OpenError::Corrupt { path: name.to_owned(), problem: problem.to_owned() }),
    }
}

/// What was counted of small tables makes SQLite read them whole, and go on doing so for as long as it has them open, however large they become. Without it goes by the
/// indexes.
async fn forget_statistics(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let there = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'";
    if sqlx::query(there).fetch_optional(pool).await?.is_some() {
        sqlx::raw_sql("DELETE FROM sqlite_stat1; ANALYZE sqlite_schema").execute(pool).await?;
    }
    Ok(())
}

async fn migrate(pool: &SqlitePool, name: &str) -> Result<(), OpenError> {
    let path = || name.to_owned();
    let migrator = migrations::migrator().await.map_err(|source| OpenError::Migrate { path: path(), source })?;
    migrator.run(pool).await.map_err(|source| match source {
        MigrateError::VersionMissing(found) => OpenError::Newer { path: path(), found, known: migrations::newest() },
        MigrateError::Execute(source) => classify(source, name),
        source => OpenError::Migrate { path: path(), source },
    })
}

/// SQLite's, without what more it may say.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    Some(error.as_database_error()?.code()?.parse::<i32>().ok()? & 0xff)
}

/// SQLite's primary result codes, from <https://www.sqlite.org/rescode.html>.
pub(super) fn classify(source: sqlx::Error, name: &str) -> OpenError {
    let path = name.to_owned();
    match primary_code(&source) {
        Some(11 | 26) => OpenError::Corrupt { path, problem: source.to_string() },
        Some(8) => OpenError::ReadOnly { path },
        _ => OpenError::Sql { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened(path: &Path) -> (Pool<sqlx::SqliteConnection>, Writer) {
        let Database::Sqlite { read, writer } = Database::open(path).await.unwrap() else { unreachable!("a file") };
        (read, writer)
    }

    #[tokio::test]
    async fn what_is_committed_survives_a_power_cut_and_readers_wait_for_no_writer() {
        let folder = tempfile::tempdir().unwrap();
        let (read, writer) = opened(&folder.path().join("hallpass.db")).await;
        let mut turn = writer.turn().await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(turn.connection()).await.unwrap();
        assert_eq!(synchronous, 2, "FULL, by https://www.sqlite.org/pragma.html#pragma_synchronous");
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(turn.connection()).await.unwrap();
        assert_eq!(journal, "wal");
        let users: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&mut *read.get().await.unwrap()).await.unwrap();
        assert_eq!(users, 0, "while a turn is taken");
    }

    #[tokio::test]
    async fn several_that_open_a_new_file_at_once_make_its_tables_once() {
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("hallpass.db");
            let opening: Vec<_> = (0..4).map(|_| Database::open(&path)).collect();
            for opened in futures::future::join_all(opening).await {
                opened.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn statistics_of_small_tables_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hallpass.db");
        let (_, writer) = opened(&path).await;
        let mut turn = writer.turn().await.unwrap();
        sqlx::raw_sql("INSERT INTO turns VALUES ('x'); ANALYZE").execute(turn.connection()).await.unwrap();
        turn.succeeded();
        turn.commit().await.unwrap();
        writer.close().await;
        let (read, _) = opened(&path).await;
        let count = "SELECT COUNT(*) FROM sqlite_stat1";
        let left: i64 = sqlx::query_scalar(count).fetch_one(&mut *read.get().await.unwrap()).await.unwrap();
        assert_eq!(left, 0);
    }
}
