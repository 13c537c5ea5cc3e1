//! SIGTERM while requests are under way: what it has read it answers. [`Silence`](super::http::Silence) says how a client can know.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    http::{Answer, Kept, Request, Silence},
    losses::{Engine, Stage},
    program::{self, Outcome, PEOPLE},
    server::Server,
    tally::Tally,
};

/// Logins wait for each other's hashes, so most of these are under way when the signal comes.
const LOGINS: usize = 24;
/// Connections that somebody keeps and asks over without a pause, and as many over which nobody asks any more.
const KEPT: usize = 16;
/// By then it has done what it had read. It gives up by itself after 30 s.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
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
    let mut asking = JoinSet::new();
    for _ in 0..KEPT {
        asking.spawn(ask_until_it_ends(server.address));
    }
    let idle = kept_idle(server.address).await;
    if idle.len() < KEPT {
        tally.lost("a connection could not be kept");
    }
    sleep(READ).await;
    let signalled = Instant::now();
    server.stop();
    if signalled.elapsed() > STOPPED_WITHIN {
        tally.lost("a stopping server waited for connections over which nobody asked");
    }
    server.start();
    drop(idle);
    for (answers, silence) in asking.join_all().await {
        // Unread is how it ends for whoever asks on and on.
        if silence != Silence::Unread {
            tally.silent(silence);
        }
        if answers == 0 {
            tally.lost("nobody was answered over a connection that is kept: the trial tries nothing");
        }
    }
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

/// How often somebody was answered who keeps their connection, and why they were not answered any more.
async fn ask_until_it_ends(at: SocketAddr) -> (usize, Silence) {
    let mut answers = 0;
    let mut connection = match Kept::open(at).await {
        Ok(connection) => connection,
        Err(silence) => return (answers, silence),
    };
    loop {
        // By somebody who is not signed in, so that it is answered at once, and the next asked.
        match connection.ask(&ME).await {
            Ok(Answer { status: 401, .. }) => answers += 1,
            Ok(_) => return (answers, Silence::Dropped),
            Err(silence) => return (answers, silence),
        }
    }
}

async fn kept_idle(at: SocketAddr) -> Vec<Kept> {
    let mut idle = Vec::new();
    for _ in 0..KEPT {
        if let Ok(mut connection) = Kept::open(at).await
            && connection.ask(&ME).await.is_ok()
        {
            idle.push(connection);
        }
    }
    idle
}

const ME: Request<'_> = Request { method: "GET", path: "/api/v1/me", bearer: None, body: None };
