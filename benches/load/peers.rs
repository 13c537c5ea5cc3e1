//! The peers of `benches/peers/`, each as its own process of Node.

use std::{env, fs, process::Command};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use tempfile::TempDir;

use super::{
    Outcome,
    bench::{Bench, Place},
    http::Connection,
    people::PASSWORD,
    process::Server,
    rows::hashing_at_once,
    visitor::{Visitor, Wants},
};

pub const PROTECTED: &str = "protected route, Express";
pub const REFRESH: &str = "refresh, Express";

const SECRET: &str = "only for the benchmark: 0123456789";

/// The tutorials' server. It keeps as many refresh tokens as Hallpass has sessions.
pub async fn express(bench: &mut Bench) -> Outcome<()> {
    let folder = TempDir::with_prefix("hallpass-bench-")?;
    let tokens: Vec<String> =
        (0..bench.options.sessions).map(|at| signed(&json!({ "name": "ada", "iat": at }))).collect::<Outcome<_>>()?;
    let file = folder.path().join("tokens.json");
    fs::write(&file, serde_json::to_string(&tokens)?)?;
    let Some(server) = start(
        bench,
        "express",
        &[("ACCESS_SECRET", SECRET), ("REFRESH_SECRET", SECRET), ("REFRESH_TOKENS", &file.to_string_lossy())],
    )?
    else {
        return Ok(());
    };
    let place = Place::alone(&server);
    if bench.options.wants("me") {
        let token = signed(&json!({ "name": "ada", "exp": 4_000_000_000_u64 }))?;
        let me = Visitor::get("/me").header("Authorization", &format!("Bearer {token}"));
        bench.row(PROTECTED, &place, vec![me; bench.options.connections]).await?;
    }
    if bench.options.wants("refresh") {
        let refresh =
            |token: &String| Visitor::post("/token", "application/json", json!({ "token": token }).to_string());
        bench.row(REFRESH, &place, tokens.iter().map(refresh).collect()).await?;
    }
    if bench.options.wants("login") {
        let body = json!({ "username": "ada", "password": PASSWORD }).to_string();
        let login = Visitor::post("/login", "application/json", body);
        bench.row("login (bcrypt), Express", &place, vec![login; hashing_at_once()]).await?;
    }
    Ok(())
}

/// A peer with storage.
pub async fn better_auth(bench: &mut Bench) -> Outcome<()> {
    let folder = TempDir::with_prefix("hallpass-bench-")?;
    let file = folder.path().join("better-auth.db");
    let settings = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE", &*file.to_string_lossy())];
    let Some(server) = start(bench, "better-auth", &settings)? else { return Ok(()) };
    let place = Place::alone(&server);
    let post = |path: &str, body: serde_json::Value| {
        Visitor::post(&format!("/api/auth/{path}"), "application/json", body.to_string())
            .header("Origin", "http://localhost")
    };
    let (name, email) = ("Ada", "ada@example.com");
    let sign_up = post("sign-up/email", json!({ "name": name, "email": email, "password": PASSWORD }));
    let mut connection = Connection::open(&server.address).await?;
    let answer = connection.ask(sign_up.request()).await?;
    let cookie = "better-auth.session_token";
    let session = answer.cookie(cookie).ok_or_else(|| format!("nobody was signed up: {}", answer.text()))?.to_owned();
    if bench.options.wants("me") {
        let check = Visitor::get("/api/auth/get-session").cookie(cookie, session).wants(Wants::Text(email));
        bench.row("session check, Better Auth on SQLite", &place, vec![check; bench.options.connections]).await?;
    }
    if bench.options.wants("login") {
        let sign_in = post("sign-in/email", json!({ "email": email, "password": PASSWORD }));
        bench.row("login (scrypt), Better Auth on SQLite", &place, vec![sign_in; hashing_at_once()]).await?;
    }
    Ok(())
}

/// `None`, and a note: its packages are not installed.
fn start(bench: &mut Bench, peer: &str, settings: &[(&str, &str)]) -> Outcome<Option<Server>> {
    let folder = env::current_dir()?.join("benches/peers").join(peer);
    if !folder.join("node_modules/.installed-from").exists() {
        bench.notes.push(format!("{peer} was not measured: its packages are not installed in benches/peers/{peer}"));
        return Ok(None);
    }
    let mut node = Command::new("node");
    node.arg("server.js").current_dir(folder).env("NODE_ENV", "production").envs(settings.iter().copied());
    Server::start(&mut node).map(Some)
}

fn signed(claims: &serde_json::Value) -> Outcome<String> {
    Ok(encode(&Header::default(), claims, &EncodingKey::from_secret(SECRET.as_bytes()))?)
}
