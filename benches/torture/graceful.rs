//! SIGTERM while requests are under way: what it has accepted it answers.

use std::time::Duration;

use tokio::{task::JoinSet, time::sleep};

use super::{
    losses::{Engine, Stage},
    program::{self, Outcome, PEOPLE},
};

/// Logins wait for each other's hashes, so most of these are under way when the signal comes.
const LOGINS: usize = 24;
/// What was sent so long before the signal has been accepted. What comes at the last moment may find nobody at the door.
const ACCEPTED: Duration = Duration::from_millis(150);

pub async fn run(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let trials = stage.options.trials;
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (50, 200), 2);
    let sessions = stage.gather(&place, 40).await;
    let tally = std::sync::Arc::clone(&stage.tally);
    let (sessions, ()) = stage
        .live(&place, sessions, async {
            for _ in 0..trials {
                let mut under_way = JoinSet::new();
                for person in 0..LOGINS {
                    under_way.spawn(program::login(server.address, PEOPLE[person % PEOPLE.len()]));
                }
                sleep(ACCEPTED).await;
                server.stop();
                server.start();
                for outcome in under_way.join_all().await {
                    match outcome {
                        Outcome::Granted(_) => tally.logged_in(),
                        other => tally.lost(&format!("a login that a stopping server had accepted: {other:?}")),
                    }
                }
            }
        })
        .await;
    stage.calm(&place, sessions).await;
    stage.tally.print(name, trials)
}
