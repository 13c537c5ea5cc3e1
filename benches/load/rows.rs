//! The rows of Hallpass, on one engine.

use std::thread;

use super::{
    Outcome,
    bench::{Bench, Place},
    database::Engine,
    drive::Crew,
    home::Home,
    http::Connection,
    people::{self, ACCOUNTS, PASSWORD},
    process::between,
    targets::Bound::AtLeast,
    visitor::{Visitor, Wants},
    yardsticks::{Yardstick, hashes_in_large_pages},
};

pub const COOKIE: &str = "__Host-refresh";
pub const ROTATES: &str = "refresh that rotates";
const WITHOUT_SESSION: &str = "`/account` without a session";

/// Everything on one server, but rotation: its tokens are never old enough there.
pub async fn measure(bench: &mut Bench, home: &Home, engine: &Engine) -> Outcome<()> {
    let name = engine.name();
    let connections = bench.options.connections;
    people::add_accounts(&home.database).await?;
    let tokens = people::add_sessions(&home.database, bench.options.sessions, false).await?;
    let wanted = |subject| bench.options.wants(subject);
    let [me, refresh, login, account, files] = ["me", "refresh", "login", "account", "static"].map(wanted);
    // The files are in the binary and ask no database.
    let files = files && *engine == Engine::Sqlite;

    if me || refresh || login || account || files {
        let (server, _) = home.serve(&[("HALLPASS_ROTATION_SETTLE", "1d")]).await?;
        let place = Place::of(&server, home);
        if me {
            let visitors = bearers(bench, &server.address, &tokens).await?;
            let mut bare = Yardstick::bare_route(connections).await?;
            bench.row_beside(&format!("`/api/v1/me`, {name}"), &place, visitors, &mut bare, AtLeast(0.5)).await?;
        }
        if refresh {
            let visitors = refreshing(&tokens, Wants::NoRenewal);
            bench.row(&format!("refresh that mints, {name}"), &place, visitors).await?;
        }
        if account {
            let without = vec![page_without_session(); connections];
            bench.row(&format!("{WITHOUT_SESSION}, {name}"), &place, without.clone()).await?;
            let crew = Crew::new(&server.address, connections, without).await?;
            let mut without = Yardstick::Asked { name: WITHOUT_SESSION, crew, _server: None };
            let visitors = tokens.iter().map(|token| signed_in_page().cookie(COOKIE, token)).collect();
            bench.row_beside(&format!("`/account`, {name}"), &place, visitors, &mut without, AtLeast(0.5)).await?;
        }
        if files {
            let visitors = static_files(&server.address, connections).await?;
            bench.row("static files", &place, visitors).await?;
        }
        if login {
            let visitors = logins(hashing_at_once(), Wants::Done);
            let row = format!("login, {name}");
            bench.row_beside(&row, &place, visitors, &mut Yardstick::Hashes, AtLeast(0.95)).await?;
            let large = hashes_in_large_pages(bench.options.lasting)?;
            bench
                .notes
                .push(format!("{row}: in large pages, as the server has them, bare argon2 does {large:.0} a second"));
        }
    }
    if refresh {
        // With nothing to settle for, every refresh rotates.
        let (server, _) = home.serve(&[("HALLPASS_ROTATION_SETTLE", "0s")]).await?;
        let (alone, together) = tokens.split_at(tokens.len() / 4);
        let row = format!("{ROTATES}, {name}");
        let bound = AtLeast(if *engine == Engine::Sqlite { 1.0 } else { 0.6 });
        let mut commits = Yardstick::commits(engine, connections).await?;
        let visitors = refreshing(together, Wants::Renewal);
        bench.row_beside(&row, &Place::of(&server, home), visitors, &mut commits, bound).await?;
        if *engine == Engine::Sqlite {
            // Nobody to share a commit with.
            let mut crew = Crew::new(&server.address, 1, refreshing(alone, Wants::Renewal)).await?;
            let alone = crew.closed(bench.options.lasting, || ()).await?.per_second(bench.options.lasting);
            let together = bench.table.per_second(&row).unwrap_or_default();
            bench.notes.push(format!(
                "{row}: {alone:.0} a second where each commits for itself, {together:.0} where {connections} commit together",
            ));
        }
    }
    Ok(())
}

/// Logins that keep every core busy, and are few enough that none is refused.
pub fn hashing_at_once() -> usize {
    4 * thread::available_parallelism().map_or(1, usize::from)
}

/// The page's way to refresh, each with the cookie of a session.
pub fn refreshing(tokens: &[String], wants: Wants) -> Vec<Visitor> {
    let ask = Visitor::post("/api/refresh", "application/x-www-form-urlencoded", "")
        .header("Sec-Fetch-Site", "same-origin")
        .wants(wants);
    tokens.iter().map(|token| ask.clone().cookie(COOKIE, token)).collect()
}

/// Those who ask for `/api/v1/me`, each with the access token that a refresh gave them.
pub async fn bearers(bench: &Bench, address: &str, tokens: &[String]) -> Outcome<Vec<Visitor>> {
    let crew = Crew::new(address, bench.options.connections, refreshing(tokens, Wants::Done)).await?;
    with_access_tokens(&crew.once().await?)
}

/// Those who ask for `/api/v1/me`, after the answers to their refreshes.
pub fn with_access_tokens(grants: &[String]) -> Outcome<Vec<Visitor>> {
    let tokens = grants.iter().map(|grant| between(grant, "\"access_token\":\"", "\""));
    let ask = |token: &str| Visitor::get("/api/v1/me").header("Authorization", &format!("Bearer {token}"));
    tokens.map(|token| Ok(ask(token.ok_or("a refresh brought no access token")?))).collect()
}

pub fn logins(count: usize, wants: Wants) -> Vec<Visitor> {
    let login = |index: usize| {
        let name = people::username(index % ACCOUNTS);
        let body = format!(r#"{{"username":"{name}","password":"{PASSWORD}"}}"#);
        Visitor::post("/api/v1/login", "application/json", body).wants(wants)
    };
    (0..count).map(login).collect()
}

fn signed_in_page() -> Visitor {
    Visitor::get("/account").header("Accept", "text/html").wants(Wants::Text("Sign out"))
}

/// Somebody who follows a link from another site: their cookie is not sent, so the server renders the page before it knows the session.
fn page_without_session() -> Visitor {
    let page = Visitor::get("/account").header("Accept", "text/html").header("Sec-Fetch-Site", "cross-site");
    page.wants(Wants::Text("Restoring"))
}

/// The style, the script and the WASM that a page names, in turn.
async fn static_files(address: &str, connections: usize) -> Outcome<Vec<Visitor>> {
    let mut connection = Connection::open(address).await?;
    let page = connection.ask(Visitor::get("/login").header("Accept", "text/html").request()).await?.text().to_owned();
    let mut paths: Vec<&str> = page.split("/pkg/").skip(1).filter_map(|rest| rest.split(['"', '\'']).next()).collect();
    paths.sort_unstable();
    paths.dedup();
    if paths.len() != 3 {
        return Err(format!("the page names other files than expected: {paths:?}").into());
    }
    let file = |path: &&str| Visitor::get(&format!("/pkg/{path}")).header("Accept-Encoding", "gzip, deflate, br");
    Ok(paths.iter().map(file).cycle().take(3 * connections).collect())
}
