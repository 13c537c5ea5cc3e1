//! What every request handler is handed.

use std::{
    net::SocketAddr,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::extract::ConnectInfo;
use http::{header, request::Parts};

use super::{metrics::Metrics, proxies::Proxies};
use crate::{
    api::caller::Caller,
    auth::{Auth, Visit},
};

/// A user agent longer than this is cut: it is shown to people and kept for each session.
const LONGEST_USER_AGENT: usize = 256;

/// One thing, since it is copied for every layer and handler of every request.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

#[derive(Clone)]
pub struct Shared {
    pub auth: Arc<Auth>,
    /// Scheme, host and port that people use.
    pub public_origin: Arc<str>,
    pub metrics: Arc<Metrics>,
    /// Whom to tell of a weakness, as a URI.
    pub security_contact: Option<Arc<str>>,
    proxies: Proxies,
    draining: Arc<AtomicBool>,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    pub fn new(auth: Arc<Auth>, public_url: &str) -> Self {
        Self(Arc::new(Shared {
            auth,
            public_origin: public_url.into(),
            metrics: Arc::default(),
            security_contact: None,
            proxies: Proxies::default(),
            draining: Arc::default(),
        }))
    }

    /// With reverse proxies before it, which say who comes.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self(Arc::new(Shared { proxies, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// With somebody who wants to hear of weaknesses.
    #[must_use]
    pub fn reported_to(self, security_contact: Option<&str>) -> Self {
        Self(Arc::new(Shared { security_contact: security_contact.map(Into::into), ..Arc::unwrap_or_clone(self.0) }))
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
        Caller::new(Arc::clone(&self.auth), Arc::clone(&self.public_origin), parts, self.visit(parts))
    }

    /// From where a request comes.
    pub fn visit(&self, parts: &Parts) -> Visit {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let user_agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Visit {
            address: peer.map(|peer| self.proxies.client(peer, &parts.headers).to_string()).unwrap_or_default(),
            user_agent: user_agent.chars().take(LONGEST_USER_AGENT).collect(),
            instance: None,
            device: None,
        }
    }
}
