//! Numbers for Prometheus, on a listener of their own: what was answered, counted here, and the figures of [`crate::auth::tally`].
//!
//! Labels come from lists that are known beforehand (routes, methods, statuses, outcomes), never from what a visitor sent, so that nobody is in
//! them and nobody can make them many.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use tokio::net::TcpListener;

use super::{figures, headers, state::AppState, telemetry::Asked};

/// `OpenMetrics` 1.0, which Prometheus reads.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Seconds: a token is verified in a fraction of a millisecond, and a login may wait for seconds.
const BUCKETS: [f64; 13] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

type Label = (&'static str, Cow<'static, str>);

/// What was answered since the start.
pub struct Metrics {
    registry: Registry,
    answers: Family<[Label; 3], Counter>,
    durations: Family<[Label; 1], Histogram>,
    /// What was asked for before, found without making labels anew for each request.
    known: RwLock<HashMap<Box<str>, Arc<Known>>>,
}

/// Of one route.
struct Known {
    durations: Histogram,
    answers: RwLock<HashMap<(&'static str, StatusCode), Counter>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let answers = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let mut registry = Registry::default();
        registry.register("hallpass_http_requests", "Requests answered", answers.clone());
        registry.register(
            "hallpass_http_request_duration_seconds",
            "Time until an answer began, in seconds",
            durations.clone(),
        );
        Self { registry, answers, durations, known: RwLock::default() }
    }
}

impl Metrics {
    pub fn count(&self, asked: &Asked, status: StatusCode, latency: Duration) {
        let (route, method) = (asked.route(), asked.method);
        let known = self.of(route);
        known.durations.observe(latency.as_secs_f64());
        let found = known.answers.read().unwrap_or_else(PoisonError::into_inner).get(&(method, status)).cloned();
        let counter = found.unwrap_or_else(|| {
            let labels = [("method", method.into()), label(route), ("status", status.as_str().to_owned().into())];
            let counter = self.answers.get_or_create_owned(&labels);
            let mut answers = known.answers.write().unwrap_or_else(PoisonError::into_inner);
            answers.entry((method, status)).or_insert(counter).clone()
        });
        counter.inc();
    }

    fn of(&self, route: &str) -> Arc<Known> {
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(route) {
            return Arc::clone(known);
        }
        let durations = self.durations.get_or_create_owned(&[label(route)]);
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let known =
            all.entry(route.into()).or_insert_with(|| Arc::new(Known { durations, answers: RwLock::default() }));
        Arc::clone(known)
    }

    fn text(&self, figures: &Registry) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, figures)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

fn label(route: &str) -> Label {
    ("route", route.to_owned().into())
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(..)")
    }
}

/// What the listener of the metrics serves, and the public one does not.
pub fn router(state: AppState) -> Router {
    let dressed = middleware::map_response_with_state(state.clone(), dressed);
    Router::new().route("/metrics", get(exposition)).layer(dressed).with_state(state)
}

async fn dressed(State(state): State<AppState>, mut response: Response) -> Response {
    headers::set(&state, &mut response);
    response
}

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, state: AppState) {
    if let Err(error) = axum::serve(listener, router(state)).await {
        tracing::error!(%error, "the metrics are served no more");
    }
}

async fn exposition(State(state): State<AppState>) -> Response {
    let figures = figures::registry(state.auth.figures().await);
    match state.metrics.text(&figures) {
        Ok(text) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
