//! Connections that say nothing, or say it very slowly.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    losses::{Engine, Stage},
    process::raise_file_limit,
    server::Server,
};

pub const IDLE: &str = "10,000 idle connections";
pub const SLOW: &str = "1,000 connections with a header or a byte of a body a second (slowloris)";
const IDLE_ONES: usize = 10_000;
/// For as many connections at either end, and what else there is.
const FILES: u64 = 11_000;
/// How long the server may take to accept all of them.
const ARRIVED: Duration = Duration::from_secs(10);
const SLOW_ONES: usize = 1000;
/// When the server must have had enough of one that never comes to the end.
const ENOUGH: Duration = Duration::from_secs(90);

/// Everybody else is answered at the first time of asking.
pub async fn idle(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let allowed = raise_file_limit();
    if allowed < FILES {
        let why = format!("it takes {FILES} open files and no more than {allowed} are allowed (ulimit -Hn)");
        stage.options.leaves_out(name, &why);
        return true;
    }
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (50, 200), 2);
    let sessions = stage.gather(&place, 40).await;
    // What it opens for itself it has open afterwards.
    let sessions = stage.calm(&place, sessions).await;
    sleep(Duration::from_secs(1)).await;
    let before = server.open_files();
    let strangers = strangers(&server, before + IDLE_ONES).await;
    let sessions = stage.calm(&place, sessions).await;
    let accepted = server.open_files().saturating_sub(before);
    let open = strangers.iter().filter(|stranger| is_open(stranger)).count().min(accepted);
    println!("    {open} of {IDLE_ONES} connections; the server has {} MB at most", server.peak_mb());
    if open < IDLE_ONES {
        stage.tally.lost(&format!("{open} connections were open to the end: the trial tries less than it says"));
    }
    drop(strangers);
    stage.calm(&place, sessions).await;
    stage.tally.print(name, 1)
}

/// Those who say nothing, when the server has so many files open that it has accepted all of them, or is taking too long over it.
async fn strangers(server: &Server, files: usize) -> Vec<TcpStream> {
    let mut strangers = Vec::new();
    for _ in 0..IDLE_ONES {
        strangers.extend(TcpStream::connect(server.address).await.ok());
    }
    let begin = Instant::now();
    while server.open_files() < files && begin.elapsed() < ARRIVED {
        sleep(Duration::from_millis(100)).await;
    }
    strangers
}

/// As far as this end has heard.
fn is_open(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
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
