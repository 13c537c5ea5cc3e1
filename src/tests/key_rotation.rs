//! Signing keys that are replaced while people go on.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;

use super::{
    browser::Browser,
    harness::{App, DAY, MINUTE},
};
use crate::{
    auth::{
        Visit,
        keys::{Role, Rotated, schedule::LEAD},
    },
    store::UnixMillis,
};

const HOUR: UnixMillis = 60 * MINUTE;

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

async fn published(app: &App) -> Vec<String> {
    let keys: Value = app.get("/.well-known/jwks.json").await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// One second of the work beside the requests.
async fn beside(app: &App) {
    app.auth.tidy().await.unwrap();
    app.auth.follow().await.unwrap();
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_believed_until_its_last_token_has_run_out() {
    let app = App::with(|policy| policy.key_rotation = Some(4 * HOUR)).await;
    let mut browser = app.signed_up("ada").await;
    let first = kid(&browser.token);
    assert_eq!(published(&app).await, std::slice::from_ref(&first));

    app.clock.advance(2 * HOUR);
    beside(&app).await;
    let keys = published(&app).await;
    assert_eq!((keys.len(), &keys[1]), (2, &first), "half its life ahead");
    browser.refresh().await;
    assert_eq!(kid(&browser.token), first, "and not signing yet");

    app.clock.advance(2 * HOUR - 1_000);
    browser.refresh().await;
    let last = browser.token.clone();
    assert_eq!(kid(&last), first);
    app.clock.advance(1_000);
    browser.refresh().await;
    assert_eq!(kid(&browser.token), keys[0], "by the clock, without anything being read");
    assert_eq!(app.get_with_bearer("/api/v1/me", &last).await.status, 200);

    app.clock.advance(15 * MINUTE + 59_000);
    beside(&app).await;
    assert!(published(&app).await.contains(&first));
    app.clock.advance(1_000);
    assert!(!published(&app).await.contains(&first), "also before it is deleted");
    beside(&app).await;
    assert_eq!(app.auth.signing_keys().len(), 1);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(browser.me().await.status, 200);
}

#[tokio::test]
async fn others_may_keep_the_public_keys_for_less_than_a_key_is_public_before_it_signs() {
    let app = App::start().await;
    assert_eq!(app.get("/.well-known/jwks.json").await.header("cache-control"), "public, max-age=300");
    let Rotated::Published(key) = app.auth.rotate_keys(&Visit::default()).await.unwrap() else {
        panic!("it is the first")
    };
    assert!(key.signs_from - key.created_at > 300_000 + MINUTE);
}

#[tokio::test]
async fn a_key_that_is_asked_for_is_the_next_and_there_is_one_next_at_a_time() {
    let app = App::with(|policy| policy.key_rotation = None).await;
    let mut browser = app.signed_up("ada").await;
    let first = kid(&browser.token);
    let Rotated::Published(next) = app.auth.rotate_keys(&Visit::default()).await.unwrap() else {
        panic!("it is the first")
    };
    assert_eq!(next.role, Role::Next);
    assert_eq!(app.auth.rotate_keys(&Visit::default()).await.unwrap(), Rotated::OnItsWay(next.clone()));
    app.clock.advance(LEAD - 1);
    browser.refresh().await;
    assert_eq!(kid(&browser.token), first);
    app.clock.advance(1);
    browser.refresh().await;
    assert_eq!(kid(&browser.token), next.kid);
    app.clock.advance(400 * DAY);
    beside(&app).await;
    assert_eq!(app.auth.signing_keys().len(), 1, "without a schedule nobody makes another");
}

#[tokio::test]
async fn after_an_emergency_nothing_that_another_key_signed_is_believed_and_nobody_is_signed_out() {
    let one = App::start().await;
    let other = one.another().await;
    let mut browser = one.signed_up("ada").await;
    one.auth.rotate_keys(&Visit::default()).await.unwrap();
    let old = browser.token.clone();
    one.auth.replace_keys(&Visit::default()).await.unwrap();
    assert_eq!(published(&one).await.len(), 1, "the one that was to come is gone as well");
    assert_eq!(browser.me().await.status, 401);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(browser.me().await.status, 200);
    assert_ne!(kid(&browser.token), kid(&old));

    one.clock.advance(500);
    assert_eq!(browser.at(&other).me().await.status, 200, "it has not heard of the new key, and asks");
    assert_eq!(other.get_with_bearer("/api/v1/me", &old).await.status, 401, "and so it knows of the old ones");
}

#[tokio::test]
async fn forged_tokens_of_unknown_keys_do_not_ask_the_database_each() {
    let app = App::start().await;
    let stranger = App::start().await;
    let forged = stranger.signed_up("ada").await.token.clone();
    let ask = || app.get_with_bearer("/api/v1/me", &forged);
    assert_eq!(ask().await.status, 401);
    app.store.close().await;
    assert_eq!(ask().await.status, 401, "it was read a moment ago");
    app.clock.advance(101);
    assert_eq!(ask().await.status, 503, "now it would have to be read again, and cannot be");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_instances_that_find_at_once_that_it_is_time_one_makes_the_key() {
    let app = App::start().await;
    let others = futures::future::join_all((0..3).map(|_| app.another())).await;
    let all: Vec<&App> = others.iter().chain([&app]).collect();
    for rotations in 1..4 {
        app.clock.advance(30 * DAY);
        futures::future::join_all(all.iter().map(|app| beside(app))).await;
        futures::future::join_all(all.iter().map(|app| beside(app))).await;
        let keys = app.auth.signing_keys();
        assert_eq!(keys.iter().filter(|key| key.role == Role::Next).count(), 1, "{rotations}: {keys:?}");
        for other in &all {
            assert_eq!(other.auth.signing_keys(), keys);
        }
    }
}

#[tokio::test]
async fn the_key_of_a_version_that_knew_of_no_rotation_goes_on() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    // That version says nothing about when its key begins.
    let row = app.store.signing_keys().await.unwrap().remove(0);
    let silent = crate::store::SigningKeyRow { signs_from: 0, ..row.clone() };
    app.store.replace_signing_keys(&silent, None).await.unwrap();
    app.auth.follow().await.unwrap();
    assert_eq!(app.store.signing_keys().await.unwrap(), [row]);
    app.clock.advance(4 * MINUTE);
    assert_eq!(browser.me().await.status, 200);
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn the_age_of_the_key_is_that_of_the_one_that_signs() {
    let app = App::with(|policy| policy.key_rotation = Some(4 * HOUR)).await;
    let age = async || {
        let text = app.metrics().await;
        let line = text.lines().find_map(|line| line.strip_prefix("hallpass_signing_key_age_seconds "));
        line.unwrap().parse::<f64>().unwrap()
    };
    app.clock.advance(3 * HOUR);
    beside(&app).await;
    assert!((age().await - 10_800.0).abs() < 1.0, "the next one is younger and does not sign");
    app.clock.advance(2 * HOUR);
    assert!((age().await - 7_200.0).abs() < 1.0, "since it was made");
}

#[tokio::test]
async fn a_clock_that_jumps_over_rotations_and_back_leaves_sessions_usable() {
    let app = App::with(|policy| policy.key_rotation = Some(2 * HOUR)).await;
    let mut browser = app.signed_up("ada").await;
    for _ in 0..3 {
        app.clock.advance(DAY);
        beside(&app).await;
    }
    app.clock.advance(-3 * DAY);
    assert_eq!(browser.refresh().await.status, 200, "before the keys are read again");
    beside(&app).await;
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(browser.me().await.status, 200);
}

/// Requests all the time at two instances, of which one is always some minutes behind the other.
#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_refused_while_keys_rotate_under_load() {
    const STEP: UnixMillis = 5 * MINUTE;
    let one = App::with(|policy| policy.key_rotation = Some(2 * HOUR)).await;
    let other = one.another().await;
    let apps = [&one, &other];
    let mut browsers = Vec::new();
    for person in 0..6 {
        browsers.push(one.signed_up(&format!("ada{person}")).await);
    }
    let (mut kids, mut requests) = (HashSet::new(), 0);
    for step in 0..120_usize {
        one.clock.advance(STEP);
        let tended = apps[step % 2];
        let load = browsers.iter_mut().enumerate().map(|(person, browser)| used(browser, apps, step + person));
        let tending = async {
            beside(tended).await;
            if step % 50 == 30 {
                tended.auth.rotate_keys(&Visit::default()).await.unwrap();
            }
        };
        let (seen, ()) = tokio::join!(futures::future::join_all(load), tending);
        for (answered, kid) in seen {
            requests += answered;
            kids.insert(kid);
        }
    }
    assert!(kids.len() >= 5, "{} keys in ten hours", kids.len());
    println!("{requests} requests, {} keys, none refused", kids.len());
}

/// What one browser does in a step. Panics if anything is refused.
async fn used(browser: &mut Browser<'_>, apps: [&App; 2], turn: usize) -> (u32, String) {
    let mut requests = 0;
    for round in 0..4 {
        let app = apps[(turn + round) % 2];
        let answer = browser.at(app).me().await;
        assert_eq!(answer.status, 200, "with an access token: {}", answer.body);
        requests += 1;
        if round == turn % 4 {
            let mut there = browser.at(app);
            let answer = there.refresh().await;
            assert_eq!(answer.status, 200, "with a refresh token: {}", answer.body);
            (browser.cookie, browser.token) = (there.cookie, there.token);
            requests += 1;
        }
    }
    (requests, kid(&browser.token))
}

#[tokio::test]
async fn a_key_is_in_the_database_sealed_alone() {
    let app = App::start().await;
    app.auth.rotate_keys(&Visit::default()).await.unwrap();
    let rows = app.store.signing_keys().await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in &rows {
        // Nonce, 32 bytes, tag.
        assert_eq!(row.sealed_private_key.len(), 12 + 32 + 16);
    }
    assert_ne!(rows[0].sealed_private_key[..12], rows[1].sealed_private_key[..12]);
    let debug = format!("{:?}", Arc::clone(&app.auth));
    assert!(!debug.contains("sealed_private_key"), "{debug}");
}
