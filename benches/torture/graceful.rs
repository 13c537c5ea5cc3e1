//! SIGTERM while requests are under way: what it has read it answers. [`Silence`](super::http::Silence) says how a client can know.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    losses::{Engine, Stage},
    program::{self, Outcome, PEOPLE},
    server::Server,
    tally::Tally,
};

/// Logins wait for each other's hashes, so most of these are under way when the signal comes.
const LOGINS: usize = 24;
/// Time for all of them to be read.
const READ: Duration = Duration::from_millis(150);

pub async fn run(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let trials = stage.options.trials;
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (50, 200), 2);
    let sessions = stage.gather(&place, 40).await;
    let tally = Arc::clone(&stage.tally);
    let (sessions, ()) = stage
        .live(&place, sessions, async {
            for _ in 0..trials {
                stop_under_logins(&mut server, &tally).await;
            }
        })
        .await;
    for _ in 0..tally.unanswered() {
        tally.lost("a stopping server had read a request, and did not answer it");
    }
    stage.calm(&place, sessions).await;
    stage.tally.print(name, trials)
}

async fn stop_under_logins(server: &mut Server, tally: &Tally) {
    let mut under_way = JoinSet::new();
    for person in 0..LOGINS {
        let login = program::login(server.address, PEOPLE[person % PEOPLE.len()]);
        under_way.spawn(async move { (login.await, Instant::now()) });
    }
    sleep(READ).await;
    let signalled = Instant::now();
    server.stop();
    server.start();
    let mut seen_through = 0;
    for (outcome, answered) in under_way.join_all().await {
        match outcome {
            Outcome::Granted(_) => {
                tally.logged_in();
                seen_through += usize::from(answered > signalled);
            }
            // Whoever sent it may ask again. The others are counted with those of the crowd.
            Outcome::Silent(silence) => tally.silent(silence),
            other => tally.lost(&format!("a login that a stopping server had read: {other:?}")),
        }
    }
    if seen_through == 0 {
        tally.lost("no login was under way when the signal came: the trial tries nothing");
    }
}
