//! Requests that two readers could take for different ones, and others that are none, written to the socket as they are. Each has as many answers as there are
//! requests in it; where its end is in doubt the connection ends with it; and what is hidden in one is never carried out.

mod chunks;
mod framing;
mod lines;
mod proxied;

use std::time::Duration;

use serde_json::json;

use super::{
    harness::{App, PASSWORD},
    socket::Socket,
};
use crate::server::connections::Limits;

/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(2);
/// Comes after everything. Where the connection is to end, nobody may answer it.
const LAST: &str = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It is open for the next request.
    Stays,
    /// It ends, and nothing that comes after is looked at.
    Ends,
}
use Then::{Ends, Stays};

/// In all of them `{hidden}` is a request that ends somebody's session, `{hex}` its length, and `{length}` that of what stands behind the first empty line.
struct Case {
    name: &'static str,
    bytes: String,
    answers: &'static [u16],
    then: Then,
}

fn all() -> Vec<Case> {
    let all: Vec<_> = framing::cases().chain(chunks::cases()).chain(lines::cases()).collect();
    println!("{} cases", all.len());
    assert!(all.len() > 80);
    all
}

type Row = (&'static str, String, &'static [u16], Then);

fn cases(rows: impl IntoIterator<Item = Row>) -> impl Iterator<Item = Case> {
    rows.into_iter().map(|(name, bytes, answers, then)| Case { name, bytes, answers, then })
}

/// A program that signs out, with other header lines and another body.
fn post(headers: &str, body: &str) -> String {
    format!(
        "POST /api/v1/logout HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n\r\n{body}"
    )
}

/// A question with other header lines.
fn get(headers: &str) -> String {
    format!("GET /livez HTTP/1.1\r\n{headers}\r\n\r\n")
}

impl Case {
    fn hiding(&self, hidden: &str) -> String {
        let bytes = self.bytes.replace("{hidden}", hidden).replace("{hex}", &format!("{:x}", hidden.len()));
        let length = bytes.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
        bytes.replace("{length}", &length.to_string())
    }
}

/// Somebody with a session, and the request that would end it.
struct Victim {
    session: uuid::Uuid,
    ending: String,
}

impl Victim {
    async fn named(app: &App, name: &str) -> Self {
        app.signed_up(name).await;
        let answer = app.post_json("/api/v1/login", json!({ "username": name, "password": PASSWORD })).await;
        let body = json!({ "refresh_token": answer.refresh_token() }).to_string();
        let headers = format!("Content-Length: {}", body.len());
        let me = app.get_with_bearer("/api/v1/me", &answer.access_token()).await.json();
        Self { session: me["session_id"].as_str().unwrap().parse().unwrap(), ending: post(&headers, &body) }
    }

    async fn lives(&self, app: &App) -> bool {
        app.store.session(self.session).await.unwrap().unwrap().ended.is_none()
    }
}

/// What is wrong with what a case was answered, if anything.
async fn wrong(app: &App, socket: &Socket, victim: &Victim, case: &Case) -> Option<String> {
    let bytes = case.hiding(&victim.ending);
    let said = socket.told(format!("{bytes}{LAST}").as_bytes()).await;
    let statuses: Vec<_> = said.iter().map(|said| said.status).collect();
    let expected = [case.answers, if case.then == Stays { &[200] } else { &[] }].concat();
    if !victim.lives(app).await {
        return Some(format!("{}: the hidden request was carried out", case.name));
    }
    (statuses != expected).then(|| format!("{}: {statuses:?} and not {expected:?}", case.name))
}

#[tokio::test]
async fn whatever_is_written_to_the_socket_has_one_answer_for_each_request_and_hides_none() {
    let app = App::start().await;
    let socket = app.listening(Limits { patience: PATIENCE, ..Limits::default() }).await;
    let victim = Victim::named(&app, "ada").await;
    let mut all_wrong = Vec::new();
    for case in all() {
        println!("{}", case.name);
        all_wrong.extend(wrong(&app, &socket, &victim, &case).await);
    }
    assert!(all_wrong.is_empty(), "{all_wrong:#?}");

    // What was hidden is a request that would have done it.
    let said = socket.told(format!("{}{LAST}", victim.ending).as_bytes()).await;
    assert_eq!(said.iter().map(|said| said.status).collect::<Vec<_>>(), [204, 200]);
    assert!(!victim.lives(&app).await);
}
