//! Several instances, and what can happen to one of them, or to the database that they share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    chance::Chance,
    crowd::{BOUND, Place, gather, live},
    fleet::{CABLED, Fleet, SETTLE},
    options::Options,
    postgres::Postgres,
    process::signal,
    program::{self, Outcome, Tokens},
    propagation,
    relay::Cable,
    tally::Tally,
};

/// A fault, from its beginning until everything works again.
#[derive(Clone, Copy)]
enum Fault {
    None,
    RollingRestart,
    Killed,
    Paused,
    Cut,
    Silent,
    DatabaseRestarted,
    DatabasePaused,
    DatabaseCrashed,
    DatabaseReadOnly,
}

/// With whether the quick form has them too.
const FAULTS: [(&str, Fault, bool); 10] = [
    ("none", Fault::None, false),
    ("instances restarted by SIGTERM, one after the other", Fault::RollingRestart, true),
    ("an instance killed and started again", Fault::Killed, false),
    ("an instance paused for 3 s", Fault::Paused, true),
    ("an instance cut off from PostgreSQL for 5 s", Fault::Cut, false),
    ("an instance that hears nothing of PostgreSQL for 8 s", Fault::Silent, false),
    ("PostgreSQL restarted", Fault::DatabaseRestarted, true),
    ("PostgreSQL paused for 4 s", Fault::DatabasePaused, false),
    ("PostgreSQL ended in the midst of it, and recovered", Fault::DatabaseCrashed, false),
    ("PostgreSQL made read-only for 4 s", Fault::DatabaseReadOnly, false),
];

/// Whether nothing was lost.
pub async fn run(options: &Options, postgres: &Postgres, folder: &std::path::Path) -> bool {
    let settings = [("HALLPASS_ROTATION_SETTLE", SETTLE), ("HALLPASS_ACCESS_TTL", "15s")];
    let mut fleet = Fleet::start(postgres, "instances", &folder.join("instances"), &settings).await;
    let place = fleet.place();
    let mut chance = Chance::new(options.seed);
    let mut good = true;
    if options.wants("propagation", true) {
        good &= time_revocations(options, &place).await;
    }
    let mut sessions = Vec::new();
    for (name, fault, _) in FAULTS.into_iter().filter(|(name, _, quick)| options.wants(name, *quick)) {
        let tally = Arc::new(Tally::default());
        let missing = options.sessions - sessions.len();
        sessions.extend(gather(&place, missing, &tally).await);
        let strike = async {
            settled().await;
            for trial in 0..options.trials {
                fleet.strike(fault, trial, &place, postgres, &tally).await;
                settled().await;
            }
        };
        (sessions, ()) = live(&place, sessions, &tally, &mut chance, strike).await;
        if matches!(fault, Fault::RollingRestart) && tally.asked_again() > 0 {
            tally.lost("a request failed that a stopping instance had accepted, and nobody else took over");
        }
        good &= tally.print(name, options.trials);
    }
    good
}

/// Time for the proxy to find an instance again, and for the crowd to be its usual self.
async fn settled() {
    sleep(Duration::from_millis(1500)).await;
}

async fn time_revocations(options: &Options, place: &Place) -> bool {
    let tally = Arc::new(Tally::default());
    let times = propagation::measure(place, options.revocations, &tally).await;
    let at =
        |percent: usize| times.get((times.len() * percent / 100).min(times.len() - 1)).copied().unwrap_or_default();
    println!(
        "    from a logout's answer to the refusal elsewhere: p50 {:?}, p99 {:?}, max {:?}",
        at(50),
        at(99),
        at(100)
    );
    tally.print("none; revocations timed (propagation)", options.revocations)
}

impl Fleet {
    async fn strike(&mut self, fault: Fault, trial: usize, place: &Place, postgres: &Postgres, tally: &Arc<Tally>) {
        let one = trial % self.instances.len();
        match fault {
            Fault::None => sleep(Duration::from_secs(3)).await,
            Fault::RollingRestart => {
                for instance in &mut self.instances {
                    instance.stop();
                    instance.start();
                    settled().await;
                }
            }
            Fault::Killed => {
                self.instances[one].kill();
                sleep(Duration::from_millis(500)).await;
                self.instances[one].start();
            }
            Fault::Paused => self.pause(one, place, tally).await,
            Fault::Cut => self.cable_is(Cable::Cut, Duration::from_secs(5), place, tally).await,
            Fault::Silent => self.cable_is(Cable::Silent, Duration::from_secs(8), place, tally).await,
            Fault::DatabaseRestarted => postgres.restart(),
            Fault::DatabasePaused => {
                let paused = postgres.pause();
                sleep(Duration::from_secs(4)).await;
                signal("CONT", &paused);
            }
            Fault::DatabaseCrashed => postgres.crash(),
            Fault::DatabaseReadOnly => {
                postgres.may_write(false).await;
                sleep(Duration::from_secs(4)).await;
                postgres.may_write(true).await;
            }
        }
    }

    /// Meanwhile people leave elsewhere, and come to it with their tokens: at once when it goes on it must know.
    async fn pause(&self, one: usize, place: &Place, tally: &Arc<Tally>) {
        let (left, _) = self.people_who_leave(one, place, tally, async { self.instances[one].signal("STOP") }).await;
        sleep(2 * BOUND).await;
        let asked = self.ask_with_all(one, &left, tally);
        let goes_on = async {
            sleep(Duration::from_millis(300)).await;
            self.instances[one].signal("CONT");
        };
        tokio::join!(asked, goes_on);
        self.ask_with_all(one, &left, tally).await;
    }

    /// Without its database it refuses, or says to come back later.
    async fn cable_is(&self, cable: Cable, lasting: Duration, place: &Place, tally: &Arc<Tally>) {
        let (left, begin) = self.people_who_leave(CABLED, place, tally, async { self.cable.set(cable) }).await;
        sleep(BOUND).await;
        self.ask_with_all(CABLED, &left, tally).await;
        sleep(lasting.saturating_sub(begin.elapsed())).await;
        self.cable.set(Cable::Whole);
        self.ask_with_all(CABLED, &left, tally).await;
    }

    /// Ten sessions that end at another instance, after `begins`; and since when.
    async fn people_who_leave(
        &self,
        one: usize,
        place: &Place,
        tally: &Arc<Tally>,
        begins: impl Future<Output = ()>,
    ) -> (Vec<Tokens>, Instant) {
        let leaving = gather(place, 10, tally).await;
        begins.await;
        let begin = Instant::now();
        sleep(Duration::from_millis(50)).await;
        let elsewhere = place.instances[(one + 1) % place.instances.len()];
        for tokens in &leaving {
            if program::logout(elsewhere, &tokens.refresh).await == Outcome::Granted(()) {
                tally.revoked();
            }
        }
        (leaving, begin)
    }

    async fn ask_with_all(&self, one: usize, left: &[Tokens], tally: &Arc<Tally>) {
        let at = self.instances[one].address;
        let mut asked = JoinSet::new();
        for tokens in left.iter().cloned() {
            asked.spawn(async move { program::me(at, &tokens.access).await == Outcome::Granted(()) });
        }
        for _ in asked.join_all().await.into_iter().filter(|accepted| *accepted) {
            tally.revoked_accepted("an instance that was away accepted a token of a session that had ended");
        }
    }
}
