//! A look at a database that changes nothing: no file is made, and nobody waits for it.

use std::{fs, io, path::Path};

use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::time::timeout;

use super::{OpenError, PostgresError, PostgresSettings, migrations, sqlite};

const VERSIONS: &str = "SELECT version FROM _sqlx_migrations ORDER BY version";

/// How far the tables of a database are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The last migration that was carried out; `None`: there are no tables yet.
    pub found: Option<i64>,
    /// The last one that this version knows.
    pub known: i64,
    /// How many of those that it knows are still to be carried out.
    pub missing: usize,
}

impl Tables {
    /// `None`: there is no file.
    pub async fn in_file(path: &Path) -> Result<Option<Self>, OpenError> {
        let name = path.display().to_string();
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(OpenError::File { path: name, source }),
        };
        if found.permissions().readonly() {
            return Err(OpenError::ReadOnly { path: name });
        }
        let versions = versions_in(path).await.map_err(|source| sqlite::classify(source, &name))?;
        let newer = |found| OpenError::Newer { path: name, found, known: migrations::newest() };
        Self::of(&versions).map(Some).map_err(newer)
    }

    pub async fn in_postgres(settings: &PostgresSettings) -> Result<Self, PostgresError> {
        let answer = timeout(settings.connect_timeout + settings.statement_timeout, versions_at(settings)).await;
        let versions = answer
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
            .map_err(|source| PostgresError::Unusable { place: settings.place(), source })?;
        let newer = |found| PostgresError::Newer { place: settings.place(), found, known: migrations::newest() };
        Self::of(&versions).map_err(newer)
    }

    /// Or the migration that is not known.
    fn of(versions: &[i64]) -> Result<Self, i64> {
        match versions.iter().find(|version| !migrations::is_known(**version)) {
            Some(unknown) => Err(*unknown),
            None => Ok(Self {
                found: versions.last().copied(),
                known: migrations::newest(),
                missing: migrations::how_many() - versions.len(),
            }),
        }
    }
}

async fn versions_in(path: &Path) -> Result<Vec<i64>, sqlx::Error> {
    // Where nobody has the database open, all of it is in its file, and it is read as a file: SQLite would lay others beside it.
    let mut index = path.as_os_str().to_owned();
    index.push("-shm");
    let in_use = Path::new(&index).exists();
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(!in_use);
    let mut connection: SqliteConnection = options.disable_statement_logging().connect().await?;
    let there = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let there: i64 = sqlx::query_scalar(there).fetch_one(&mut connection).await?;
    let versions = match there {
        0 => Vec::new(),
        _ => sqlx::query_scalar(VERSIONS).fetch_all(&mut connection).await?,
    };
    connection.close().await?;
    Ok(versions)
}

async fn versions_at(settings: &PostgresSettings) -> Result<Vec<i64>, sqlx::Error> {
    let mut connection = PgConnection::connect_with(&settings.options).await?;
    let there = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let there: bool = sqlx::query_scalar(there).fetch_one(&mut connection).await?;
    let versions = if there { sqlx::query_scalar(VERSIONS).fetch_all(&mut connection).await? } else { Vec::new() };
    connection.close().await?;
    Ok(versions)
}
