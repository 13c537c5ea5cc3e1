//! How long it takes from a logout's answer until the other instances refuse the access token.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    crowd::{BOUND, Place, gather},
    program::{self, Outcome, Tokens},
    tally::Tally,
};

const AT_ONCE: usize = 4;

/// From each revocation, the time until each other instance refused.
pub async fn measure(place: &Place, many: usize, tally: &Arc<Tally>) -> Vec<Duration> {
    let mut times = Vec::new();
    // In rounds, since an access token must outlive the wait for its turn.
    for begin in (0..many).step_by(40) {
        let sessions = gather(place, 40.min(many - begin), tally).await;
        for group in sessions.chunks(AT_ONCE) {
            let mut revocations = JoinSet::new();
            for (offset, tokens) in group.iter().cloned().enumerate() {
                let mut instances = place.instances.clone();
                let from = instances.remove((begin + offset) % instances.len());
                revocations.spawn(revoke(from, instances, tokens, Arc::clone(tally)));
            }
            times.extend(revocations.join_all().await.into_iter().flatten());
        }
    }
    times.sort_unstable();
    times
}

async fn revoke(from: SocketAddr, others: Vec<SocketAddr>, tokens: Tokens, tally: Arc<Tally>) -> Vec<Duration> {
    for &at in &others {
        if let Outcome::Refused(code) = program::me(at, &tokens.access).await {
            tally.refused("an access token before its logout", &code);
        }
    }
    if program::logout(from, &tokens.refresh).await != Outcome::Granted(()) {
        tally.lost("a logout of a calm server was not answered");
        return Vec::new();
    }
    tally.revoked();
    let answered = Instant::now();
    let mut refusals = JoinSet::new();
    for at in others {
        let (access, tally) = (tokens.access.clone(), Arc::clone(&tally));
        refusals.spawn(async move { first_refusal(at, &access, answered, &tally).await });
    }
    refusals.join_all().await
}

async fn first_refusal(at: SocketAddr, access: &str, answered: Instant, tally: &Tally) -> Duration {
    while answered.elapsed() < 2 * BOUND {
        let asked = answered.elapsed();
        match program::me(at, access).await {
            Outcome::Granted(()) if asked > BOUND => {
                tally.revoked_accepted("an access token was accepted after a second");
            }
            Outcome::Granted(()) | Outcome::Later(_) | Outcome::Silent(_) => {}
            Outcome::Refused(_) => return answered.elapsed(),
        }
    }
    tally.lost("an access token was never refused");
    answered.elapsed()
}
