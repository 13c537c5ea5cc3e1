//! Random operations of many hands on three instances with faults, written down for [`super::checker`].
//!
//! Each session is in three hands that know each other's tokens and show the current one, its parent, a stale one, or sign out, here or from another session of
//! the same person, at instances at random.
//! Some sessions are careful: their hands show current tokens only, so that they reach their absolute end.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    aftermath,
    chance::Chance,
    checker,
    crowd::Place,
    fleet::{CABLED, Fleet},
    options::Options,
    postgres::{Postgres, at},
    process::signal,
    program::{self, Outcome, PEOPLE, Tokens},
    record::{self, Answer, Event, Moment, Operation, Struck, generation},
    relay::Cable,
    server::Server,
};

const DATABASE: &str = "history";
const AT_ONCE: usize = 24;
const HANDS: usize = 3;
const BETWEEN_LOGINS: Duration = Duration::from_millis(100);

struct History {
    begin: Instant,
    events: Mutex<Vec<Event>>,
    struck: Mutex<Vec<Struck>>,
}

/// A session in the hands of several.
struct Session {
    number: usize,
    careful: bool,
    /// Refreshes all the time, so that there are many races; otherwise seldom, so that tokens are acknowledged.
    eager: bool,
    known: Mutex<BTreeMap<u32, Tokens>>,
    until: Instant,
}

/// Whether the invariants held.
pub async fn run(options: &Options, postgres: &Postgres, folder: &Path) -> bool {
    if !checker::judges_stories() {
        return false;
    }
    let settings =
        [("HALLPASS_ROTATION_SETTLE", "2s"), ("HALLPASS_ACCESS_TTL", "10s"), ("HALLPASS_ABSOLUTE_TTL", "20s")];
    let mut fleet = Fleet::start(postgres, DATABASE, &folder.join("history"), &settings).await;
    let place = fleet.place();
    let history = Arc::new(History { begin: Instant::now(), events: Mutex::default(), struck: Mutex::default() });
    let mut chance = Chance::new(options.seed);
    let end = Instant::now() + Duration::from_secs(if options.quick { 40 } else { 120 });
    let mut people = JoinSet::new();
    for person in 0..AT_ONCE {
        people.spawn(sessions_after_sessions(person, Arc::clone(&history), place.clone(), chance.fork(), end));
    }
    while Instant::now() < end {
        history.strike(&mut fleet, postgres, &mut chance).await;
        // Now and then as long as an acknowledgement takes until it must have been written.
        let (least, most) = if chance.one_in(4) { (7_000, 10_000) } else { (500, 2_000) };
        sleep(chance.between(least, most)).await;
    }
    people.join_all().await;
    // What is under way yet comes to its end before the database is looked at.
    fleet.instances.iter_mut().for_each(Server::stop);
    let kept = aftermath::read(&at(postgres.address(), DATABASE)).await;
    let events = history.events.lock().unwrap_or_else(PoisonError::into_inner);
    let struck = history.struck.lock().unwrap_or_else(PoisonError::into_inner);
    let held = checker::check(&events, &struck);
    aftermath::check(&events, &kept) && held
}

async fn sessions_after_sessions(person: usize, history: Arc<History>, place: Place, mut chance: Chance, end: Instant) {
    for turn in 0.. {
        if Instant::now() >= end {
            return;
        }
        let number = turn * AT_ONCE + person;
        let Some(tokens) = history.login(number, &place, &mut chance).await else {
            // An instance without its database refuses at once.
            sleep(BETWEEN_LOGINS).await;
            continue;
        };
        let session = Arc::new(Session {
            number,
            careful: chance.one_in(3),
            eager: chance.one_in(2),
            known: Mutex::new(BTreeMap::from([(1, tokens)])),
            until: Instant::now() + chance.between(8_000, 24_000),
        });
        let mut hands = JoinSet::new();
        for _ in 0..HANDS {
            hands.spawn(Arc::clone(&history).hand(Arc::clone(&session), place.clone(), chance.fork()));
        }
        hands.join_all().await;
    }
}

impl History {
    fn now(&self) -> Moment {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(Moment::MAX)
    }

    async fn login(&self, session: usize, place: &Place, chance: &mut Chance) -> Option<Tokens> {
        let instance = an_instance(place, chance);
        let begin = self.now();
        let outcome = program::login(place.instances[instance], PEOPLE[session % PEOPLE.len()]).await;
        self.note(session, instance, Operation::Login, 0, begin, answer(&outcome));
        if let Outcome::Granted(tokens) = outcome { Some(tokens) } else { None }
    }

    async fn hand(self: Arc<Self>, session: Arc<Session>, place: Place, mut chance: Chance) {
        while Instant::now() < session.until {
            let instance = an_instance(&place, &mut chance);
            let at = place.instances[instance];
            let (shown, tokens, operation) = session.next(&mut chance);
            let mut begin = self.now();
            let answer = match operation {
                Operation::Login | Operation::Refresh => {
                    let outcome = program::refresh(at, &tokens.refresh).await;
                    if let Outcome::Granted(tokens) = &outcome {
                        session.know(tokens.clone());
                    }
                    answer(&outcome)
                }
                Operation::Logout => done(&program::logout(at, &tokens.refresh).await),
                Operation::Me => done(&program::me(at, &tokens.access).await),
                Operation::Revoke => {
                    // From a session that the same person begins for it.
                    let elsewhere = place.instances[an_instance(&place, &mut chance)];
                    let own = program::login(elsewhere, PEOPLE[session.number % PEOPLE.len()]).await;
                    let Outcome::Granted(own) = own else {
                        sleep(BETWEEN_LOGINS).await;
                        continue;
                    };
                    begin = self.now();
                    done(&program::revoke(at, &own.access, record::session(&tokens.refresh)).await)
                }
            };
            self.note(session.number, instance, operation, shown, begin, answer);
            sleep(chance.between(50, 500)).await;
        }
    }

    fn note(&self, session: usize, instance: usize, operation: Operation, shown: u32, begin: Moment, answer: Answer) {
        let event = Event { session, instance, operation, shown, begin, end: self.now(), answer };
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    async fn strike(&self, fleet: &mut Fleet, postgres: &Postgres, chance: &mut Chance) {
        let begin = self.now();
        let lasting = chance.between(300, 2500);
        let one = usize::try_from(chance.below(3)).unwrap_or(0);
        let instance = match chance.below(7) {
            0 => {
                fleet.instances[one].kill();
                fleet.instances[one].start();
                Some(one)
            }
            1 => {
                fleet.instances[one].stop();
                fleet.instances[one].start();
                Some(one)
            }
            2 => {
                fleet.instances[one].signal("STOP");
                sleep(lasting).await;
                fleet.instances[one].signal("CONT");
                Some(one)
            }
            how @ (3 | 4) => {
                fleet.cable.set(if how == 3 { Cable::Cut } else { Cable::Silent });
                sleep(lasting).await;
                fleet.cable.set(Cable::Whole);
                Some(CABLED)
            }
            5 => {
                postgres.restart();
                None
            }
            _ => {
                let paused = postgres.pause();
                sleep(lasting).await;
                signal("CONT", &paused);
                None
            }
        };
        let struck = Struck { instance, begin, end: self.now() };
        self.struck.lock().unwrap_or_else(PoisonError::into_inner).push(struck);
    }
}

impl Session {
    /// What to do next, with which tokens.
    fn next(&self, chance: &mut Chance) -> (u32, Tokens, Operation) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let back = |steps: usize| {
            let (generation, tokens) = known.iter().rev().nth(steps).or(known.iter().next()).expect("the first");
            (*generation, tokens.clone())
        };
        // Where seldom anything is delivered, there is time for it to be acknowledged.
        let (parents_to, refreshes_from) = if self.eager { (110, 560) } else { (20, 990) };
        let dice = if self.careful { 200 + chance.below(800) } else { chance.below(1000) };
        let ((generation, tokens), operation) = match dice {
            0..3 => (back(0), Operation::Logout),
            3..5 => (back(0), Operation::Revoke),
            5..8 => (back(2), Operation::Refresh),
            dice if (8..parents_to).contains(&dice) => (back(1), Operation::Refresh),
            8..120 => (back(1), Operation::Me),
            dice if dice < refreshes_from => (back(0), Operation::Me),
            _ => (back(0), Operation::Refresh),
        };
        (generation, tokens, operation)
    }

    /// Keeps the newest access token of each generation.
    fn know(&self, tokens: Tokens) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(generation(&tokens), tokens);
    }
}

fn answer(outcome: &Outcome<Tokens>) -> Answer {
    match outcome {
        Outcome::Granted(tokens) => Answer::Token(generation(tokens), tokens.refresh.clone()),
        Outcome::Refused(code) => Answer::Refused(code.clone()),
        Outcome::Later(_) | Outcome::Silent(_) => Answer::Open,
    }
}

fn an_instance(place: &Place, chance: &mut Chance) -> usize {
    usize::try_from(chance.below(place.instances.len() as u64)).unwrap_or(0)
}

fn done(outcome: &Outcome<()>) -> Answer {
    match outcome {
        Outcome::Granted(()) => Answer::Done,
        Outcome::Refused(code) => Answer::Refused(code.clone()),
        Outcome::Later(_) | Outcome::Silent(_) => Answer::Open,
    }
}
