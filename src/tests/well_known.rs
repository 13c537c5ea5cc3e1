//! What is looked for under `/.well-known`.

use super::harness::{App, ORIGIN};

#[tokio::test]
async fn whoever_finds_a_weakness_finds_whom_to_tell() {
    let app = App::start().await.reported_to("mailto:security@example.com");
    let answer = app.get("/.well-known/security.txt").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    let line = |name: &str| {
        let mut lines = answer.body.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let line = lines.next().unwrap_or_default().to_owned();
        assert!(lines.next().is_none(), "{name} is said once");
        line
    };
    assert_eq!(line("Contact"), "mailto:security@example.com");
    assert_eq!(line("Canonical"), format!("{ORIGIN}/.well-known/security.txt"));
    assert_eq!(line("Expires"), "2027-07-14T08:00:00Z", "180 days from now, which is the morning of 15 January 2027");
}

#[tokio::test]
async fn where_nobody_wants_to_be_told_there_is_no_such_file() {
    let app = App::start().await;
    let answer = app.get("/.well-known/security.txt").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"));
}

/// "A Well-Known URL for Changing Passwords", section 2, lets password managers ask whether a site answers honestly.
#[tokio::test]
async fn what_is_not_known_well_is_not_found() {
    let app = App::start().await;
    let odd = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    for path in [odd, "/.well-known/", "/.well-known", "/.well-known/passkey-endpoints", "/.well-known/jwks.json/x"] {
        for accept in ["application/json", "text/html"] {
            let request = http::Request::get(path).header("accept", accept).body(axum::body::Body::empty()).unwrap();
            assert_eq!(app.send(request).await.status, 404, "{path} {accept}");
        }
    }
}
