//! The PostgreSQL that `scripts/postgres` keeps running while this program does: databases in it, and faults of it.

use std::{
    env, fs,
    net::SocketAddr,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
    time::Duration,
};

use sqlx::{Connection, PgConnection};

use super::process::{signal, wait_for};

pub struct Postgres {
    url: String,
    /// Its first line is the server's process, its last says whether it is ready.
    process_file: String,
}

impl Postgres {
    /// `None`: this program was started without one.
    pub fn here() -> Option<Self> {
        let url = env::var("POSTGRES_FOR_TESTS").ok()?;
        Some(Self { url, process_file: env::var("POSTGRES_FOR_TESTS_PROCESS").ok()? })
    }

    /// Makes an empty database.
    pub async fn create(&self, name: &str) {
        self.run(&[format!("CREATE DATABASE {name}")]).await;
    }

    /// Makes an empty database whose tables are in this folder. Only root can, who may give the folder to whom the server runs as.
    pub async fn create_on_disk(&self, name: &str, folder: &Path) {
        let owner = fs::metadata(format!("/proc/{}", self.process())).unwrap();
        chown(folder, Some(owner.uid()), Some(owner.gid())).unwrap();
        let space = format!("CREATE TABLESPACE {name} LOCATION '{}'", folder.display());
        self.run(&[space, format!("CREATE DATABASE {name} TABLESPACE {name}")]).await;
    }

    pub async fn drop_from_disk(&self, name: &str) {
        self.run(&[format!("DROP DATABASE {name} WITH (FORCE)"), format!("DROP TABLESPACE {name}")]).await;
    }

    async fn run(&self, statements: &[String]) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        for statement in statements {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement.as_str())).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    pub fn address(&self) -> SocketAddr {
        let host = self.url.split('@').nth(1).and_then(|rest| rest.split('/').next());
        host.and_then(|host| host.parse().ok()).expect("an address and a port")
    }

    /// Ends its connections and its processes, in an orderly way. The script starts it again.
    pub fn restart(&self) {
        self.end_by("INT");
    }

    /// Ends its processes where they are, as when it fails: what was committed must come back out of its log.
    pub fn crash(&self) {
        self.end_by("QUIT");
    }

    /// Whether what begins from now on may write.
    pub async fn may_write(&self, may: bool) {
        let only_read = if may { "off" } else { "on" };
        self.run(&[
            "SET default_transaction_read_only = off".to_owned(),
            format!("ALTER SYSTEM SET default_transaction_read_only = {only_read}"),
            "SELECT pg_reload_conf()".to_owned(),
        ])
        .await;
    }

    fn end_by(&self, how: &str) {
        let before = self.process();
        signal(how, &[before]);
        wait_for("PostgreSQL that restarts", Duration::from_secs(30), || {
            self.process() != before && self.status().lines().any(|line| line.starts_with("ready"))
        });
    }

    /// Stops all of its processes where they are. The first one first, so that no more come.
    pub fn pause(&self) -> Vec<u32> {
        let first = self.process();
        signal("STOP", &[first]);
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        let children: Vec<u32> = children.split_whitespace().filter_map(|child| child.parse().ok()).collect();
        signal("STOP", &children);
        children.into_iter().chain([first]).collect()
    }

    fn process(&self) -> u32 {
        self.status().lines().next().and_then(|line| line.parse().ok()).unwrap_or(0)
    }

    fn status(&self) -> String {
        fs::read_to_string(&self.process_file).unwrap_or_default()
    }
}

/// The URL of a database, at the server or at something that stands before it.
pub fn at(address: SocketAddr, name: &str) -> String {
    format!("postgres://postgres@{address}/{name}")
}
