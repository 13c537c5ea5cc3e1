//! A program that signs in: the four requests of `/api/v1`, and what their answers mean.

use std::net::SocketAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use super::http::{Answer, Request, Silence, ask};

pub const PASSWORD: &str = "a kettle of purple fish";
/// Accounts that every database here has: so many that nobody enters one as often as the limit allows.
pub const PEOPLE: [&str; 32] = [
    "ada",
    "grace",
    "edsger",
    "barbara",
    "alan",
    "donald",
    "leslie",
    "tony",
    "niklaus",
    "john",
    "dennis",
    "ken",
    "brian",
    "bjarne",
    "guido",
    "larry",
    "james",
    "anders",
    "radia",
    "frances",
    "margaret",
    "katherine",
    "dorothy",
    "mary",
    "jean",
    "betty",
    "marlyn",
    "ruth",
    "kathleen",
    "adele",
    "shafi",
    "cynthia",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    Granted(T),
    /// 401, with its code.
    Refused(String),
    /// Nothing was said about the session.
    Later(Trouble),
    /// There was no answer.
    Silent(Silence),
}

/// The server's own, or a proxy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub status: u16,
    /// Whether it says when to come again.
    pub says_when: bool,
}

pub async fn login(at: SocketAddr, name: &str) -> Outcome<Tokens> {
    let body = json!({ "username": name, "password": PASSWORD });
    outcome(post(at, "/api/v1/login", &body).await, tokens)
}

pub async fn refresh(at: SocketAddr, token: &str) -> Outcome<Tokens> {
    outcome(post(at, "/api/v1/refresh-token", &json!({ "refresh_token": token })).await, tokens)
}

pub async fn logout(at: SocketAddr, token: &str) -> Outcome<()> {
    outcome(post(at, "/api/v1/logout", &json!({ "refresh_token": token })).await, |_| Some(()))
}

pub async fn me(at: SocketAddr, access: &str) -> Outcome<()> {
    let request = Request { method: "GET", path: "/api/v1/me", bearer: Some(access), body: None };
    outcome(ask(at, &request).await, |_| Some(()))
}

/// Ends a session of the same person.
pub async fn revoke(at: SocketAddr, access: &str, session: Uuid) -> Outcome<()> {
    let path = format!("/api/v1/sessions/{session}");
    let request = Request { method: "DELETE", path: &path, bearer: Some(access), body: None };
    outcome(ask(at, &request).await, |_| Some(()))
}

async fn post(at: SocketAddr, path: &'static str, body: &Value) -> Result<Answer, Silence> {
    ask(at, &Request { method: "POST", path, bearer: None, body: Some(body.to_string()) }).await
}

fn outcome<T>(answer: Result<Answer, Silence>, read: impl FnOnce(&str) -> Option<T>) -> Outcome<T> {
    let Answer { status, body, says_when } = match answer {
        Ok(answer) => answer,
        Err(silence) => return Outcome::Silent(silence),
    };
    let trouble = Outcome::Later(Trouble { status, says_when });
    match status {
        // One without what it should bring is the server's trouble too.
        200 | 204 => read(&body).map_or(trouble, Outcome::Granted),
        401 => {
            let problem: Value = serde_json::from_str(&body).unwrap_or_default();
            Outcome::Refused(problem["code"].as_str().unwrap_or("none").to_owned())
        }
        _ => trouble,
    }
}

fn tokens(body: &str) -> Option<Tokens> {
    let answer: Value = serde_json::from_str(body).ok()?;
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    Some(Tokens { access: text("access_token")?, refresh: text("refresh_token")? })
}
