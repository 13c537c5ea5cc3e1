//! Logs: readable on a terminal, JSON otherwise. What a request carried (query, headers, body) is never in them.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use axum::{extract::Request, response::Response};
use http::HeaderName;
use tower_http::request_id::RequestId;
use tracing::{Span, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{self, MakeWriter},
    prelude::*,
};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Starts writing logs to standard error. `RUST_LOG` chooses what; by default everything from `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    lines(filter, io::stderr().is_terminal(), io::stderr).init();
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

/// Around everything that is logged for a request. The path and not the query, which is the visitor's.
pub fn span(request: &Request) -> Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
}

pub fn answered(response: &Response, latency: Duration, _: &Span) {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(status = response.status().as_u16(), micros, "answered");
}
