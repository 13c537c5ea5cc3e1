//! GET, HEAD and OPTIONS ask, and change nothing: no row of any table, whoever asks and whatever the address says.
//!
//! Two things are noted in memory. Who was turned away, with a token that is not believed, is written later as an event. And that the present refresh token has
//! arrived, when a page is opened with it or its access token is used, by a GET as by a POST: what is written of that later is two columns of the session's own
//! row, and what those make impossible is the token before. No other person, no other session and nothing that a person sees is changed by either.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use serde_json::Value;

use super::{
    browser::Browser,
    harness::{App, MINUTE, PASSWORD},
    routes::with_an_id,
};
use crate::server::router::paths;

const SETTLE: i64 = 2 * MINUTE;

/// Whatever any form or function of ours reads, where a careless one might look for it.
const QUERIES: [&str; 4] = [
    "",
    "?username=eve&password=a+kettle+of+purple+fish&next=/account&_method=DELETE",
    "?end=everywhere&confirm=everywhere&session=&in_step=true&instance=0&current_password=a+kettle+of+purple+fish&new_password=a+pan+of+orange+birds",
    "?refresh_token=x&id=019a0000-0000-7000-8000-000000000000&after=%00%0d%0a&&&=%ff",
];

/// What somebody sends along.
struct Sender {
    name: &'static str,
    headers: HeaderMap,
}

fn sender(name: &'static str, pairs: &[(&'static str, String)]) -> Sender {
    let pairs = pairs.iter().map(|(name, value)| ((*name).try_into().unwrap(), HeaderValue::from_str(value).unwrap()));
    Sender { name, headers: pairs.collect() }
}

/// Everybody who could ask: with the token before the present one, with the present one, with that of a session that is over, and with none.
async fn senders(app: &App) -> Vec<Sender> {
    let parent = app.signed_up("ada").await;
    let mut left = Browser::signed_in(app, "ada", "curl/8").await;
    let [gone, gone_token] = [left.cookie.clone().unwrap(), left.token.clone()];
    left.log_out().await;
    app.clock.advance(SETTLE);
    let mut current = parent.clone();
    current.refresh().await;
    // Late enough that a refresh with either would write.
    app.clock.advance(SETTLE);
    let cookie = |value: &str| ("cookie", format!("__Host-refresh={value}"));
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let [before, now] = [parent, current].map(|browser| (browser.cookie.unwrap(), browser.token));
    vec![
        sender("nobody", &[]),
        sender("a stranger with nonsense", &[cookie("nonsense"), bearer("nonsense")]),
        sender("whoever left, by cookie and token", &[cookie(&gone), bearer(&gone_token)]),
        sender("the owner, by the cookie before", &[cookie(&before.0)]),
        sender("the owner, by the token before", &[bearer(&before.1)]),
        sender("the owner, by the cookie", &[cookie(&now.0)]),
        sender("the owner, by the token", &[bearer(&now.1)]),
        sender("the owner, by both", &[cookie(&now.0), bearer(&now.1)]),
    ]
}

fn request(method: &Method, uri: &str, sender: &Sender, accept: &'static str) -> Request<Body> {
    let mut request = Request::new(Body::from(format!("username=eve&password={PASSWORD}&end=everywhere")));
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.parse().unwrap();
    let headers = request.headers_mut();
    headers.extend(sender.headers.clone());
    for (name, value) in [
        ("accept", accept),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-http-method-override", "POST"),
        ("x-method-override", "DELETE"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if *method == Method::OPTIONS {
        // As a browser asks for another site whether it may.
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://evil.test"));
        headers.insert("access-control-request-method", HeaderValue::from_static("POST"));
        headers.insert("access-control-request-headers", HeaderValue::from_static("authorization"));
    } else if !uri.starts_with("/api/v1") {
        headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
    }
    request
}

/// Whether it is what the operator reads of those who were turned away.
fn is_told((table, row): &(String, String)) -> bool {
    let row: Value = serde_json::from_str(row).unwrap();
    let kind = row["kind"].as_str().unwrap_or_default().trim_matches('\'');
    table == "events" && ["session_use_after_expire", "authn_token_invalid", "malicious_csrf"].contains(&kind)
}

#[tokio::test]
async fn no_get_head_or_options_changes_a_row_whoever_sends_it() {
    let app = App::start().await;
    let senders = senders(&app).await;
    app.auth.tidy().await.unwrap();
    let before = app.database.rows().await;
    let mut sent = 0;
    for path in paths().into_iter().chain(["/nowhere".to_owned(), "/panic".to_owned()]) {
        for sender in &senders {
            for (method, query) in [Method::GET, Method::HEAD, Method::OPTIONS]
                .iter()
                .flat_map(|method| QUERIES.map(|query| (method, query)))
            {
                for accept in ["text/html", "application/json"] {
                    let uri = format!("{}{query}", with_an_id(&path));
                    let answer = app.send(request(method, &uri, sender, accept)).await;
                    let asked = format!("{method} {uri} by {}", sender.name);
                    assert!(answer.headers.get(header::SET_COOKIE).is_none(), "{asked}");
                    assert!(answer.headers.get("clear-site-data").is_none(), "{asked}");
                    let shared = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
                    assert!(!shared, "{asked}: {:?}", answer.headers);
                    sent += 1;
                }
            }
        }
        assert_eq!(app.database.rows().await, before, "{path}");
    }
    // And later nothing but the note that they were turned away, and that a token has arrived.
    app.auth.tidy().await.unwrap();
    let after = app.database.rows().await;
    let new: Vec<_> = after.difference(&before).filter(|row| !is_told(row)).map(|(table, _)| table.as_str()).collect();
    assert_eq!(new, ["sessions"]);
    assert!(sent > 5_000, "{sent}");
}

#[tokio::test]
async fn what_a_get_leaves_behind_is_the_note_that_the_present_token_has_arrived_and_who_was_turned_away() {
    let app = App::start().await;
    let senders = senders(&app).await;
    app.auth.tidy().await.unwrap();
    let before = app.database.rows().await;
    for sender in &senders {
        app.send(request(&Method::GET, "/account", sender, "text/html")).await;
        app.send(request(&Method::GET, "/api/v1/me", sender, "application/json")).await;
    }
    app.auth.tidy().await.unwrap();
    let after = app.database.rows().await;
    let only_in = |one: &BTreeSet<(String, String)>, other: &BTreeSet<(String, String)>| -> Vec<(String, Value)> {
        one.difference(other).map(|(table, row)| (table.clone(), serde_json::from_str(row).unwrap())).collect()
    };
    let (told, after): (BTreeSet<_>, BTreeSet<_>) = after.into_iter().partition(is_told);
    assert_eq!(told.len(), 2, "nonsense, and the token of whoever left: {told:?}");
    let [was, is] = [only_in(&before, &after), only_in(&after, &before)];
    let ([(table, was)], [(_, is)]) = (&was[..], &is[..]) else { panic!("{was:?} {is:?}") };
    let columns = was.as_object().unwrap().keys().map(String::as_str).filter(|column| was[*column] != is[*column]);
    assert_eq!((table.as_str(), columns.collect::<Vec<_>>()), ("sessions", vec!["acknowledged", "sealed_current"]));
}
