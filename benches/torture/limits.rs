//! A server that may have few files, or little memory.

use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    losses::{Engine, Stage},
    program::{self, Outcome, PEOPLE, Trouble},
    tally::Tally,
};

pub const FILES: &str = "64 files, 200 connections";
pub const MEMORY: &str = "addresses for one hash at a time, 300 logins at once";

/// Less than a hash takes, which is 19 MB.
const ROOM_MB: u64 = 18;
/// For each core: fewer than may wait for a hash.
const FEW: usize = 12;
const MANY: usize = 300;
const BEGUN: &str =
    "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{";

/// Nobody new gets in while strangers hold all connections; then it goes on by itself.
pub async fn files(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    let mut server = server.within(&["prlimit", "--nofile=64:64"]);
    server.start();
    let place = Stage::place(&server, (50, 200), 0);
    let mut sessions = stage.gather(&place, 20).await;
    let trials = stage.options.trials;
    for _ in 0..trials {
        let tally = Arc::clone(&stage.tally);
        let crowded = crowd_out(server.address, &tally);
        (sessions, ()) = stage.live(&place, sessions, crowded).await;
        sessions = stage.calm(&place, sessions).await;
    }
    if !server.is_running() {
        stage.tally.lost("the server ended");
    }
    stage.tally.print(name, trials)
}

async fn crowd_out(at: SocketAddr, tally: &Tally) {
    let mut strangers = Vec::new();
    for _ in 0..200 {
        // Those at the end find even the queue before the door full, and would wait for minutes.
        strangers.extend(timeout(Duration::from_millis(20), TcpStream::connect(at)).await);
    }
    sleep(Duration::from_secs(1)).await;
    // Whoever gets in is answered, whatever they show.
    let newcomer = timeout(Duration::from_secs(2), program::me(at, "nothing")).await;
    if !matches!(newcomer, Err(_) | Ok(Outcome::Silent(_))) {
        tally.lost("there were files enough for somebody new: the trial tries nothing");
    }
    drop(strangers);
    // It waits a second after it could not accept.
    sleep(Duration::from_secs(3)).await;
}

/// Passwords are hashed in 19 MB each, one on each core at a time. Who finds no memory for it, or the queue full, is told to come back; nobody who is signed in
/// is refused.
///
/// The server has the memory for one hash, which serves all that come one after the other, and for as many connections as come, and is left too little for
/// a second hash beside it, each time anew. Only hashes can be refused for want of memory: a process that finds none for a line of text ends, as all do that
/// are written in Rust.
pub async fn memory(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if cores == 1 {
        stage.options.leaves_out(name, "a single core hashes for one at a time anyway");
        return true;
    }
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (50, 200), 0);
    let mut sessions = Vec::new();
    for _ in 0..20 {
        sessions.extend(stage.gather(&place, 1).await);
    }
    begin_logins(server.address).await;
    sessions = stage.calm(&place, sessions).await;
    let trials = stage.options.trials;
    let mut all = 0;
    for _ in 0..trials {
        let (at, tally) = (server.address, Arc::clone(&stage.tally));
        let storm = async {
            server.leave_addresses(ROOM_MB);
            // The queue has room for all of these.
            let for_want_of_memory = log_in_at_once(at, FEW * cores, &tally).await;
            if for_want_of_memory == 0 {
                tally.lost("there was memory enough: the trial tries nothing");
            }
            server.leave_addresses(ROOM_MB);
            for_want_of_memory + log_in_at_once(at, MANY, &tally).await
        };
        let busy;
        (sessions, busy) = stage.live(&place, sessions, storm).await;
        all += busy;
        sessions = stage.calm(&place, sessions).await;
    }
    println!("    {all} logins were told to come back; at most {} MB", server.peak_mb());
    if !server.is_running() {
        stage.tally.lost("the server ended");
    }
    stage.tally.print(name, trials)
}

/// More connections than will come, which all ask for something and never come to the end. What they took stays with whoever allocates.
async fn begin_logins(at: SocketAddr) {
    let mut strangers = Vec::new();
    for _ in 0..2 * MANY {
        let Ok(mut stranger) = TcpStream::connect(at).await else { continue };
        let _ = stranger.write_all(BEGUN.as_bytes()).await;
        strangers.push(stranger);
    }
    sleep(Duration::from_secs(1)).await;
}

/// How many of them were told that the server is busy.
async fn log_in_at_once(at: SocketAddr, many: usize, tally: &Tally) -> usize {
    let mut logins = JoinSet::new();
    for person in 0..many {
        logins.spawn(program::login(at, PEOPLE[person % PEOPLE.len()]));
    }
    let mut busy = 0;
    for outcome in logins.join_all().await {
        match outcome {
            Outcome::Granted(_) => tally.logged_in(),
            Outcome::Later(Trouble { status: 503, says_when: true }) => busy += 1,
            // So many for one name are too many.
            Outcome::Later(Trouble { status: 429, .. }) => {}
            other => tally.lost(&format!("a login in the storm: {other:?}")),
        }
    }
    busy
}
