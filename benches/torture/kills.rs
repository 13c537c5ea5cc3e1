//! SIGKILL in a loop under refreshes, logins and logouts. What was answered is there after the restart.

use std::sync::Arc;

use tokio::{sync::Mutex, task::JoinSet, time::sleep};

use super::{
    losses::{Engine, Stage},
    program::{self, Outcome, Tokens},
    server::Server,
    tally::Tally,
};

const STAYING: usize = 40;
/// Sessions that begin and end all the time, beside those that watch for a while after they have left.
const COMING: usize = 6;
/// How many of those who left last are asked after each restart.
const ASKED: usize = 30;

pub async fn run(mut stage: Stage<'_>, engine: Engine, name: &str) -> bool {
    let mut server = stage.server(engine, &[("HALLPASS_ROTATION_SETTLE", "1s")]).await;
    server.start();
    let place = Stage::place(&server, (20, 120), COMING);
    let sessions = stage.gather(&place, STAYING).await;
    let kills = stage.options.kills;
    let mut moments = stage.chance.fork();
    let tally = Arc::clone(&stage.tally);
    let left = Arc::new(Mutex::new(Vec::new()));
    let (sessions, ()) = stage
        .live(&place, sessions, async {
            for _ in 0..kills {
                let leaving = tokio::spawn(leave_at_once(server.address, Arc::clone(&left), Arc::clone(&tally)));
                sleep(moments.between(150, 600)).await;
                server.kill();
                server.start();
                leaving.await.unwrap();
                all_stay_away(&server, &mut *left.lock().await, &tally).await;
            }
        })
        .await;
    stage.calm(&place, sessions).await;
    server.stop();
    stage.tally.print(name, kills)
}

/// Signs in and out until the server is gone; keeps those whose logout was answered.
async fn leave_at_once(at: std::net::SocketAddr, left: Arc<Mutex<Vec<Tokens>>>, tally: Arc<Tally>) {
    for _ in 0..50 {
        let Outcome::Granted(tokens) = program::login(at, "grace").await else { return };
        tally.logged_in();
        if program::logout(at, &tokens.refresh).await != Outcome::Granted(()) {
            return;
        }
        tally.revoked();
        left.lock().await.push(tokens);
    }
}

/// Those who left last are still away, by either token.
async fn all_stay_away(server: &Server, left: &mut Vec<Tokens>, tally: &Arc<Tally>) {
    left.drain(..left.len().saturating_sub(ASKED));
    let mut asked = JoinSet::new();
    for tokens in left.iter().cloned() {
        let at = server.address;
        asked.spawn(async move {
            let lives = matches!(program::refresh(at, &tokens.refresh).await, Outcome::Granted(_));
            (lives, program::me(at, &tokens.access).await == Outcome::Granted(()))
        });
    }
    for (lives, accepted) in asked.join_all().await {
        if lives {
            tally.lost("an answered logout was gone after the restart");
        }
        if accepted {
            tally.revoked_accepted("an access token of an ended session was accepted after the restart");
        }
    }
}
