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
            .optimize_on_close(true, None)
            .disable_statement_logging();

        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(|source| classify(source, &name))?;
        check(&write, size, &name).await?;
        migrate(&write, &name).await?;

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

async fn migrate(pool: &SqlitePool, name: &str) -> Result<(), OpenError> {
    let path = || name.to_owned();
    let migrator = migrations::migrator().await.map_err(|source| OpenError::Migrate { path: path(), source })?;
    migrator.run(pool).await.map_err(|source| match source {
        MigrateError::VersionMissing(found) => OpenError::Newer { path: path(), found, known: migrations::newest() },
        MigrateError::Execute(source) => classify(source, name),
        source => OpenError::Migrate { path: path(), source },
    })
}

/// SQLite's primary result codes, from <https://www.sqlite.org/rescode.html>.
pub(super) fn classify(source: sqlx::Error, name: &str) -> OpenError {
    let path = name.to_owned();
    let code =
        source.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        Some(11 | 26) => OpenError::Corrupt { path, problem: source.to_string() },
        Some(8) => OpenError::ReadOnly { path },
        _ => OpenError::Sql { path, source },
    }
}
