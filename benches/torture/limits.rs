//! A server that may have few files, or little memory.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    losses::{Engine, Stage},
    program::{self, Outcome, PEOPLE},
};

pub const FILES: &str = "64 files, 200 connections";
pub const MEMORY: &str = "1 GB of addresses, 600 logins at once";

/// Nobody new gets in while strangers hold all connections; then it goes on by itself.
pub async fn files(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    let mut server = server.within(&["prlimit", "--nofile=64:64"]);
    server.start();
    let place = Stage::place(&server, (50, 200), 0);
    let mut sessions = stage.gather(&place, 20).await;
    let trials = stage.options.trials;
    for _ in 0..trials {
        let at = server.address;
        let crowded = async {
            let mut strangers = Vec::new();
            for _ in 0..200 {
                // Those at the end find even the queue before the door full, and would wait for minutes.
                strangers.extend(timeout(Duration::from_millis(20), TcpStream::connect(at)).await);
            }
            sleep(Duration::from_secs(3)).await;
            drop(strangers);
            // It waits a second after it could not accept.
            sleep(Duration::from_secs(3)).await;
        };
        (sessions, ()) = stage.live(&place, sessions, crowded).await;
        sessions = stage.calm(&place, sessions).await;
    }
    if !server.is_running() {
        stage.tally.lost("the server ended");
    }
    stage.tally.print(name, trials)
}

/// Passwords are hashed in 19 MB each. Who finds the queue full is told to come back; those who are signed in notice nothing.
pub async fn memory(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    let mut server = server.within(&["prlimit", "--as=1073741824"]);
    server.start();
    let place = Stage::place(&server, (50, 200), 0);
    let mut sessions = stage.gather(&place, 20).await;
    let trials = stage.options.trials;
    let mut busy = 0;
    for _ in 0..trials {
        let (at, tally) = (server.address, Arc::clone(&stage.tally));
        let storm = async {
            let mut logins = JoinSet::new();
            for person in 0..600 {
                logins.spawn(program::login(at, PEOPLE[person % PEOPLE.len()]));
            }
            let mut refused = 0;
            for outcome in logins.join_all().await {
                match outcome {
                    Outcome::Granted(_) => tally.logged_in(),
                    // Or that so many for one name are too many.
                    Outcome::Later(503 | 429) => refused += 1,
                    other => tally.lost(&format!("a login in the storm: {other:?}")),
                }
            }
            refused
        };
        let refused;
        (sessions, refused) = stage.live(&place, sessions, storm).await;
        busy += refused;
        sessions = stage.calm(&place, sessions).await;
    }
    println!("    {busy} logins were told to come back; at most {} MB", server.peak_mb());
    if !server.is_running() {
        stage.tally.lost("the server ended");
    }
    stage.tally.print(name, trials)
}
