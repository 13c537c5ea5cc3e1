//! A database of its own for each server, filled in SQL that both engines take.

use std::{
    fmt::Write,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

use super::{Outcome, process};

pub const SQLITE: &str = "SQLite";
pub const POSTGRES: &str = "PostgreSQL";

/// What keeps the data.
#[derive(Clone, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    /// The URL of a superuser.
    Postgres(String),
}

#[derive(Clone)]
pub struct Database {
    engine: Engine,
    /// As `HALLPASS_DATABASE_URL`.
    pub url: String,
}

impl Engine {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => SQLITE,
            Self::Postgres(_) => POSTGRES,
        }
    }

    /// A new database: an empty one, or a file in the folder that is yet to be made.
    pub async fn database(&self, folder: &Path) -> Outcome<Database> {
        let url = match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("hallpass.db").display()),
            Self::Postgres(superuser) => {
                static NEXT: AtomicU32 = AtomicU32::new(1);
                let name = format!("bench_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                let sql = format!("CREATE DATABASE {name}");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut PgConnection::connect(superuser).await?).await?;
                let (server, _) = superuser.rsplit_once('/').ok_or("the URL names no database")?;
                format!("{server}/{name}")
            }
        };
        Ok(Database { engine: self.clone(), url })
    }

    /// The process that all of the server's are children of.
    pub async fn postmaster(&self) -> Outcome<Option<u32>> {
        let Self::Postgres(superuser) = self else { return Ok(None) };
        let mut connection = PgConnection::connect(superuser).await?;
        let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        Ok(process::parent(own.try_into()?))
    }
}

impl Database {
    pub async fn execute(&self, sql: String) -> Outcome<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match &self.engine {
            Engine::Sqlite => sql.execute(&mut self.sqlite().await?).await.map(drop)?,
            Engine::Postgres(_) => sql.execute(&mut self.postgres().await?).await.map(drop)?,
        }
        Ok(())
    }

    /// As the server writes: every commit is on disk before it is answered.
    pub async fn sqlite(&self) -> Outcome<SqliteConnection> {
        let options = SqliteConnectOptions::new()
            .filename(self.url.trim_start_matches("sqlite:"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        Ok(options.disable_statement_logging().connect().await?)
    }

    pub async fn postgres(&self) -> Outcome<PgConnection> {
        Ok(PgConnection::connect(&self.url).await?)
    }

    /// An id, as the engine writes it.
    pub fn id(&self, id: Uuid) -> String {
        match self.engine {
            Engine::Sqlite => format!("x'{}'", id.simple()),
            Engine::Postgres(_) => format!("'{id}'"),
        }
    }

    /// Bytes, as the engine writes them.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        let mut hex = String::new();
        for byte in bytes {
            let _ = write!(hex, "{byte:02x}");
        }
        match self.engine {
            Engine::Sqlite => format!("x'{hex}'"),
            Engine::Postgres(_) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// An id out of hexadecimal digits that SQL puts together.
    pub fn id_of_hex(&self, digits: &str) -> String {
        match self.engine {
            Engine::Sqlite => format!("unhex({digits})"),
            Engine::Postgres(_) => format!("CAST({digits} AS uuid)"),
        }
    }

    /// Random hexadecimal digits, 32 of them.
    pub fn random_hex(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite => "lower(hex(randomblob(16)))",
            Engine::Postgres(_) => "replace(CAST(gen_random_uuid() AS text), '-', '')",
        }
    }

    /// A number in hexadecimal digits, with zeros in front.
    pub fn hex(&self, number: &str, digits: usize) -> String {
        match self.engine {
            Engine::Sqlite => format!("printf('%0{digits}x', {number})"),
            Engine::Postgres(_) => format!("lpad(to_hex({number}), {digits}, '0')"),
        }
    }

    /// Leaves nothing of a large change to be done later, under the load.
    pub async fn settle(&self) -> Outcome<()> {
        match self.engine {
            Engine::Sqlite => self.execute("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await,
            Engine::Postgres(_) => {
                self.execute("VACUUM ANALYZE".to_owned()).await?;
                self.execute("CHECKPOINT".to_owned()).await
            }
        }
    }
}
