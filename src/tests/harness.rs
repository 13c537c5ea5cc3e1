//! The app under test, and the browsers and programs that call it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    response::Response,
    routing::get,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;

use super::{browser::Browser, database::TestDatabase};
use crate::{
    auth::{
        Auth, Policy,
        clock::Clock,
        keys::KeysError,
        purging::Retention,
        rng::{Rng, SystemRng},
        secret::ServerSecret,
        secrets::Secrets,
    },
    fields::Field,
    server::{
        metrics,
        proxies::Proxies,
        router::{layered, router},
        state::AppState,
    },
    store::{Store, UnixMillis},
};

pub const ORIGIN: &str = "http://localhost:3000";
pub const SECRET: &str = "a secret for tests, 32 bytes long";
pub const PASSWORD: &str = "a kettle of purple fish";
pub const FIREFOX_ON_LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0";
pub const CHROME_ON_ANDROID: &str = "Mozilla/5.0 (Linux; Android 15) Chrome/148.0.0.0 Mobile Safari/537.36";
/// Where requests come from that do not say otherwise.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
pub const MINUTE: UnixMillis = 60_000;
pub const DAY: UnixMillis = 24 * 60 * MINUTE;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn advance(&self, ms: UnixMillis) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        self.0.load(Ordering::Relaxed)
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock(AtomicI64::new(1_800_000_000_000)))
}

fn policy() -> Policy {
    Policy {
        issuer: ORIGIN.to_owned(),
        access_ttl: 15 * MINUTE,
        key_rotation: Some(30 * DAY),
        idle_ttl: 7 * DAY,
        absolute_ttl: 30 * DAY,
        settle: 2 * MINUTE,
        retention: Retention { sessions: 30 * DAY, events: 365 * DAY },
        signup_open: true,
        fields: &[],
        cores: 2,
    }
}

pub fn secret(text: &str) -> ServerSecret {
    ServerSecret::new(text).unwrap()
}

pub struct App {
    pub auth: Arc<Auth>,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    state: AppState,
    router: Router,
    pub database: Arc<TestDatabase>,
    policy: Policy,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl App {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With another policy.
    pub async fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = policy();
        change(&mut policy);
        Self::open(Arc::new(TestDatabase::new().await), clock(), policy).await
    }

    /// On a database that the test chose.
    pub async fn on(database: TestDatabase) -> Self {
        Self::open(Arc::new(database), clock(), policy()).await
    }

    /// With another source of randomness.
    pub async fn drawing_from(rng: Arc<dyn Rng>) -> Self {
        let database = Arc::new(TestDatabase::new().await);
        Self::made(database, clock(), policy(), &secret(SECRET).into(), rng).await.unwrap()
    }

    /// Another instance on the same database.
    pub async fn another(&self) -> Self {
        Self::open(Arc::clone(&self.database), Arc::clone(&self.clock), self.policy.clone()).await
    }

    /// Another instance on the same database, with other secrets.
    pub async fn another_with(&self, secrets: &Secrets) -> Result<Self, KeysError> {
        Self::open_with(Arc::clone(&self.database), Arc::clone(&self.clock), self.policy.clone(), secrets).await
    }

    /// Another instance on the same database, whose accounts have other fields.
    pub async fn beside_with(other: &Self, fields: &'static [Field]) -> Self {
        let policy = Policy { fields, ..other.policy.clone() };
        Self::open(Arc::clone(&other.database), Arc::clone(&other.clock), policy).await
    }

    /// Another instance on the same database, where nobody signs up.
    pub async fn closed_beside(other: &Self) -> Self {
        let policy = Policy { signup_open: false, ..other.policy.clone() };
        Self::open(Arc::clone(&other.database), Arc::clone(&other.clock), policy).await
    }

    /// One of several that start together.
    pub async fn beside(database: &Arc<TestDatabase>) -> Self {
        Self::open(Arc::clone(database), clock(), policy()).await
    }

    async fn open(database: Arc<TestDatabase>, clock: Arc<ManualClock>, policy: Policy) -> Self {
        Self::open_with(database, clock, policy, &secret(SECRET).into()).await.unwrap()
    }

    async fn open_with(
        database: Arc<TestDatabase>,
        clock: Arc<ManualClock>,
        policy: Policy,
        secrets: &Secrets,
    ) -> Result<Self, KeysError> {
        Self::made(database, clock, policy, secrets, Arc::new(SystemRng)).await
    }

    async fn made(
        database: Arc<TestDatabase>,
        clock: Arc<ManualClock>,
        policy: Policy,
        secrets: &Secrets,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, KeysError> {
        let store = database.open().await;
        let auth = Auth::new(policy.clone(), secrets, store.clone(), clock.clone(), rng).await?;
        let auth = Arc::new(auth);
        let state = AppState::new(Arc::clone(&auth), ORIGIN);
        let router = routes(state.clone());
        Ok(Self { auth, clock, store, state, router, database, policy })
    }

    /// The same, told which reverse proxies to believe.
    pub fn behind(self, proxies: &str) -> Self {
        let proxies = Proxies::named(proxies).unwrap();
        let state = self.state.behind(proxies);
        Self { router: routes(state.clone()), state, ..self }
    }

    /// The same, at another public URL.
    pub fn at(self, public_url: &str) -> Self {
        let state = AppState::new(Arc::clone(&self.auth), public_url);
        Self { router: routes(state.clone()), state, ..self }
    }

    /// The same, with somebody who wants to hear of weaknesses.
    pub fn reported_to(self, contact: &str) -> Self {
        let state = self.state.reported_to(Some(contact));
        Self { router: routes(state.clone()), state, ..self }
    }

    /// What the listener of the metrics says.
    pub async fn metrics(&self) -> String {
        let answer = self.ask_for_metrics().await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.body
    }

    pub async fn ask_for_metrics(&self) -> Answer {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        taken(metrics::router(self.state.clone()).oneshot(request).await.unwrap()).await
    }

    /// Stops and starts anew on the same database.
    pub async fn restart(self) -> Self {
        self.auth.close().await;
        Self::open(self.database, self.clock, self.policy).await
    }

    pub fn routes(&self) -> Router {
        self.router.clone()
    }

    pub async fn user(&self, name: &str) -> uuid::Uuid {
        self.store.user_by_key(name).await.unwrap().unwrap().id
    }

    /// The session of a browser that signed up as the first under this name.
    pub async fn only_session(&self, name: &str) -> uuid::Uuid {
        self.store.newest_session(self.user(name).await).await.unwrap().unwrap()
    }

    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(HERE, 4711)));
        }
        request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("localhost:3000"));
        taken(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A program's request.
    pub async fn post_json(&self, path: &str, body: Value) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn get_with_bearer(&self, path: &str, token: &str) -> Answer {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A browser with a new account, signed in.
    pub async fn signed_up(&self, name: &str) -> Browser<'_> {
        let mut browser = Browser::new(self);
        let answer = browser.sign_up(name, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        browser
    }
}

async fn taken(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

fn routes(state: AppState) -> Router {
    // A handler that fails as no handler of ours should, inside the same layers.
    let panics = Router::new().route("/panic", get(fails).post(fails));
    router(state.clone()).merge(layered(panics, &state).with_state(state))
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn access_token(&self) -> String {
        self.json()["access_token"].as_str().unwrap_or_else(|| panic!("no token: {}", self.body)).to_owned()
    }

    pub fn refresh_token(&self) -> String {
        self.json()["refresh_token"].as_str().unwrap_or_else(|| panic!("no token: {}", self.body)).to_owned()
    }

    /// The refresh cookie that this answer sets: its value, and whether it clears it.
    pub fn set_cookie(&self) -> Option<String> {
        self.cookie("__Host-refresh")
    }

    /// What a cookie is set to. No cookie is ever set but ours, and none twice.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let set: Vec<_> = lines.map(|line| line.split(';').next().unwrap().split_once('=').unwrap()).collect();
        assert!(set.iter().all(|(name, _)| ["__Host-refresh", "__Host-device"].contains(name)), "{set:?}");
        let found: Vec<_> = set.into_iter().filter(|(other, _)| *other == name).collect();
        assert!(found.len() <= 1, "one of a name at most");
        found.first().map(|(_, value)| (*value).to_owned())
    }

    /// The line that sets the refresh cookie.
    pub fn refresh_line(&self) -> &str {
        let mut lines = self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        lines.find(|line| line.starts_with("__Host-refresh=")).unwrap_or_default()
    }
}

async fn fails() -> &'static str {
    panic!("at the disco")
}
