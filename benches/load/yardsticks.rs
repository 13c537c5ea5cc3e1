//! What everything is compared with, in the same run on the same machine.

use std::{
    env,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hallpass::auth::hasher::give_way;
use sqlx::{PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::task::{JoinSet, spawn_blocking};

use super::{
    Outcome,
    database::{Database, Engine},
    drive::{Crew, Measured},
    process::Server,
    visitor::Visitor,
};

/// The options of processes that are yardsticks.
pub const BARE_SERVER: &str = "--bare-route";
pub const BARE_HASHES: &str = "--bare-hashes";

pub const BARE_ROUTE: &str = "a bare axum route";

/// As many rows as there are sessions by default.
const ROWS: i64 = 4_000;

/// Axum, and two bytes. Runs in a process of its own until it is ended.
pub async fn bare_route() -> Outcome<()> {
    use axum::serve::ListenerExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("{{\"message\":\"listening\",\"address\":\"{}\"}}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "ok" }));
    Ok(axum::serve(listener, router).await?)
}

/// With the server's parameters.
pub fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes on every core at once, into memory that is used again, in pages as a program gets them that does not ask for others.
pub fn hashes(lasting: Duration) -> Measured {
    hashes_on(lasting, || ())
}

/// The same on threads that give way to all others, as the server's do.
pub async fn hashes_giving_way(lasting: Duration) -> Outcome<Measured> {
    Ok(spawn_blocking(move || hashes_on(lasting, give_way)).await?)
}

/// The same in a process of its own that asks for large pages, as the server does. How many a second.
pub fn hashes_in_large_pages(lasting: Duration) -> Outcome<f64> {
    let done = Command::new(env::current_exe()?)
        .args([BARE_HASHES, &lasting.as_secs().to_string()])
        .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
        .output()?;
    Ok(String::from_utf8(done.stdout)?.trim().parse()?)
}

fn hashes_on(lasting: Duration, begin: fn()) -> Measured {
    let end = Instant::now() + lasting;
    let hashing = || {
        begin();
        let argon2 = argon2();
        let mut memory = vec![Block::default(); argon2.params().block_count()];
        let mut times = Vec::new();
        loop {
            let begin = Instant::now();
            let mut hash = [0; 32];
            let done =
                argon2.hash_password_into_with_memory(b"a kettle of purple fish", &[7; 16], &mut hash, &mut memory);
            done.expect("the parameters fit");
            if Instant::now() >= end {
                return times;
            }
            times.push(begin.elapsed());
        }
    };
    let cores = thread::available_parallelism().map_or(1, Into::into);
    let times = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(hashing)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("hashing does not panic")).collect()
    });
    sorted(times)
}

/// What a row is held against, made ready to take turns with it.
pub enum Yardstick {
    /// Whoever is asked, and by whom; the server if it runs for that alone.
    Asked {
        name: &'static str,
        crew: Crew,
        _server: Option<Server>,
    },
    Hashes,
    SqliteCommits {
        connection: SqliteConnection,
        _folder: TempDir,
    },
    /// Each connection commits rows of its own.
    PostgresCommits {
        connections: Vec<PgConnection>,
        _folder: TempDir,
    },
}

impl Yardstick {
    /// The bare axum route, asked over so many connections.
    pub async fn bare_route(connections: usize) -> Outcome<Self> {
        let server = bare_server()?;
        let crew = Crew::new(&server.address, connections, vec![Visitor::get("/"); connections]).await?;
        Ok(Self::Asked { name: BARE_ROUTE, crew, _server: Some(server) })
    }

    /// Durable commits of one row each: over one connection on SQLite, over so many on PostgreSQL.
    pub async fn commits(engine: &Engine, connections: usize) -> Outcome<Self> {
        let folder = TempDir::with_prefix("hallpass-bench-")?;
        let database = table(engine, &folder).await?;
        if let Engine::Sqlite = engine {
            return Ok(Self::SqliteCommits { connection: database.sqlite().await?, _folder: folder });
        }
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(database.postgres().await?);
        }
        Ok(Self::PostgresCommits { connections: open, _folder: folder })
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Asked { name, .. } => name,
            Self::Hashes => "bare argon2 on all cores",
            Self::SqliteCommits { .. } | Self::PostgresCommits { .. } => "bare commits of one row",
        }
    }

    /// How many a second.
    pub async fn turn(&mut self, lasting: Duration) -> Outcome<f64> {
        let measured = match self {
            Self::Asked { crew, .. } => crew.closed(lasting, || ()).await?,
            Self::Hashes => hashes(lasting),
            Self::SqliteCommits { connection, .. } => sqlite_commits(connection, lasting).await?,
            Self::PostgresCommits { connections, .. } => postgres_commits(connections, lasting).await?,
        };
        Ok(measured.per_second(lasting))
    }
}

/// Starts the bare axum route in a process of its own.
pub fn bare_server() -> Outcome<Server> {
    Server::start(Command::new(env::current_exe()?).arg(BARE_SERVER))
}

/// One connection that commits one row at a time.
async fn sqlite_commits(connection: &mut SqliteConnection, lasting: Duration) -> Outcome<Measured> {
    let end = Instant::now() + lasting;
    let mut times = Vec::new();
    for row in (1..=ROWS).cycle() {
        let begin = Instant::now();
        sqlx::query(UPDATE).bind(row).execute(&mut *connection).await?;
        if Instant::now() >= end {
            break;
        }
        times.push(begin.elapsed());
    }
    Ok(sorted(times))
}

/// Connections each of which commits one row at a time, and none the row of another.
async fn postgres_commits(connections: &mut Vec<PgConnection>, lasting: Duration) -> Outcome<Measured> {
    let apart = connections.len();
    let end = Instant::now() + lasting;
    let mut rounds = JoinSet::new();
    for (first, mut connection) in (1..=ROWS).zip(connections.drain(..)) {
        rounds.spawn(async move {
            let mut times = Vec::new();
            for row in (first..=ROWS).step_by(apart).cycle() {
                let begin = Instant::now();
                sqlx::query(UPDATE).bind(row).execute(&mut connection).await?;
                if Instant::now() >= end {
                    break;
                }
                times.push(begin.elapsed());
            }
            Outcome::Ok((connection, times))
        });
    }
    let mut times = Vec::new();
    while let Some(round) = rounds.join_next().await {
        let (connection, its) = round??;
        connections.push(connection);
        times.extend(its);
    }
    Ok(sorted(times))
}

const UPDATE: &str = "UPDATE bare SET count = count + 1 WHERE id = $1";

/// Rows about as long as a session's.
async fn table(engine: &Engine, folder: &TempDir) -> Outcome<Database> {
    let database = engine.database(folder.path()).await?;
    let create = "CREATE TABLE bare (id BIGINT NOT NULL PRIMARY KEY, count BIGINT NOT NULL, rest TEXT NOT NULL);";
    let rows: Vec<String> = (1..=ROWS).map(|row| format!("({row}, 0, '{:x<300}')", "")).collect();
    database.execute(format!("{create} INSERT INTO bare VALUES {}", rows.join(", "))).await?;
    database.settle().await?;
    Ok(database)
}

fn sorted(mut times: Vec<Duration>) -> Measured {
    times.sort_unstable();
    Measured { times, refused: 0 }
}
