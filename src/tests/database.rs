//! What an app under test keeps its data in: a SQLite file or, where `POSTGRES_FOR_TESTS` names a PostgreSQL, a database of its own
//! there. So the same tests run on both.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;

use crate::store::{PostgresSettings, Store};

pub enum TestDatabase {
    File(TempDir),
    Postgres { url: String },
}

impl TestDatabase {
    pub async fn new() -> Self {
        match env::var("POSTGRES_FOR_TESTS") {
            Ok(server) => Self::on(&server).await,
            Err(_) => Self::file(),
        }
    }

    pub fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// For tests of several instances, which only PostgreSQL has.
    pub async fn shared() -> Self {
        let server = env::var("POSTGRES_FOR_TESTS");
        Self::on(&server.expect("run these tests by: scripts/postgres run cargo test --features ssr")).await
    }

    async fn on(server: &str) -> Self {
        let name = format!("test_{}", uuid::Uuid::from_u128(rand()).simple());
        let mut admin = PgConnection::connect(server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        let (server, _) = server.rsplit_once('/').unwrap();
        Self::Postgres { url: format!("{server}/{name}") }
    }

    pub async fn open(&self) -> Store {
        match self {
            Self::File(_) => Store::open(&self.path()).await.unwrap(),
            Self::Postgres { url } => connect(url, 5).await,
        }
    }

    pub async fn with_one_connection(&self) -> Store {
        connect(self.url(), 1).await
    }

    /// As when the database is about to be restarted.
    pub async fn end_connections(&self) {
        let mut admin = PgConnection::connect(self.url()).await.unwrap();
        let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'hallpass'";
        sqlx::query(end).execute(&mut admin).await.unwrap();
    }

    pub fn url(&self) -> &str {
        match self {
            Self::Postgres { url } => url,
            Self::File(_) => panic!("this test is about PostgreSQL"),
        }
    }

    pub fn path(&self) -> PathBuf {
        match self {
            Self::File(folder) => folder.path().join("hallpass.db"),
            Self::Postgres { .. } => panic!("this test is about a file"),
        }
    }

    /// What whoever can write to the database can do to it.
    pub async fn run(&self, sql: &'static str) {
        match self {
            Self::Postgres { url } => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
            Self::File(_) => {
                let mut connection =
                    SqliteConnection::connect(&format!("sqlite:{}", self.path().display())).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Every row of every table: the table, and the row as JSON.
    pub async fn rows(&self) -> BTreeSet<(String, String)> {
        let mut rows = BTreeSet::new();
        // Each engine writes the statements by itself, one for each table.
        match self {
            Self::File(_) => {
                let of_tables = "SELECT 'SELECT ''' || tables.name || ''', json_object(' ||
                    group_concat('''' || columns.name || ''', quote(\"' || columns.name || '\")') || ') FROM ' || tables.name
                    FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' GROUP BY tables.name";
                let mut connection = SqliteConnection::connect(self.path().to_str().unwrap()).await.unwrap();
                for of_table in sqlx::query(of_tables).fetch_all(&mut connection).await.unwrap() {
                    let of_table = sqlx::query(sqlx::AssertSqlSafe(of_table.get::<String, _>(0)));
                    let read = of_table.fetch_all(&mut connection).await.unwrap();
                    rows.extend(read.iter().map(|row| (row.get(0), row.get(1))));
                }
            }
            Self::Postgres { url } => {
                let of_tables =
                    "SELECT format('SELECT %L, to_jsonb(%I)::text FROM %I', tablename, tablename, tablename)
                    FROM pg_tables WHERE schemaname = 'public'";
                let mut connection = PgConnection::connect(url).await.unwrap();
                for of_table in sqlx::query(of_tables).fetch_all(&mut connection).await.unwrap() {
                    let of_table = sqlx::query(sqlx::AssertSqlSafe(of_table.get::<String, _>(0)));
                    let read = of_table.fetch_all(&mut connection).await.unwrap();
                    rows.extend(read.iter().map(|row| (row.get(0), row.get(1))));
                }
            }
        }
        rows
    }

    /// Everything that a thief of the database would have.
    pub async fn content(&self) -> Vec<u8> {
        let Self::Postgres { url } = self else { return fs::read(self.path()).unwrap() };
        let mut connection = PgConnection::connect(url).await.unwrap();
        let mut content = Vec::new();
        let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'";
        for table in sqlx::query(tables).fetch_all(&mut connection).await.unwrap() {
            // As bytes, so that a secret in a column of bytes is found as well.
            let table: String = table.get(0);
            let rows = format!("SELECT {table}::text, {table}.* FROM {table}");
            for row in sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap() {
                for column in 0..row.len() {
                    let raw = row.try_get_raw(column).unwrap();
                    content.extend_from_slice(raw.as_bytes().unwrap_or_default());
                }
            }
        }
        content
    }
}

async fn connect(url: &str, pool_size: u32) -> Store {
    let mut settings = PostgresSettings::of(url).unwrap();
    settings.pool_size = pool_size;
    Store::connect(&settings).await.unwrap()
}

fn rand() -> u128 {
    use crate::auth::rng::{Rng, SystemRng};
    let rng: &dyn Rng = &SystemRng;
    u128::from_be_bytes(rng.bytes())
}
