//! What everything is compared with, in the same run on the same machine.

use std::{
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use sqlx::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{
    Outcome,
    database::{Database, Engine},
    drive::Measured,
};

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

/// Hashes on every core at once, into memory that is used again: as fast as the machine can.
pub fn hashes(lasting: Duration) -> Measured {
    let end = Instant::now() + lasting;
    let hashing = || {
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

/// One connection that commits one row at a time.
pub async fn sqlite_commits(lasting: Duration) -> Outcome<Measured> {
    let folder = TempDir::with_prefix("hallpass-bench-")?;
    let database = table(&Engine::Sqlite, &folder).await?;
    let mut connection = database.sqlite().await?;
    let end = Instant::now() + lasting;
    let mut times = Vec::new();
    for row in (1..=ROWS).cycle() {
        let begin = Instant::now();
        sqlx::query(UPDATE).bind(row).execute(&mut connection).await?;
        if Instant::now() >= end {
            break;
        }
        times.push(begin.elapsed());
    }
    connection.close().await?;
    Ok(sorted(times))
}

/// So many connections, each of which commits one row at a time, and none the row of another.
pub async fn postgres_commits(engine: &Engine, connections: usize, lasting: Duration) -> Outcome<Measured> {
    let folder = TempDir::with_prefix("hallpass-bench-")?;
    let database = table(engine, &folder).await?;
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(database.postgres().await?);
    }
    let end = Instant::now() + lasting;
    let mut rounds = JoinSet::new();
    for (first, mut connection) in (1..=ROWS).zip(open) {
        rounds.spawn(async move {
            let mut times = Vec::new();
            for row in (first..=ROWS).step_by(connections).cycle() {
                let begin = Instant::now();
                sqlx::query(UPDATE).bind(row).execute(&mut connection).await?;
                if Instant::now() >= end {
                    break;
                }
                times.push(begin.elapsed());
            }
            Outcome::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(round) = rounds.join_next().await {
        times.extend(round??);
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
