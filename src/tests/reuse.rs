//! A refresh token that comes back: a lost answer, a restored disk, or a thief.

use std::collections::BTreeMap;

use futures::future::join;
use http::StatusCode;

use super::{
    browser::Browser,
    harness::{App, FIREFOX_ON_LINUX, MINUTE},
};
use crate::ended::EndReason;

const SETTLE: i64 = 2 * MINUTE;

#[tokio::test]
async fn a_lost_answer_is_sent_again_whenever_it_is_asked_for() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    for wait in [0, MINUTE, 8 * 60 * MINUTE] {
        app.clock.advance(SETTLE);
        let mut lost = browser.clone();
        assert_eq!(lost.refresh().await.status, 200);
        app.clock.advance(wait);
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(browser.cookie, lost.cookie, "the same successor, not a sibling");
    }
    assert_eq!(browser.me().await.status, 200);
}

#[tokio::test]
async fn a_used_up_token_ends_its_session_and_no_other() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let mut phone = Browser::new(&app);
    phone.log_in("ada", super::harness::PASSWORD).await;
    let mut thief = owner.clone();

    app.clock.advance(SETTLE);
    assert_eq!(owner.refresh().await.status, 200);
    app.clock.advance(SETTLE);
    assert_eq!(owner.me().await.status, 200, "heard from late enough: this acknowledges");
    app.auth.tidy().await.unwrap();

    let caught = thief.refresh().await;
    assert_eq!((caught.status, caught.code().as_str()), (StatusCode::UNAUTHORIZED, "reused"));
    assert!(caught.set_cookie().is_none());
    assert_eq!(owner.me().await.status, 401, "its access tokens are dead at once");
    assert_eq!(owner.refresh().await.code(), "reused");
    assert_eq!(phone.me().await.status, 200);
    assert_eq!(phone.refresh().await.status, 200);

    let kinds: Vec<String> = app.store.event_kinds(app.user("ada").await).await.unwrap();
    assert_eq!(kinds.iter().filter(|kind| *kind == "authn_token_reuse").count(), 1, "{kinds:?}");
}

/// Whoever reads the row before the other ends it, and ends it after.
#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_comes_after_the_end_of_a_session_is_answered_with_that_end() {
    let app = App::start().await;
    let other = app.another().await;
    app.signed_up("ada").await;
    let mut answered = BTreeMap::new();
    for _ in 0..60 {
        app.clock.advance(MINUTE);
        let mut owner = Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
        let stale = owner.clone();
        for _ in 0..2 {
            app.clock.advance(SETTLE);
            assert_eq!(owner.refresh().await.status, 200);
            assert_eq!(owner.me().await.status, 200);
        }
        let session = app.store.newest_session(app.user("ada").await).await.unwrap().unwrap();
        let mut stale = stale.at(&other);
        let (refused, _) = join(stale.refresh(), owner.log_out()).await;
        let ended = app.store.session(session).await.unwrap().unwrap().ended.map(EndReason::code);
        assert_eq!(Some(&*refused.code()), ended);
        *answered.entry(refused.code()).or_insert(0) += 1;
    }
    println!("{answered:?}");
}

#[tokio::test]
async fn a_thief_who_was_first_is_seen_when_the_owner_comes_back() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let mut thief = owner.clone();
    app.clock.advance(SETTLE);
    assert_eq!(thief.refresh().await.status, 200);
    app.clock.advance(SETTLE);
    assert_eq!(thief.me().await.status, 200);
    app.auth.tidy().await.unwrap();
    assert_eq!(owner.refresh().await.code(), "reused");
    assert_eq!(thief.me().await.status, 401);
}

#[tokio::test]
async fn a_thief_who_never_acknowledges_is_seen_by_the_owners_testimony() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let mut thief = owner.clone();
    app.clock.advance(SETTLE);
    assert_eq!(thief.refresh().await.status, 200);
    app.clock.advance(SETTLE);
    assert_eq!(owner.clone().refresh().await.status, 200, "without testimony it looks like a lost answer");
    app.clock.advance(1);
    assert_eq!(owner.refresh_in_step().await.code(), "reused");
}

#[tokio::test]
async fn a_page_that_is_rendered_never_raises_the_alarm() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let stale = owner.clone();
    for _ in 0..2 {
        app.clock.advance(SETTLE);
        owner.refresh().await;
    }
    let page = stale.open("/account").await;
    assert_eq!(page.status, 200, "restoring: a refresh will judge");
    assert!(!page.body.contains("ada"));
    assert_eq!(owner.me().await.status, 200);
    assert_eq!(stale.clone().refresh().await.code(), "reused");
}

#[tokio::test]
async fn garbage_raises_no_alarm_and_names_no_session() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let real = browser.cookie.clone().unwrap();
    for garbage in ["", "x", &"A".repeat(92), &real[1..], &format!("B{}", &real[1..])] {
        browser.cookie = Some(garbage.to_owned());
        assert_eq!(browser.refresh().await.code(), "invalid", "{garbage}");
    }
    browser.cookie = Some(real);
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn an_authentic_token_of_a_session_that_is_not_there_is_invalid() {
    let elsewhere = App::start().await.signed_up("ada").await.cookie.clone();
    let app = App::start().await;
    let mut browser = Browser::new(&app);
    browser.cookie = elsewhere;
    assert_eq!(browser.refresh().await.code(), "invalid");
}

#[tokio::test]
async fn garbage_is_refused_without_asking_the_database() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let real = browser.cookie.clone().unwrap();
    app.store.close().await;
    assert_eq!(browser.refresh().await.status, 503, "a token of ours is looked up");
    browser.cookie = Some(format!("B{}", &real[1..]));
    assert_eq!(browser.refresh().await.code(), "invalid");
}

#[tokio::test]
async fn logging_out_with_any_token_of_a_session_ends_it() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let mut restored = browser.clone();
    for _ in 0..2 {
        app.clock.advance(SETTLE);
        browser.refresh().await;
    }
    assert_eq!(restored.log_out().await.status, 200);
    assert_eq!(browser.me().await.status, 401);
}
