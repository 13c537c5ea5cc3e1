//! How a browser's session ended, told to that browser.

use serde_json::Value;

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, DAY, MINUTE, PASSWORD},
};
use crate::{
    ended::EndReason,
    store::{EventKind, NewEvent},
};

async fn ending(browser: &Browser<'_>) -> Value {
    let answer = browser.clone().call("/api/ending", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.set_cookie().is_none());
    assert!(!answer.body.contains("192.0.2.1"), "whoever copied the cookie reads this too");
    answer.json()
}

#[tokio::test]
async fn a_session_that_has_not_ended_and_a_browser_without_one_have_no_ending() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    assert!(ending(&browser).await.is_null());
    assert!(ending(&Browser::new(&app)).await.is_null());
    let mut stale = Browser::new(&app);
    stale.cookie = Some("x".repeat(92));
    assert!(ending(&stale).await.is_null());
}

#[tokio::test]
async fn an_end_is_told_with_its_reason_its_time_and_the_device_that_did_it() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    app.clock.advance(MINUTE);
    laptop.ask("/api/end_other_sessions", &[]).await;
    app.clock.advance(DAY);
    let told = ending(&phone).await;
    assert_eq!(told["why"]["Ended"], "Revoked");
    assert_eq!(told["at"]["utc"], "2027-01-15T08:01:00Z");
    assert_eq!(told["by"]["Device"], "Firefox on Linux");
}

#[tokio::test]
async fn each_way_to_end_has_its_own_reason() {
    let app = App::start().await;
    let mut laptop = app.signed_up("ada").await;
    let why = async |browser: &Browser<'_>| ending(browser).await["why"]["Ended"].as_str().unwrap().to_owned();

    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let id = phone.me().await.json()["session_id"].as_str().unwrap().to_owned();
    laptop.ask("/api/end_session", &[("id", &id)]).await;
    assert_eq!(why(&phone).await, "Revoked");

    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let fields = [("current_password", PASSWORD), ("new_password", "nine tall herons at dusk")];
    assert_eq!(laptop.ask("/api/change_password", &fields).await.status, 200);
    assert_eq!(why(&phone).await, "PasswordChanged");

    let before = laptop.clone();
    laptop.log_in("ada", "nine tall herons at dusk").await;
    assert_eq!(why(&before).await, "Replaced");

    let before = laptop.clone();
    laptop.ask("/api/logout_everywhere", &[]).await;
    assert_eq!(why(&before).await, "SignedOut");
}

#[tokio::test]
async fn a_used_up_key_is_told_to_whoever_holds_one_of_the_session() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let mut thief = owner.clone();
    thief.user_agent = CHROME_ON_ANDROID;
    for _ in 0..2 {
        app.clock.advance(2 * MINUTE);
        owner.refresh().await;
    }
    assert_eq!(thief.refresh().await.code(), "reused");
    for holder in [&owner, &thief] {
        let told = ending(holder).await;
        assert_eq!(told["why"]["Ended"], "Reused");
        assert_eq!(told["by"]["Device"], "Chrome on Android, and Firefox on Linux");
    }
}

#[tokio::test]
async fn an_owner_who_finds_a_copy_out_is_told_where_that_was_used() {
    for renewed_meanwhile in [false, true] {
        let app = App::start().await;
        app.signed_up("ada").await;
        let mut owner = Browser::new(&app).named("6f1d");
        assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200);
        let mut thief = owner.clone().named("");
        thief.user_agent = CHROME_ON_ANDROID;
        app.clock.advance(2 * MINUTE);
        assert_eq!(thief.refresh().await.status, 200);
        if renewed_meanwhile {
            app.clock.advance(MINUTE);
            assert_eq!(owner.refresh().await.status, 200, "as after a lost answer");
        }
        app.clock.advance(2 * MINUTE);
        assert_eq!(owner.refresh().await.code(), "reused");
        for holder in [&owner, &thief] {
            assert_eq!(ending(holder).await["by"]["Device"], "Firefox on Linux, and Chrome on Android");
        }
    }
}

#[tokio::test]
async fn a_session_that_ran_out_is_told_with_the_time_and_nobody_did_it() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    app.clock.advance(8 * DAY);
    let told = ending(&browser).await;
    assert_eq!((told["why"].as_str(), told["by"].is_null()), (Some("Expired"), true));
    assert_eq!(told["at"]["utc"], "2027-01-22T08:00:00Z");
}

#[tokio::test]
async fn what_the_operator_ended_is_said_to_be_the_operators_doing() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let session = app.only_session("ada").await;
    let event = NewEvent {
        id: uuid::Uuid::from_u128(1),
        at: 1,
        kind: EventKind::TokenRevoked,
        user_id: Some(app.user("ada").await),
        session_id: Some(session),
        address: "",
        user_agent: "hallpass user disable",
        detail: "",
    };
    app.store.end_session(session, EndReason::Disabled, 1, &event).await.unwrap();
    assert_eq!(ending(&browser).await["by"], "Operator");
    let page = browser.open("/signed-out?reason=disabled").await;
    assert!(page.body.contains("by the people who run this site"), "{}", page.body);
}

#[tokio::test]
async fn asking_changes_nothing() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let parent = browser.clone();
    let session = app.only_session("ada").await;
    app.clock.advance(2 * MINUTE);
    browser.refresh().await;
    app.clock.advance(2 * MINUTE);
    let before = format!("{:?}", app.store.session(session).await.unwrap());
    ending(&parent).await;
    ending(&browser).await;
    assert_eq!(format!("{:?}", app.store.session(session).await.unwrap()), before);
}
