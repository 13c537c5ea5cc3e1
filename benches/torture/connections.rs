//! Connections that say nothing, or say it very slowly.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use super::losses::{Engine, Stage};

pub const IDLE: &str = "10,000 idle connections";
pub const SLOW: &str = "1,000 connections with a header or a byte of a body a second (slowloris)";
const IDLE_ONES: usize = 10_000;
const SLOW_ONES: usize = 1000;
/// When the server must have had enough of one that never comes to the end.
const ENOUGH: Duration = Duration::from_secs(90);

/// Everybody else is answered at the first time of asking.
pub async fn idle(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (50, 200), 2);
    let sessions = stage.gather(&place, 40).await;
    let mut strangers = Vec::new();
    for _ in 0..IDLE_ONES {
        strangers.extend(TcpStream::connect(server.address).await.ok());
    }
    println!("    {} of {IDLE_ONES} connections; the server has {} MB at most", strangers.len(), server.peak_mb());
    let sessions = stage.calm(&place, sessions).await;
    drop(strangers);
    stage.calm(&place, sessions).await;
    stage.tally.print(name, 1)
}

pub async fn slow(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (50, 200), 2);
    let sessions = stage.gather(&place, 40).await;
    let mut slow_ones = JoinSet::new();
    for _ in 0..SLOW_ONES / 2 {
        slow_ones.spawn(trickle(server.address, "GET /livez HTTP/1.1\r\nHost: localhost\r\n", "X-Slow: 1\r\n"));
        let head = "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n";
        slow_ones.spawn(trickle(server.address, head, " "));
    }
    let sessions = stage.calm(&place, sessions).await;
    let tally = Arc::clone(&stage.tally);
    let (_, ended) = stage.live(&place, sessions, slow_ones.join_all()).await;
    let longest = ended.iter().flatten().max();
    println!("    the server had enough of them after {longest:?} at most");
    for _ in ended.iter().filter(|ended| ended.is_none()) {
        tally.lost("a connection was still open that never came to the end");
    }
    stage.tally.print(name, 1)
}

/// How long the server put up with it; `None`: for longer than is waited.
async fn trickle(at: SocketAddr, head: &str, drop: &str) -> Option<Duration> {
    let begin = Instant::now();
    let mut stream = TcpStream::connect(at).await.ok()?;
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    while begin.elapsed() < ENOUGH {
        // The server says something, or closes.
        if timeout(Duration::from_secs(1), stream.read_buf(&mut answer)).await.is_ok() {
            return Some(begin.elapsed());
        }
        if stream.write_all(drop.as_bytes()).await.is_err() {
            return Some(begin.elapsed());
        }
    }
    None
}
