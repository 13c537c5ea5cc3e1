//! Requests that are refused for what they are: told at once, kept beside the requests, within an allowance, and of no weight for anybody else.

use std::net::IpAddr;

use axum::body::Body;
use http::Request;

use super::{
    browser::Browser,
    harness::{Answer, App, CHROME_ON_ANDROID, MINUTE},
};
use crate::{
    auth::{Asked, EventLine, Visit, operating::Wanted},
    store::EventKind,
};

const HOUR: i64 = 60 * MINUTE;

/// Those that are kept of these kinds, in the order of their times.
async fn kept(app: &App) -> Vec<EventLine> {
    let turned_away = [EventKind::UseAfterExpire, EventKind::TokenInvalid, EventKind::Csrf].map(EventKind::name);
    let all = app.auth.all_events(Wanted::default(), Asked { after: None, size: 5_000 }).await.unwrap().rows;
    let mut kept: Vec<_> = all.into_iter().filter(|event| turned_away.contains(&&*event.kind)).collect();
    kept.reverse();
    kept
}

fn kinds(events: &[EventLine]) -> Vec<&str> {
    events.iter().map(|event| &*event.kind).collect()
}

/// A request for the cookie, sent from a page of somebody else's.
async fn from_another_site(app: &App) -> Answer {
    let request = Request::post("/api/refresh").header("sec-fetch-site", "cross-site");
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn who_was_turned_away_is_kept_with_whose_token_it_was_why_and_where_from() {
    let app = App::start().await;
    let mut ada = app.signed_up("ada").await;
    let [user, session] = [app.user("ada").await, app.only_session("ada").await];
    let token = ada.token.clone();
    ada.log_out().await;
    let begun_at = app.auth.now();
    for refused in [token.as_str(), "made.up.token"] {
        assert_eq!(app.get_with_bearer("/api/v1/me", refused).await.status, 401);
        app.clock.advance(1);
    }
    assert_eq!(from_another_site(&app).await.status, 403);
    assert!(kept(&app).await.is_empty(), "no request waits for it");
    app.clock.advance(MINUTE);
    app.auth.tidy().await.unwrap();

    let kept = kept(&app).await;
    let told: Vec<_> =
        kept.iter().map(|event| (&*event.kind, event.user_id, event.session_id, &*event.detail)).collect();
    assert_eq!(
        told,
        [
            ("session_use_after_expire", Some(user), Some(session), "of a session that has ended"),
            ("authn_token_invalid", None, None, "a header that is not ours"),
            ("malicious_csrf", None, None, ""),
        ]
    );
    for (event, passed) in kept.iter().zip(0..) {
        assert_eq!(
            (event.at, &*event.address),
            (begun_at + passed, "192.0.2.1"),
            "when it was, not when it was written"
        );
    }
}

#[tokio::test]
async fn nothing_of_it_is_on_the_page_of_whose_token_it_was() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let mut phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let before = laptop.ask("/api/activity", &[]).await;
    let token = phone.token.clone();
    phone.log_out().await;
    let with_logout = laptop.ask("/api/activity", &[]).await;
    assert_ne!(before.body, with_logout.body, "a sign-out is");
    for _ in 0..15 {
        assert_eq!(app.get_with_bearer("/api/v1/me", &token).await.status, 401);
    }
    app.auth.tidy().await.unwrap();
    assert_eq!(kept(&app).await.len(), 10, "a program that goes on and on fills no list");
    assert_eq!(laptop.ask("/api/activity", &[]).await.body, with_logout.body, "the page is not even shorter");
}

#[tokio::test]
async fn a_flood_keeps_few_and_hides_neither_another_visitor_nor_a_failure_to_sign_in() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let flood = async |from: [u8; 4], tries: u32| {
        let mut stranger = Browser::from(&app, IpAddr::from(from));
        "made.up.token".clone_into(&mut stranger.token);
        for _ in 0..tries {
            assert_eq!(stranger.me().await.status, 401);
        }
        app.auth.tidy().await.unwrap();
        kept(&app).await.iter().filter(|event| event.address == IpAddr::from(from).to_string()).count()
    };
    assert_eq!(flood([198, 51, 100, 1], 200).await, 20);
    assert_eq!(flood([198, 51, 100, 2], 3).await, 3);
    // From everywhere, until nothing of this kind is kept any more.
    for network in 3..=40 {
        flood([198, 51, 100, network], 20).await;
    }
    assert_eq!(kept(&app).await.len(), 300);
    assert_eq!(flood([203, 0, 113, 1], 1).await, 0);
    let mut grace = app.signed_up("grace").await;
    let token = grace.token.clone();
    grace.log_out().await;
    assert_eq!(app.get_with_bearer("/api/v1/me", &token).await.status, 401);
    assert_eq!(from_another_site(&app).await.status, 403);
    app.auth.tidy().await.unwrap();
    let with_others = kept(&app).await;
    assert_eq!(with_others.len(), 302);
    for kind in ["session_use_after_expire", "malicious_csrf"] {
        assert!(kinds(&with_others).contains(&kind), "each kind has its own allowance: {kind}");
    }
    Browser::new(&app).log_in("ada", "not her password").await;
    let failures = Wanted { kind: EventKind::LoginFail.name(), ..Wanted::default() };
    let failures = app.auth.all_events(failures, Asked { after: None, size: 10 }).await.unwrap().rows;
    assert_eq!(failures.len(), 1, "which have theirs");
    app.clock.advance(HOUR);
    assert_eq!(flood([203, 0, 113, 1], 1).await, 1, "it comes back");
}

#[tokio::test]
async fn of_an_account_that_is_gone_no_id_is_written_any_more_whichever_came_first() {
    let app = App::start().await;
    let [early, late] = [app.signed_up("ada").await, app.signed_up("bob").await];
    for (browser, name) in [(&early, "ada"), (&late, "bob")] {
        let remove = async || app.auth.remove_user(app.user(name).await, &Visit::default()).await.unwrap().unwrap();
        app.clock.advance(16 * MINUTE);
        if name == "ada" {
            assert_eq!(browser.me().await.status, 401, "it has run out");
            remove().await;
        } else {
            remove().await;
            assert_eq!(browser.me().await.status, 401);
        }
    }
    app.auth.tidy().await.unwrap();
    let kept = kept(&app).await;
    assert_eq!(kinds(&kept), ["session_use_after_expire"; 2]);
    assert!(kept.iter().all(|event| event.user_id.is_none() && event.session_id.is_none()), "{kept:?}");
}

#[tokio::test]
async fn what_waits_is_written_at_the_stop() {
    let app = App::start().await;
    assert_eq!(app.get_with_bearer("/api/v1/me", "made.up.token").await.status, 401);
    let app = app.restart().await;
    assert_eq!(kinds(&kept(&app).await), ["authn_token_invalid"]);
}

#[tokio::test]
async fn without_a_database_a_request_is_turned_away_all_the_same_and_waits_to_be_written() {
    let app = App::start().await;
    let beside = App::beside(&app.database).await;
    app.store.close().await;
    for _ in 0..3 {
        assert_eq!(app.get_with_bearer("/api/v1/me", "made.up.token").await.status, 401);
    }
    assert!(app.auth.tidy().await.is_err());
    assert_eq!(app.auth.how_many_wait(), 3);
    assert!(kept(&beside).await.is_empty());
}
