//! Copies of a SQLite database: made while others write it, checked, and put in its place when nobody has it open.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// What SQLite keeps beside a database file while it is open.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// SQLite's primary result codes, from <https://www.sqlite.org/rescode.html>.
const BUSY: i32 = 5;
const CORRUPT: i32 = 11;
const NO_DATABASE: i32 = 26;

#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("there is no file {0}")]
    Missing(String),
    #[error("there is a file {0} already; name another, or overwrite it with --force")]
    Exists(String),
    #[error(
        "{0} is in use: a server or another command has it open. Stop it first, and do not start it before this is done"
    )]
    InUse(String),
    #[error("{0} is the database itself")]
    Itself(String),
    #[error(
        "{file} was not closed: {file}{log} holds more of it. Copy databases that are in use with `hallpass backup`, which leaves nothing out"
    )]
    Unfinished { file: String, log: &'static str },
    #[error("{path} is damaged or is no SQLite database: {problem}")]
    Damaged { path: String, problem: String },
    #[error("{0} is a SQLite database, but not one of this program")]
    Foreign(String),
    #[error("{path} cannot be read or written: {source}")]
    Io { path: String, source: io::Error },
    #[error("{path} cannot be copied: {source}")]
    Sql { path: String, source: sqlx::Error },
}

/// A copy that is not in its place yet, beside it. Dropped, it is gone.
#[derive(Debug)]
pub struct Draft(PathBuf);

/// A database that nobody else can open until this is dropped.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// None where there is no database, or none that can be opened.
    held: Option<SqliteConnection>,
}

/// Writes a copy of a database that may be in use. How many bytes it has.
pub async fn back_up(database: &Path, file: &Path, overwrite: bool) -> Result<u64, CopyError> {
    present(database)?;
    if same(file, database) {
        return Err(CopyError::Itself(name(file)));
    }
    if !overwrite && exists(file)? {
        return Err(CopyError::Exists(name(file)));
    }
    let draft = Draft::beside(file)?;
    let mut source = connect(database).await?;
    // It may be a file that is there and empty, which is how the copy is nobody else's from the start.
    let copied = sqlx::query("VACUUM INTO $1").bind(text(&draft.0)?).execute(&mut source).await;
    copied.map_err(|source| failed(database, source))?;
    source.close().await.map_err(|source| failed(database, source))?;
    draft.check(file).await?;
    let size = draft.sync()?;
    draft.place(file, overwrite)?;
    Ok(size)
}

/// A checked copy of a backup, beside the database whose place it is to take.
pub async fn take_in(backup: &Path, database: &Path) -> Result<Draft, CopyError> {
    present(backup)?;
    if same(backup, database) {
        return Err(CopyError::Itself(name(backup)));
    }
    for log in ["-wal", "-journal"] {
        if fs::metadata(with(backup, log)).is_ok_and(|log| log.len() > 0) {
            return Err(CopyError::Unfinished { file: name(backup), log });
        }
    }
    let draft = Draft::beside(database)?;
    let copied = fs::File::open(backup).and_then(|mut from| {
        let mut to = fs::OpenOptions::new().write(true).open(&draft.0)?;
        io::copy(&mut from, &mut to)
    });
    copied.map_err(|source| io_failed(backup, source))?;
    draft.check(backup).await?;
    Ok(draft)
}

impl Draft {
    fn beside(path: &Path) -> Result<Self, CopyError> {
        let path = with(path, &format!(".{}.draft", std::process::id()));
        let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|source| io_failed(&path, source))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether it is whole, and ours. `called`: by what name the operator knows it.
    async fn check(&self, called: &Path) -> Result<(), CopyError> {
        let failed = |source| failed(called, source);
        let mut connection = open(&self.0).await.map_err(failed)?;
        let verdict: String =
            sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut connection).await.map_err(failed)?;
        if verdict != "ok" {
            return Err(CopyError::Damaged { path: name(called), problem: verdict });
        }
        let tables = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('_sqlx_migrations', 'users', 'sessions')";
        let ours: i64 = sqlx::query_scalar(tables).fetch_one(&mut connection).await.map_err(failed)?;
        connection.close().await.map_err(failed)?;
        if ours == 3 { Ok(()) } else { Err(CopyError::Foreign(name(called))) }
    }

    /// All of it in its file, and its file on the disk.
    fn sync(&self) -> Result<u64, CopyError> {
        let synced = fs::File::open(&self.0).and_then(|file| {
            file.sync_all()?;
            Ok(file.metadata()?.len())
        });
        synced.map_err(|source| io_failed(&self.0, source))
    }

    /// Whole or not at all, whatever happens meanwhile.
    fn place(&self, path: &Path, overwrite: bool) -> Result<(), CopyError> {
        // A link, unlike a new name, takes nobody's place.
        let placed = if overwrite { fs::rename(&self.0, path) } else { fs::hard_link(&self.0, path) };
        placed.and_then(|()| fs::File::open(folder(path))?.sync_all()).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => CopyError::Exists(name(path)),
            _ => io_failed(path, source),
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Best effort: what is left behind is a copy that nobody asks for.
        let _ = fs::remove_file(&self.0);
        for ending in BESIDE {
            let _ = fs::remove_file(with(&self.0, ending));
        }
    }
}

impl Claim {
    /// Whoever has it open keeps SQLite from leaving the write-ahead log; and once it has been left, all of the database is in its file.
    pub async fn of(database: &Path) -> Result<Self, CopyError> {
        let path = database.to_owned();
        if !exists(database)? {
            return Ok(Self { path, held: None });
        }
        match alone(database).await {
            Ok(connection) => Ok(Self { path, held: Some(connection) }),
            // No server is able to use it.
            Err(CopyError::Damaged { .. }) => Ok(Self { path, held: None }),
            Err(error) => Err(error),
        }
    }

    /// Puts another database in its place. What was there stays beside it, with `suffix` at the end of its name: where, if there was any.
    pub async fn replace(self, draft: Draft, suffix: &str) -> Result<Option<PathBuf>, CopyError> {
        let Self { path, held } = self;
        // Whoever brought it up to date has closed it, and nothing of it is left beside it.
        alone(&draft.0).await?.close().await.map_err(|source| failed(&draft.0, source))?;
        draft.sync()?;
        let aside = with(&path, suffix);
        let there_was = exists(&path)?;
        if there_was {
            fs::hard_link(&path, &aside).map_err(|source| io_failed(&aside, source))?;
        }
        // They are there only if the database could not be opened, and must not become the new one's.
        for ending in BESIDE {
            let beside = with(&path, ending);
            if exists(&beside)? {
                fs::rename(&beside, with(&aside, ending)).map_err(|source| io_failed(&beside, source))?;
            }
        }
        draft.place(&path, true)?;
        drop(held);
        Ok(there_was.then_some(aside))
    }
}

/// A connection beside which there is no other.
async fn alone(path: &Path) -> Result<SqliteConnection, CopyError> {
    let mut connection = connect(path).await?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode = DELETE")
        .fetch_one(&mut connection)
        .await
        .map_err(|source| failed(path, source))?;
    if mode != "delete" {
        return Err(CopyError::InUse(name(path)));
    }
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut connection).await.map_err(|source| failed(path, source))?;
    Ok(connection)
}

async fn connect(path: &Path) -> Result<SqliteConnection, CopyError> {
    open(path).await.map_err(|source| failed(path, source))
}

async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(1))
        .disable_statement_logging();
    options.connect().await
}

fn failed(path: &Path, source: sqlx::Error) -> CopyError {
    let code =
        source.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    let path = name(path);
    match code.map(|code| code & 0xff) {
        Some(BUSY) => CopyError::InUse(path),
        Some(CORRUPT | NO_DATABASE) => CopyError::Damaged { path, problem: source.to_string() },
        _ => CopyError::Sql { path, source },
    }
}

fn io_failed(path: &Path, source: io::Error) -> CopyError {
    CopyError::Io { path: name(path), source }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// SQLite takes names as text.
fn text(path: &Path) -> Result<&str, CopyError> {
    path.to_str().ok_or_else(|| io_failed(path, io::Error::other("the name is not in UTF-8")))
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut longer = path.as_os_str().to_owned();
    longer.push(ending);
    longer.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> Result<bool, CopyError> {
    path.try_exists().map_err(|source| io_failed(path, source))
}

fn present(path: &Path) -> Result<(), CopyError> {
    if exists(path)? { Ok(()) } else { Err(CopyError::Missing(name(path))) }
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}
