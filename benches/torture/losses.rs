//! One server, on SQLite and on PostgreSQL, to which something happens: what it has acknowledged stays, and nobody honest is refused.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    chance::Chance,
    clocks::{self, Whose},
    connections,
    crowd::{Place, gather, live},
    graceful, kills, limits,
    options::Options,
    postgres::{Postgres, at},
    program::Tokens,
    server::Server,
    storage,
    tally::Tally,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// What every trial here is made of.
pub struct Stage<'a> {
    pub options: &'a Options,
    postgres: &'a Postgres,
    pub folder: PathBuf,
    pub tally: Arc<Tally>,
    pub chance: Chance,
}

/// Whether nothing was lost.
pub async fn run(options: &Options, postgres: &Postgres, folder: &Path) -> bool {
    let mut good = true;
    let mut number = 0;
    let mut stage = |name: &str, quick: bool| {
        number += 1;
        let folder = folder.join(format!("loss-{number}"));
        let chance = Chance::new(options.seed + number);
        options.wants(name, quick).then(|| Stage { options, postgres, folder, tally: Arc::default(), chance })
    };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let name_of = |fault: &str| format!("{fault}, {}", engine.name());
        let name = name_of("killed at any moment");
        if let Some(stage) = stage(&name, true) {
            good &= kills::run(stage, engine, &name).await;
        }
        let name = name_of("stopped by SIGTERM under load");
        if let Some(stage) = stage(&name, false) {
            good &= graceful::run(stage, engine, &name).await;
        }
        let name = name_of(storage::FULL);
        if let Some(stage) = stage(&name, true) {
            good &= storage::full(stage, engine, &name).await;
        }
        let name = name_of(limits::FILES);
        if let Some(stage) = stage(&name, false) {
            good &= limits::files(stage, engine, &name).await;
        }
        let name = name_of(limits::MEMORY);
        if let Some(stage) = stage(&name, false) {
            good &= limits::memory(stage, engine, &name).await;
        }
        let name = name_of(connections::IDLE);
        if let Some(stage) = stage(&name, false) {
            good &= connections::idle(stage, engine, &name).await;
        }
        let name = name_of(connections::SLOW);
        if let Some(stage) = stage(&name, false) {
            good &= connections::slow(stage, engine, &name).await;
        }
        let name = name_of(clocks::OF_SERVER);
        if let Some(stage) = stage(&name, false) {
            good &= clocks::jumps(stage, Whose::Server(engine), &name).await;
        }
    }
    if let Some(stage) = stage(clocks::OF_DATABASE, false) {
        good &= clocks::jumps(stage, Whose::Database, clocks::OF_DATABASE).await;
    }
    if let Some(stage) = stage(storage::READ_ONLY, false) {
        good &= storage::read_only(stage).await;
    }
    good
}

impl Stage<'_> {
    /// A server with its accounts, not started yet.
    pub async fn server(&self, engine: Engine, settings: &[(&str, &str)]) -> Server {
        match engine {
            Engine::Sqlite => self.with_people(None, settings),
            Engine::Postgres => {
                let database = self.database();
                self.postgres.create(&database).await;
                self.with_people(Some(&self.url(&database)), settings)
            }
        }
    }

    /// The same with another database.
    pub fn server_with(&self, url: &str, settings: &[(&str, &str)]) -> Server {
        self.with_people(Some(url), settings)
    }

    /// The same on PostgreSQL, with its tables in this folder.
    pub async fn server_on_disk(&self, folder: &Path, settings: &[(&str, &str)]) -> Server {
        let database = self.database();
        self.postgres.create_on_disk(&database, folder).await;
        self.with_people(Some(&self.url(&database)), settings)
    }

    /// Before the disk goes: PostgreSQL would miss it.
    pub async fn leave_disk(&self) {
        self.postgres.drop_from_disk(&self.database()).await;
    }

    fn database(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().replace('-', "_")
    }

    fn url(&self, database: &str) -> String {
        at(self.postgres.address(), database)
    }

    fn with_people(&self, url: Option<&str>, settings: &[(&str, &str)]) -> Server {
        let mut server = Server::new(self.folder.clone(), settings);
        if let Some(url) = url {
            server.set("HALLPASS_DATABASE_URL", url);
        }
        server.add_people();
        server
    }

    pub fn place(server: &Server, pace: (u64, u64), leavers: usize) -> Place {
        Place { entry: server.address, instances: vec![server.address], pace, leavers }
    }

    pub async fn gather(&self, place: &Place, many: usize) -> Vec<Tokens> {
        gather(place, many, &self.tally).await
    }

    pub async fn live<T>(
        &mut self,
        place: &Place,
        sessions: Vec<Tokens>,
        fault: impl Future<Output = T>,
    ) -> (Vec<Tokens>, T) {
        live(place, sessions, &self.tally, &mut self.chance, fault).await
    }

    /// A while without a fault, in which everybody must be answered.
    pub async fn calm(&mut self, place: &Place, sessions: Vec<Tokens>) -> Vec<Tokens> {
        let before = self.tally.asked_again();
        let (sessions, ()) = self.live(place, sessions, tokio::time::sleep(Duration::from_secs(2))).await;
        if self.tally.asked_again() > before {
            self.tally.lost("it did not go on when the fault was over");
        }
        sessions
    }
}
