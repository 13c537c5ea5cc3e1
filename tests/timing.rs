//! Whether a stopwatch tells who has an account. The method, and what it does not cover, is in `docs/security/timing.md`. In a process of its own, so that other tests do not disturb it.

#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
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
        purging::Retention,
        rng::{Rng, SystemRng},
        secret::ServerSecret,
        secrets::Secrets,
    },
    fields::Fields,
    server::{router::router, state::AppState},
    store::{NewEvent, NewUser, Store},
};
use http::{Request, StatusCode, header};
use tower::ServiceExt;

const ORIGIN: &str = "http://localhost:3000";
const DAY: i64 = 86_400_000;
/// Of each kind, in a measurement.
const SAMPLES: usize = 40;
/// How often a difference must be there to be believed.
const MEASUREMENTS: usize = 5;
/// How far apart the medians may be, in percent of the greater.
const APART: f64 = 5.0;

/// Today's parameters, as `auth/argon.rs` documents them: KiB and passes.
const TODAYS: (u32, u32) = (19_456, 2);
/// A tenth more memory is a tenth more work.
const DEARER: (u32, u32) = (21_402, 2);

/// The ways to log in.
#[derive(Clone, Copy, Debug)]
enum Face {
    Program,
    Page,
    PlainForm,
}

struct Stage {
    router: Router,
    store: Store,
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
        let secrets = Secrets::from(ServerSecret::new("a secret for tests, 32 bytes long").unwrap());
        let auth =
            Auth::new(policy, &secrets, store.clone(), Arc::new(SystemClock), Arc::new(SystemRng)).await.unwrap();
        let router = router(AppState::new(Arc::new(auth), ORIGIN));
        Self { router, store, next: 0, _folder: folder }
    }

    /// An account of its own, with a password hashed like this.
    async fn account(&mut self, password_hash: String) -> String {
        let (rng, now): (&dyn Rng, _) = (&SystemRng, SystemClock.now());
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
        };
        assert!(self.store.add_user(&user, &event).await.unwrap());
        name
    }

    /// One that nobody has had before.
    fn name(&mut self) -> String {
        self.next += 1;
        format!("somebody-{:06}", self.next)
    }

    /// What a wrong password takes, for a name, from an address that nobody has had before.
    async fn wrong(&mut self, face: Face, name: &str) -> Duration {
        self.next += 1;
        let address = IpAddr::V4(Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + self.next));
        let form = format!("username={name}&password=not+the+right+one");
        let (path, kind, accept, body) = match face {
            Face::Program => (
                "/api/v1/login",
                "application/json",
                "application/json",
                format!("{{\"username\":\"{name}\",\"password\":\"not the right one\"}}"),
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
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        took
    }

    /// The medians for accounts with hashes like this and for names that do not exist.
    async fn measure(&mut self, face: Face, hashed: (u32, u32)) -> [Duration; 2] {
        let (memory, passes) = hashed;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, 1, None).unwrap());
        let hash = argon.hash_password_with_salt(b"a kettle of purple fish", &[7; 16]).unwrap().to_string();
        let mut names = Vec::new();
        for _ in 0..SAMPLES {
            names.push([self.account(hash.clone()).await, self.name()]);
        }
        let [mut existing, mut missing] = [(); 2].map(|()| Vec::with_capacity(SAMPLES));
        for (turn, [account, made_up]) in names.iter().enumerate() {
            // Neither is always the first.
            if turn % 2 == 0 {
                existing.push(self.wrong(face, account).await);
                missing.push(self.wrong(face, made_up).await);
            } else {
                missing.push(self.wrong(face, made_up).await);
                existing.push(self.wrong(face, account).await);
            }
        }
        [median(existing), median(missing)]
    }
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

/// Whether the medians are apart, and were so each time.
async fn tells(stage: &mut Stage, face: Face, hashed: (u32, u32)) -> bool {
    for measurement in 1..=MEASUREMENTS {
        let medians = stage.measure(face, hashed).await;
        let [existing, missing] = medians;
        println!(
            "{face:?}, {hashed:?}, measurement {measurement}: exists {existing:?}, does not {missing:?}, {:.1} % apart",
            apart(medians)
        );
        if apart(medians) <= APART {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn a_wrong_password_takes_as_long_for_a_name_that_exists_as_for_one_that_does_not() {
    let mut stage = Stage::new().await;
    // What is compiled, read and laid out once is not measured.
    stage.measure(Face::PlainForm, TODAYS).await;
    for face in [Face::Program, Face::Page, Face::PlainForm] {
        assert!(!tells(&mut stage, face, TODAYS).await, "{face:?}: the medians are apart each time");
    }
    assert!(tells(&mut stage, Face::Program, DEARER).await, "the method does not find a tenth more work");
}
