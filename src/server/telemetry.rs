//! Logs: readable on a terminal, JSON otherwise. What a request carried (query, headers, body) is never in them.

use std::io::{self, IsTerminal};

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use http::Method;
use tokio::time::Instant;
use tracing::{Span, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{self, MakeWriter},
    prelude::*,
};
use uuid::Uuid;

use super::{metrics::Metrics, panics};

/// What is no route of its own: a file of the site, or nothing.
const OTHER: &str = "other";

/// Starts writing logs to standard error, and panics among them. `RUST_LOG` chooses what; by default everything from `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    lines(filter, io::stderr().is_terminal(), io::stderr).init();
    panics::log();
}

/// For a command, which speaks to whoever called it: logs only if `RUST_LOG` asks for them.
pub fn start_if_asked() {
    if let Ok(filter) = EnvFilter::try_from_default_env() {
        lines(filter, io::stderr().is_terminal(), io::stderr).init();
    }
}

/// What a line looks like: one for people, or JSON. Whatever is in it, it is one line.
pub fn lines<W>(filter: EnvFilter, readable: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    let json = (!readable).then(|| {
        let layer = fmt::layer().json().flatten_event(true).with_span_list(false);
        layer.with_writer(writer.clone())
    });
    let readable = readable.then(|| fmt::layer().with_writer(writer).with_target(false));
    tracing_subscriber::registry().with(filter).with(readable).with(json)
}

/// A request, as the log and the counts know it. What a visitor sent names nothing here: the labels come from lists that are known beforehand.
pub struct Asked {
    /// Told to the visitor too. One that a visitor made up would say nothing about a request.
    pub id: Uuid,
    pub method: &'static str,
    route: Option<MatchedPath>,
    begun: Instant,
}

impl Asked {
    pub fn now(id: Uuid, request: &Request) -> Self {
        let method = match *request.method() {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            _ => OTHER,
        };
        Self { id, method, route: request.extensions().get::<MatchedPath>().cloned(), begun: Instant::now() }
    }

    pub fn route(&self) -> &str {
        self.route.as_ref().map_or(OTHER, MatchedPath::as_str)
    }

    /// Around everything that is logged for it. The path and not the query, which is the visitor's.
    pub fn span(&self, request: &Request) -> Span {
        tracing::info_span!("request", id = %self.id, method = %request.method(), path = request.uri().path())
    }

    pub fn answered(&self, response: &Response, metrics: &Metrics) {
        let latency = self.begun.elapsed();
        metrics.count(self, response.status(), latency);
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), micros, "answered");
    }
}
