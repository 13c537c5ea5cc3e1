//! A copied cookie, used by somebody who does not know what the browser calls itself.

use super::{
    browser::Browser,
    harness::{App, MINUTE, PASSWORD},
};

const SETTLE: i64 = 2 * MINUTE;

/// A browser that keeps a name, signed in.
async fn owner(app: &App) -> Browser<'_> {
    app.signed_up("ada").await;
    let mut owner = Browser::new(app).named("6f1d");
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200);
    owner
}

/// Somebody with a copy of its cookie.
fn thief<'a>(owner: &Browser<'a>) -> Browser<'a> {
    owner.clone().named("")
}

#[tokio::test]
async fn a_thief_who_comes_once_and_keeps_quiet_is_seen_when_the_owner_comes_back() {
    let app = App::start().await;
    let mut owner = owner(&app).await;
    app.clock.advance(SETTLE);
    assert_eq!(thief(&owner).refresh().await.status, 200);
    app.clock.advance(SETTLE + 1);
    assert_eq!(owner.refresh().await.code(), "reused");
    assert_eq!(owner.me().await.status, 401);
}

#[tokio::test]
async fn a_thief_who_is_handed_what_the_owner_has_already_is_seen_at_the_owners_next_refresh() {
    let app = App::start().await;
    let mut owner = owner(&app).await;
    let mut thief = thief(&owner);
    app.clock.advance(SETTLE);
    assert_eq!(owner.refresh().await.status, 200);
    assert_eq!(thief.refresh().await.status, 200, "a lost answer, as far as anybody can tell");
    app.clock.advance(SETTLE + 1);
    assert_eq!(owner.refresh().await.code(), "reused");
}

#[tokio::test]
async fn a_name_that_was_made_up_or_comes_from_another_browser_is_no_better_than_none() {
    let app = App::start().await;
    let mut owner = owner(&app).await;
    app.clock.advance(SETTLE);
    assert_eq!(owner.clone().named("another").refresh().await.status, 200);
    app.clock.advance(SETTLE + 1);
    assert_eq!(owner.refresh().await.code(), "reused");
}

#[tokio::test]
async fn a_browser_that_loses_its_name_loses_nothing_else() {
    let app = App::start().await;
    let mut owner = owner(&app).await.named("");
    for _ in 0..5 {
        app.clock.advance(SETTLE + 1);
        let mut lost = owner.clone();
        assert_eq!(lost.refresh().await.status, 200);
        app.clock.advance(SETTLE + 1);
        assert_eq!(owner.refresh().await.status, 200, "its answer lost, and sent again");
    }
    assert_eq!(owner.me().await.status, 200);
}

#[tokio::test]
async fn a_lost_answer_to_a_browser_with_a_name_is_sent_again_whenever_it_is_asked_for() {
    let app = App::start().await;
    let mut owner = owner(&app).await;
    for wait in [0, MINUTE, 8 * 60 * MINUTE] {
        app.clock.advance(SETTLE + 1);
        let mut lost = owner.clone();
        assert_eq!(lost.refresh().await.status, 200);
        app.clock.advance(wait);
        assert_eq!(owner.refresh().await.status, 200);
        assert_eq!(owner.cookie, lost.cookie);
    }
}

#[tokio::test]
async fn a_session_that_began_without_a_name_takes_none_later() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    app.clock.advance(SETTLE);
    assert_eq!(browser.clone().refresh().await.status, 200, "this answer is lost");
    browser.instance = "6f1d";
    for _ in 0..3 {
        app.clock.advance(SETTLE + 1);
        assert_eq!(browser.refresh().await.status, 200);
    }
}

#[tokio::test]
async fn the_database_keeps_no_name() {
    let app = App::start().await;
    let mut browser = Browser::new(&app).named("a-name-that-is-easy-to-find");
    browser.sign_up("ada", PASSWORD).await;
    app.clock.advance(SETTLE);
    browser.refresh().await;
    app.auth.close().await;
    let bytes = app.database.content().await;
    assert!(!bytes.windows(browser.instance.len()).any(|window| window == browser.instance.as_bytes()));
}
