//! What the log says of security: a line for each event that is kept, whole whatever a visitor wrote, and without a secret.

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use http::{Request, header};
use serde_json::Value;
use tracing::Dispatch;
use tracing_subscriber::EnvFilter;

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, MINUTE, ORIGIN, PASSWORD},
};
use crate::{
    auth::{Asked, EventLine, Visit, login::Credentials, operating::Wanted, password::Password},
    fields::Field,
    server::telemetry::lines,
};

const MOTTO: Field = Field::optional("motto", "Motto", 40);
const NEW: &str = "seven slow brown turtles";
/// Ends its line, forges another, speaks to the terminal and gets out of quotes.
const FORGED: &str =
    "x\n{\"level\":\"INFO\",\"event\":\"forged\"}\r\n\u{1b}[31m\u{9b}31m forged\",\"event\":\"forged\" user_created\\";

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    /// Of this thread, until what is given back is dropped.
    fn start(&self, readable: bool) -> tracing::subscriber::DefaultGuard {
        // As long as there is one subscriber alone, `tracing` asks that of the thread that comes first whether a line is wanted, and keeps the
        // answer for all threads; and other tests have none.
        static ANOTHER: LazyLock<Dispatch> =
            LazyLock::new(|| Dispatch::new(lines(EnvFilter::new("off"), false, io::sink)));
        LazyLock::force(&ANOTHER);
        let writer = self.clone();
        tracing::subscriber::set_default(lines(EnvFilter::new("info"), readable, move || writer.clone()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Everything that is told, and the secrets that came with it.
async fn a_life(server: &App) -> Vec<String> {
    let operator = Visit { user_agent: FORGED.to_owned(), ..Visit::default() };
    let mut ada = server.signed_up("ada").await;
    let mut secrets = vec![ada.token.clone(), ada.cookie.clone().unwrap()];
    for name in ["ada", "nobody", FORGED] {
        Browser::new(server).log_in(name, "not the password of ada").await;
    }
    let visit = Visit { address: FORGED.to_owned(), user_agent: FORGED.to_owned(), ..Visit::default() };
    let credentials = Credentials { username: "ada".to_owned(), password: Password::new("not the password of ada") };
    assert!(server.auth.log_in(credentials, None, &visit).await.is_err());
    let phone = Browser::signed_in(server, "ada", CHROME_ON_ANDROID).await;
    secrets.push(phone.token.clone());
    ada.ask("/api/change_password", &[("current_password", "not hers"), ("new_password", NEW)]).await;
    ada.ask("/api/change_password", &[("current_password", PASSWORD), ("new_password", NEW)]).await;
    let mut thief = ada.clone();
    for _ in 0..2 {
        server.clock.advance(2 * MINUTE);
        ada.refresh().await;
        secrets.push(ada.cookie.clone().unwrap());
    }
    assert_eq!(thief.refresh().await.code(), "reused");
    ada.log_in("ada", NEW).await;
    ada.log_in("ada", NEW).await;
    ada.log_out().await;
    for refused in [&ada.token, "made.up.token"] {
        assert_eq!(server.get_with_bearer("/api/v1/me", refused).await.status, 401);
    }
    let id = server.user("ada").await;
    server.auth.disable_user(id, &operator).await.unwrap();
    server.auth.enable_user(id, &operator).await.unwrap();
    assert_eq!(server.auth.forgive("ada", &operator).await.unwrap(), Some(true));
    server.auth.fill_in(id, MOTTO, "slow, steady", &operator).await.unwrap();
    server.auth.rotate_keys(&operator).await.unwrap();
    server.auth.replace_keys(&operator).await.unwrap();
    server.auth.note_restore(&operator).await.unwrap();
    let forged = Request::post("/api/refresh").header("sec-fetch-site", "cross-site").header(header::ORIGIN, ORIGIN);
    server.send(forged.body(axum::body::Body::empty()).unwrap()).await;
    server.auth.tidy().await.unwrap();
    secrets.extend([PASSWORD, NEW, "not the password of ada", "not hers"].map(str::to_owned));
    secrets
}

/// What a line and a stored event say alike.
type Told = (String, Option<String>, Option<String>, Option<String>);

fn told_by(event: &EventLine) -> Told {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    let detail = Some(event.detail.clone()).filter(|detail| !detail.is_empty());
    (event.kind.clone(), id(event.user_id), id(event.session_id), detail)
}

fn told_in(line: &Value) -> Told {
    let member = |name: &str| line[name].as_str().map(str::to_owned);
    (member("event").unwrap(), member("user"), member("session"), member("detail"))
}

#[tokio::test]
async fn every_event_that_is_kept_is_one_line_with_who_what_when_where_and_the_outcome() {
    let server = App::start().await;
    let captured = Captured::default();
    let listening = captured.start(false);
    let secrets = a_life(&server).await;
    drop(listening);

    let text = captured.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let security: Vec<_> = lines.iter().filter(|line| line["target"] == "hallpass::security").collect();
    let mut logged: Vec<_> =
        security.iter().map(|line| told_in(line)).filter(|(name, ..)| name != "session_created").collect();
    let asked = Asked { after: None, size: 1_000 };
    let kept = server.auth.all_events(Wanted::default(), asked).await.unwrap().rows;
    let mut kept: Vec<_> = kept.iter().map(told_by).collect();
    logged.sort();
    kept.sort();
    assert_eq!(logged, kept);
    for name in [
        "user_created",
        "session_created",
        "authn_login_success",
        "authn_login_fail",
        "authn_token_revoked",
        "authn_token_reuse",
        "authn_password_change",
        "authn_password_change_fail",
        "session_logout",
        "session_replaced",
        "user_archived",
        "user_updated",
        "user_unlocked",
        "user_field_changed",
        "signing_key_published",
        "signing_keys_replaced",
        "database_restored",
        "session_use_after_expire",
        "authn_token_invalid",
        "malicious_csrf",
    ] {
        let line = security.iter().find(|line| line["event"] == name).unwrap_or_else(|| panic!("no {name}"));
        let outcome = line["outcome"].as_str().unwrap();
        assert!(["success", "failure"].contains(&outcome), "{line}");
        assert!(line["address"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    let archived = security.iter().find(|line| line["event"] == "user_archived").unwrap();
    assert_eq!((archived["by"].as_str(), archived["address"].as_str()), (Some("operator"), Some("")));
    let filled_in = security.iter().find(|line| line["event"] == "user_field_changed").unwrap();
    assert_eq!(filled_in["detail"], "motto", "which one, and not what was written");
    let reused = security.iter().find(|line| line["event"] == "authn_token_reuse").unwrap();
    assert_eq!((reused["level"].as_str(), reused["address"].as_str()), (Some("ERROR"), Some("192.0.2.1")));
    for secret in secrets {
        assert!(!text.contains(&secret));
    }
}

#[tokio::test]
async fn what_a_visitor_writes_forges_no_line_in_either_format() {
    for readable in [false, true] {
        let server = App::start().await;
        let captured = Captured::default();
        let listening = captured.start(readable);
        a_life(&server).await;
        drop(listening);

        let text = captured.text();
        let about_forger: Vec<_> = text.lines().filter(|line| line.contains("forged")).collect();
        assert_eq!(about_forger.len(), 1, "the address of one visit, in one line: {about_forger:?}");
        assert!(about_forger[0].contains("authn_login_fail"), "and within its own: {}", about_forger[0]);
        for line in text.lines() {
            let begins = if readable { "20" } else { "{" };
            assert!(line.trim_start_matches("\u{1b}[2m").starts_with(begins), "{line:?}");
            assert!(!line.contains('\u{9b}') && !line.contains("\u{1b}[31m forged"), "{line:?}");
        }
        if !readable {
            let line: Value = serde_json::from_str(about_forger[0]).unwrap();
            assert_eq!(line["event"], "authn_login_fail");
            assert!(line["address"].as_str().unwrap().starts_with("x\\u{a}{\"level\""), "{line}");
        }
    }
}

#[tokio::test]
async fn what_is_not_committed_is_not_told() {
    let server = App::start().await;
    server.signed_up("ada").await;
    let captured = Captured::default();
    let listening = captured.start(false);
    assert_eq!(Browser::new(&server).sign_up("ada", PASSWORD).await.status, 409);
    server.store.close().await;
    assert_eq!(Browser::new(&server).log_in("ada", PASSWORD).await.status, 503);
    drop(listening);
    assert!(!captured.text().contains("hallpass::security"), "{}", captured.text());
}

#[test]
fn the_document_names_every_event_with_its_outcome() {
    let document = std::fs::read_to_string("docs/operate.md").unwrap();
    for kind in crate::store::EventKind::ALL {
        let row = format!("| `{}` | {} |", kind.name(), kind.outcome().name());
        assert!(document.contains(&row), "no {row}");
    }
}
