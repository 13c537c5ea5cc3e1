//! Hallpass as an operator runs it: the release binary, a data folder, a database that outlives the process.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    Outcome,
    database::{Database, Engine},
    http::Connection,
    process::Server,
    visitor::Visitor,
};

/// Of the server under test, so that the benchmark can make tokens that it takes for its own.
pub const SECRET: &str = "only for the benchmark: 0123456789";

pub struct Home {
    folder: TempDir,
    pub database: Database,
    pub postmaster: Option<u32>,
}

impl Home {
    /// With tables and a signing key, and nobody in them.
    pub async fn new(engine: &Engine) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("hallpass-bench-").tempdir()?;
        let database = engine.database(folder.path()).await?;
        let home = Self { folder, database, postmaster: engine.postmaster().await? };
        home.serve(&[]).await?.0.stop();
        Ok(home)
    }

    /// Serves, and how long it took from the start until it was ready.
    pub async fn serve(&self, settings: &[(&str, &str)]) -> Outcome<(Server, Duration)> {
        let start = Instant::now();
        let server = Server::start(
            Command::new(env::current_dir()?.join("target/release/hallpass"))
                // Nothing of the surroundings: a variable that the server does not know is refused.
                .env_clear()
                .env("HALLPASS_ADDR", "127.0.0.1:0")
                .env("HALLPASS_DATA_DIR", self.folder.path())
                .env("HALLPASS_DATABASE_URL", &self.database.url)
                .env("HALLPASS_SECRET", SECRET)
                .env("RUST_LOG", "warn,hallpass::server=info,hallpass::server::telemetry=off")
                .envs(settings.iter().copied()),
        )?;
        let mut ready = Visitor::get("/readyz");
        ready.take(&Connection::open(&server.address).await?.ask(ready.clone().request()).await?)?;
        Ok((server, start.elapsed()))
    }
}
