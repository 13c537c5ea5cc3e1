//! What every request handler is handed.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::extract::ConnectInfo;
use http::{header, request::Parts};

use crate::{
    api::caller::Caller,
    auth::{Auth, Visit},
};

/// A user agent longer than this is cut: it is shown to people and kept for each session.
const LONGEST_USER_AGENT: usize = 256;

#[derive(Clone)]
pub struct AppState {
    pub auth: Arc<Auth>,
    /// Scheme, host and port that people use.
    pub public_origin: Arc<str>,
    draining: Arc<AtomicBool>,
}

impl AppState {
    pub fn new(auth: Arc<Auth>, public_url: &str) -> Self {
        Self { auth, public_origin: public_url.into(), draining: Arc::default() }
    }

    /// From now on this instance is not ready for more.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    pub fn is_https(&self) -> bool {
        self.public_origin.starts_with("https://")
    }

    pub fn caller(&self, parts: &Parts) -> Caller {
        Caller::new(Arc::clone(&self.auth), Arc::clone(&self.public_origin), parts, visit(parts))
    }
}

/// From where a request comes.
pub fn visit(parts: &Parts) -> Visit {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Visit {
        address: address.map(|ConnectInfo(address)| address.ip().to_canonical().to_string()).unwrap_or_default(),
        user_agent: user_agent.chars().take(LONGEST_USER_AGENT).collect(),
        instance: None,
    }
}
