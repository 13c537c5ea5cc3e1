//! Honest people who stay, and others who come and leave, while something goes wrong.
//!
//! Who stays keeps the newest refresh token, refreshes and uses the access token. Where nothing was said about the session it asks again with the
//! same token; now and then it forgets an answer, as if it had been lost. A 401 is a loss.
//! Who leaves watches what its access token is worth afterwards, at instances at random.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    chance::Chance,
    program::{self, Outcome, PEOPLE, Tokens},
    tally::Tally,
};

/// When a token of a session that is over must be dead everywhere.
pub const BOUND: Duration = Duration::from_secs(1);
/// How long somebody who left watches.
const WATCHED: Duration = Duration::from_secs(3);
/// Whoever gets no answer for so long has lost something.
const GIVES_UP: Duration = Duration::from_mins(1);

/// Whom the crowd asks, and how.
#[derive(Clone)]
pub struct Place {
    /// The proxy, or the only server.
    pub entry: SocketAddr,
    /// Where those who left ask.
    pub instances: Vec<SocketAddr>,
    /// Between two refreshes of one session, in milliseconds.
    pub pace: (u64, u64),
    pub leavers: usize,
}

#[derive(Clone)]
struct Crowd {
    place: Place,
    tally: Arc<Tally>,
    over: Arc<AtomicBool>,
}

/// Sessions that have just begun.
pub async fn gather(place: &Place, many: usize, tally: &Arc<Tally>) -> Vec<Tokens> {
    let crowd = Crowd { place: place.clone(), tally: Arc::clone(tally), over: Arc::default() };
    let mut sessions = Vec::new();
    let mut in_vain = 0;
    while sessions.len() < many {
        let mut logins = JoinSet::new();
        for person in sessions.len()..many.min(sessions.len() + 8) {
            let crowd = crowd.clone();
            logins.spawn(async move { crowd.login(PEOPLE[person % PEOPLE.len()]).await });
        }
        let begun: Vec<_> = logins.join_all().await.into_iter().flatten().collect();
        in_vain = if begun.is_empty() { in_vain + 1 } else { 0 };
        // Each of them has asked for a minute.
        assert!(in_vain < 3, "nobody can sign in");
        sessions.extend(begun);
    }
    sessions
}

/// Lets the crowd live while `fault` runs; the sessions as they are afterwards, without those that were refused.
pub async fn live<T>(
    place: &Place,
    sessions: Vec<Tokens>,
    tally: &Arc<Tally>,
    chance: &mut Chance,
    fault: impl Future<Output = T>,
) -> (Vec<Tokens>, T) {
    let crowd = Crowd { place: place.clone(), tally: Arc::clone(tally), over: Arc::default() };
    let mut staying = JoinSet::new();
    for tokens in sessions {
        staying.spawn(crowd.clone().stay(tokens, chance.fork()));
    }
    let mut leaving = JoinSet::new();
    for _ in 0..place.leavers {
        leaving.spawn(crowd.clone().come_and_leave(chance.fork()));
    }
    let outcome = fault.await;
    crowd.over.store(true, Ordering::Relaxed);
    leaving.join_all().await;
    (staying.join_all().await.into_iter().flatten().collect(), outcome)
}

impl Crowd {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    async fn stay(self, mut tokens: Tokens, mut chance: Chance) -> Option<Tokens> {
        let (least, most) = self.place.pace;
        // Not all at once.
        sleep(chance.between(0, most)).await;
        loop {
            let next = self.refresh(&tokens.refresh).await?;
            if !chance.one_in(20) {
                tokens = next;
            }
            tokens = self.look(tokens).await?;
            if self.is_over() {
                return Some(tokens);
            }
            sleep(chance.between(least, most)).await;
        }
    }

    async fn come_and_leave(self, mut chance: Chance) {
        while !self.is_over() {
            let name = *chance.pick(&PEOPLE);
            let Some(tokens) = self.login(name).await else { return };
            let Some(tokens) = self.refresh(&tokens.refresh).await else { return };
            let Some(tokens) = self.look(tokens).await else { return };
            if self.leave(&tokens).await {
                self.watch(&tokens, &mut chance).await;
            }
        }
    }

    async fn login(&self, name: &'static str) -> Option<Tokens> {
        let found = self.insist("login", || program::login(self.place.entry, name)).await;
        found.inspect(|_| self.tally.logged_in())
    }

    async fn refresh(&self, token: &str) -> Option<Tokens> {
        let found = self.insist("refresh", || program::refresh(self.place.entry, token)).await;
        found.inspect(|_| self.tally.refreshed())
    }

    async fn leave(&self, tokens: &Tokens) -> bool {
        let left = self.insist("logout", || program::logout(self.place.entry, &tokens.refresh)).await;
        left.inspect(|()| self.tally.revoked()).is_some()
    }

    /// Uses the access token. It may have run out meanwhile; the next one has not.
    async fn look(&self, tokens: Tokens) -> Option<Tokens> {
        match program::me(self.place.entry, &tokens.access).await {
            Outcome::Granted(()) => return Some(tokens),
            Outcome::Later(trouble) => {
                self.tally.again("me", trouble);
                return Some(tokens);
            }
            Outcome::Silent(silence) => {
                self.tally.silent(silence);
                return Some(tokens);
            }
            Outcome::Refused(_) => {}
        }
        let tokens = self.refresh(&tokens.refresh).await?;
        if let Outcome::Refused(code) = program::me(self.place.entry, &tokens.access).await {
            self.tally.refused("an access token that was just made", &code);
            return None;
        }
        Some(tokens)
    }

    /// Asks until something is said about the session.
    async fn insist<T, F: Future<Output = Outcome<T>>>(&self, what: &str, ask: impl Fn() -> F) -> Option<T> {
        let end = Instant::now() + GIVES_UP;
        while Instant::now() < end {
            match ask().await {
                Outcome::Granted(found) => return Some(found),
                Outcome::Refused(code) => {
                    self.tally.refused(what, &code);
                    return None;
                }
                Outcome::Later(trouble) => self.tally.again(what, trouble),
                Outcome::Silent(silence) => self.tally.silent(silence),
            }
            sleep(Duration::from_millis(100)).await;
        }
        self.tally.lost(&format!("{what} not answered for {GIVES_UP:?}"));
        None
    }

    /// From the answer of its logout on.
    async fn watch(&self, tokens: &Tokens, chance: &mut Chance) {
        let left = Instant::now();
        while left.elapsed() < WATCHED {
            let asked = left.elapsed();
            let at = *chance.pick(&self.place.instances);
            let accepted = program::me(at, &tokens.access).await == Outcome::Granted(());
            if accepted && asked > BOUND {
                self.tally.revoked_accepted("an access token was accepted after its session's end");
            }
            sleep(chance.between(20, 200)).await;
        }
        let at = *chance.pick(&self.place.instances);
        if matches!(program::refresh(at, &tokens.refresh).await, Outcome::Granted(_)) {
            self.tally.lost("a session lives again after its logout was answered");
        }
    }
}
