//! Whether a stopwatch tells who has an account. The method, and what it does not cover, is in `docs/security/timing.md`. In a process of its own, so that other tests do not disturb it.

#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
};
use hallpass::{
    auth::{
        Auth, EventKind, Policy,
        clock::{Clock, SystemClock},
        limits::{STRANGERS, in_a_row},
        purging::Retention,
        rng::{Rng, SystemRng},
        secret::ServerSecret,
        secrets::Secrets,
    },
    fields::Fields,
    server::{router::router, state::AppState},
    store::{NewEvent, NewUser, Store, UnixMillis, Who},
};
use http::{Request, StatusCode, header};
use tower::ServiceExt;

const ORIGIN: &str = "http://localhost:3000";
const DAY: i64 = 86_400_000;
/// Of each kind, in a measurement.
const SAMPLES: usize = 40;
/// Of refusals, for each of so many names: those that leave an event, as the first for a name do.
const REFUSALS: usize = 20;
const NAMES: usize = 8;
/// How often a difference must be there to be believed.
const MEASUREMENTS: usize = 5;
/// How far apart the medians may be, in percent of the greater.
const APART: f64 = 5.0;

/// Today's parameters, as `auth/argon.rs` documents them: KiB and passes.
const TODAYS: (u32, u32) = (19_456, 2);
/// A tenth more memory is a tenth more work.
const DEARER: (u32, u32) = (21_402, 2);

const RIGHT: &str = "a kettle of purple fish";
const WRONG: &str = "not a kettle of any fish";

/// The ways to log in.
#[derive(Clone, Copy, Debug)]
enum Face {
    Program,
    Page,
    PlainForm,
}

/// The system's, put ahead by hand: so nobody waits for a wait to be over.
#[derive(Debug, Default)]
struct AheadClock(AtomicI64);

impl Clock for AheadClock {
    fn now(&self) -> UnixMillis {
        SystemClock.now() + self.0.load(Ordering::Relaxed)
    }
}

struct Stage {
    router: Router,
    store: Store,
    clock: Arc<AheadClock>,
    next: u32,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hallpass.db")).await.unwrap();
        let policy = Policy {
            issuer: ORIGIN.to_owned(),
            access_ttl: DAY,
            idle_ttl: DAY,
            absolute_ttl: DAY,
            settle: 1000,
            retention: Retention { sessions: DAY, events: DAY },
            key_rotation: None,
            signup_open: true,
            fields: &[],
            cores: 1,
        };
        let clock = Arc::<AheadClock>::default();
        let secrets = Secrets::from(ServerSecret::new("a secret for tests, 32 bytes long").unwrap());
        let auth =
            Auth::new(policy, &secrets, store.clone(), Arc::clone(&clock) as _, Arc::new(SystemRng)).await.unwrap();
        let router = router(AppState::new(Arc::new(auth), ORIGIN));
        Self { router, store, clock, next: 0, _folder: folder }
    }

    /// An account of its own, with a password hashed like this.
    async fn account(&mut self, password_hash: String) -> String {
        let (rng, now): (&dyn Rng, _) = (&SystemRng, self.clock.now());
        let name = self.name();
        let user = NewUser {
            id: rng.id(now),
            username: name.clone(),
            username_key: name.clone(),
            password_hash,
            fields: Fields::default(),
            now,
        };
        let event = NewEvent {
            id: rng.id(now),
            at: now,
            kind: EventKind::UserCreated,
            user_id: Some(user.id),
            session_id: None,
            address: "",
            user_agent: "",
            detail: "",
        };
        assert!(self.store.add_user(&user, &event).await.unwrap());
        name
    }

    /// One that nobody has had before.
    fn name(&mut self) -> String {
        self.next += 1;
        format!("somebody-{:06}", self.next)
    }

    /// What a password takes to be answered with this, for a name, from an address that nobody has had before.
    async fn tried(&mut self, face: Face, name: &str, password: &str, answer: StatusCode) -> Duration {
        self.next += 1;
        let address = IpAddr::V4(Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + self.next));
        let form = format!("username={name}&password={}", password.replace(' ', "+"));
        let (path, kind, accept, body) = match face {
            Face::Program => (
                "/api/v1/login",
                "application/json",
                "application/json",
                format!("{{\"username\":\"{name}\",\"password\":\"{password}\"}}"),
            ),
            Face::Page => ("/api/login", "application/x-www-form-urlencoded", "application/json", form),
            Face::PlainForm => ("/login", "application/x-www-form-urlencoded", "text/html", form),
        };
        let mut request = Request::post(path).header(header::HOST, "localhost:3000");
        request = request.header(header::CONTENT_TYPE, kind).header(header::ACCEPT, accept);
        if !matches!(face, Face::Program) {
            request = request.header("sec-fetch-site", "same-origin");
        }
        let request = request.extension(ConnectInfo(SocketAddr::new(address, 4711))).body(Body::from(body)).unwrap();
        let router = self.router.clone();
        #[expect(clippy::disallowed_methods, reason = "this is a stopwatch")]
        let begun = Instant::now();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let took = begun.elapsed();
        assert_eq!(status, answer);
        took
    }

    /// The medians for accounts with hashes like this and for names that do not exist.
    async fn measure(&mut self, face: Face, parameters: (u32, u32)) -> [Duration; 2] {
        let hash = hashed(parameters);
        let mut taken = [(); 2].map(|()| Vec::with_capacity(SAMPLES));
        for turn in 0..SAMPLES {
            let names = [self.account(hash.clone()).await, self.name()];
            self.compare(face, turn, &names, WRONG, StatusCode::UNAUTHORIZED, &mut taken).await;
        }
        taken.map(median)
    }

    /// The medians of refusals, for accounts and names that do not exist at which strangers have failed until the next must wait.
    async fn measure_refusals(&mut self, face: Face) -> [Duration; 2] {
        let mut taken = [(); 2].map(|()| Vec::with_capacity(NAMES * REFUSALS));
        for _ in 0..NAMES {
            let names = [self.account(hashed(TODAYS)).await, self.name()];
            for failure in 0..STRANGERS.free + 4 {
                self.clock.0.fetch_add(STRANGERS.wait_after(failure), Ordering::Relaxed);
                for name in &names {
                    self.tried(face, name, WRONG, StatusCode::UNAUTHORIZED).await;
                }
            }
            for turn in 0..REFUSALS {
                self.compare(face, turn, &names, WRONG, StatusCode::TOO_MANY_REQUESTS, &mut taken).await;
            }
        }
        taken.map(median)
    }

    /// The medians of the right password where as many failures in a row as there may be have closed the account to strangers, and of the same password for names that
    /// do not exist.
    async fn measure_closed(&mut self, face: Face) -> [Duration; 2] {
        let mut taken = [(); 2].map(|()| Vec::with_capacity(SAMPLES));
        for _ in 0..SAMPLES.div_ceil(STRANGERS.free as usize) {
            let names = [self.account(hashed(TODAYS)).await, self.name()];
            for failure in 0..in_a_row(Who::Stranger) {
                self.clock.0.fetch_add(STRANGERS.wait_after(failure), Ordering::Relaxed);
                self.tried(face, &names[0], WRONG, StatusCode::UNAUTHORIZED).await;
            }
            self.clock.0.fetch_add(STRANGERS.memory.length(), Ordering::Relaxed);
            for turn in 0..STRANGERS.free as usize {
                self.compare(face, turn, &names, RIGHT, StatusCode::UNAUTHORIZED, &mut taken).await;
            }
        }
        taken.map(median)
    }

    /// Takes a sample of each of two names, and neither is always the first.
    async fn compare(
        &mut self,
        face: Face,
        turn: usize,
        names: &[String; 2],
        password: &str,
        answer: StatusCode,
        taken: &mut [Vec<Duration>; 2],
    ) {
        let order = if turn.is_multiple_of(2) { [0, 1] } else { [1, 0] };
        for which in order {
            taken[which].push(self.tried(face, &names[which], password, answer).await);
        }
    }
}

/// What is stored of a password, with these parameters.
fn hashed((memory, passes): (u32, u32)) -> String {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, 1, None).unwrap());
    argon.hash_password_with_salt(RIGHT.as_bytes(), &[7; 16]).unwrap().to_string()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// In percent of the greater.
fn apart([one, other]: [Duration; 2]) -> f64 {
    let (less, more) = (one.min(other).as_secs_f64(), one.max(other).as_secs_f64());
    (more - less) / more * 100.0
}

/// Whether the medians are apart, and were so each time they were measured.
async fn tells(what: &str, mut measure: impl AsyncFnMut() -> [Duration; 2]) -> bool {
    for measurement in 1..=MEASUREMENTS {
        let medians = measure().await;
        let [existing, missing] = medians;
        println!(
            "{what}, measurement {measurement}: exists {existing:?}, does not {missing:?}, {:.1} % apart",
            apart(medians)
        );
        if apart(medians) <= APART {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn a_wrong_password_and_a_refusal_take_as_long_for_a_name_that_exists_as_for_one_that_does_not() {
    let mut stage = Stage::new().await;
    // What is compiled, read and laid out once is not measured.
    stage.measure(Face::PlainForm, TODAYS).await;
    for face in [Face::Program, Face::Page, Face::PlainForm] {
        let told = tells(&format!("{face:?}, wrong"), async || stage.measure(face, TODAYS).await).await;
        assert!(!told, "{face:?}: the medians are apart each time");
    }
    let told = tells("a tenth more work", async || stage.measure(Face::Program, DEARER).await).await;
    assert!(told, "the method does not find a tenth more work");
    // The last, since the clock is ahead afterwards.
    for face in [Face::Program, Face::Page, Face::PlainForm] {
        let told = tells(&format!("{face:?}, refused"), async || stage.measure_refusals(face).await).await;
        assert!(!told, "{face:?}: the medians of refusals are apart each time");
    }
    for face in [Face::Program, Face::Page, Face::PlainForm] {
        let told = tells(&format!("{face:?}, right and closed"), async || stage.measure_closed(face).await).await;
        assert!(!told, "{face:?}: a right password at a closed account takes another time than at no account");
    }
}
