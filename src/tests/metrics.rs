//! What Prometheus is told.

use axum::body::Body;
use http::Request;

use super::{
    browser::Browser,
    harness::{App, MINUTE},
};

/// The value of a line, by all that stands before it.
fn value(text: &str, line: &str) -> f64 {
    let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {line} in\n{text}")).parse().unwrap()
}

/// The values of all labels.
fn label_values(text: &str) -> Vec<&str> {
    let labels = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('{'));
    labels.flat_map(|(_, rest)| rest.rsplit_once('}').unwrap().0.split('"').skip(1).step_by(2)).collect()
}

#[tokio::test]
async fn every_metric_is_there_from_the_start() {
    let app = App::start().await;
    // A family shows when it has a member.
    app.get("/livez").await;
    let text = app.metrics().await;
    for name in [
        "hallpass_http_requests counter",
        "hallpass_http_request_duration_seconds histogram",
        "hallpass_logins counter",
        "hallpass_refreshes counter",
        "hallpass_token_reuses counter",
        "hallpass_password_hashes_running gauge",
        "hallpass_password_hashes_waiting gauge",
        "hallpass_password_hashes_refused counter",
        "hallpass_revocation_lag_seconds gauge",
        "hallpass_revocation_checks_while_deaf counter",
        "hallpass_database_connections gauge",
        "hallpass_signing_key_age_seconds gauge",
        "hallpass_live_sessions gauge",
    ] {
        assert!(text.contains(&format!("# TYPE {name}\n")), "{name}:\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    for outcome in ["minted", "rotated", "replayed", "reused", "invalid", "expired", "contended"] {
        assert!(value(&text, &format!("hallpass_refreshes_total{{outcome=\"{outcome}\"}}")).abs() < 0.5, "{outcome}");
    }
}

#[tokio::test]
async fn logins_and_refreshes_are_counted_by_what_came_of_them() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    Browser::new(&app).log_in("ada", "not her password").await;
    let mut thief = owner.clone();
    owner.refresh().await;
    app.clock.advance(2 * MINUTE);
    let mut lost = owner.clone();
    owner.refresh().await;
    lost.refresh().await;
    app.clock.advance(2 * MINUTE);
    owner.refresh().await;
    thief.refresh().await;
    owner.refresh().await;
    let text = app.metrics().await;
    for (line, expected) in [
        ("hallpass_logins_total{outcome=\"wrong\"}", 1.0),
        ("hallpass_refreshes_total{outcome=\"minted\"}", 1.0),
        ("hallpass_refreshes_total{outcome=\"rotated\"}", 2.0),
        ("hallpass_refreshes_total{outcome=\"replayed\"}", 1.0),
        ("hallpass_refreshes_total{outcome=\"reused\"}", 2.0),
        ("hallpass_token_reuses_total", 1.0),
        ("hallpass_signing_key_age_seconds", 240.0),
        ("hallpass_http_requests_total{method=\"POST\",route=\"/api/refresh\",status=\"401\"}", 2.0),
        ("hallpass_http_request_duration_seconds_count{route=\"/api/refresh\"}", 6.0),
    ] {
        assert!((value(&text, line) - expected).abs() < 0.5, "{line} is not {expected}:\n{text}");
    }
}

#[tokio::test]
async fn live_sessions_are_counted_once_a_minute() {
    let app = App::start().await;
    let live = async || value(&app.metrics().await, "hallpass_live_sessions");
    let mut browser = app.signed_up("ada").await;
    assert!((live().await - 1.0).abs() < 0.5);
    app.signed_up("bob").await;
    assert!((live().await - 1.0).abs() < 0.5, "not counted again yet");
    app.clock.advance(MINUTE);
    assert!((live().await - 2.0).abs() < 0.5);
    browser.log_out().await;
    app.clock.advance(MINUTE);
    assert!((live().await - 1.0).abs() < 0.5);
}

#[tokio::test]
async fn no_label_says_who_or_is_made_by_a_visitor() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let session = app.only_session("ada").await;
    let user = app.user("ada").await;
    for path in [format!("/account/{session}"), format!("/api/v1/{user}"), "/ada?q=192.0.2.1".into(), "/%00".into()] {
        browser.open(&path).await;
    }
    browser.ask("/api/end_session", &[("id", &session.to_string())]).await;
    app.send(Request::builder().method("ADA").uri("/").body(Body::empty()).unwrap()).await;
    let text = app.metrics().await;
    let values = label_values(&text);
    assert!(values.contains(&"/account") || values.contains(&"/api/end_session"), "the search finds them: {values:?}");
    for value in values {
        assert!(
            !value.chars().any(|c| c.is_ascii_digit()) || is_number(value) || value.starts_with("/api/v1"),
            "{value}"
        );
        for secret in ["ada", "ADA", "192.0.2", &session.to_string(), &user.to_string()] {
            assert!(!value.contains(secret), "{value}");
        }
    }
}

fn is_number(value: &str) -> bool {
    value.parse::<f64>().is_ok()
}

#[tokio::test]
async fn the_public_listener_has_no_metrics() {
    let app = App::start().await;
    assert_eq!(app.get("/metrics").await.status, 404);
}
