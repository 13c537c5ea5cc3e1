//! When the parent of a refresh token dies: with the proof that the token arrived, and not before.

use super::{
    browser::Browser,
    harness::{App, MINUTE},
};

const SETTLE: i64 = 2 * MINUTE;

/// Rotates, and comes back with the browser before and the one after.
async fn rotated(app: &App) -> (Browser<'_>, Browser<'_>) {
    let before = app.signed_up("ada").await;
    app.clock.advance(SETTLE);
    let mut after = before.clone();
    assert_eq!(after.refresh().await.status, 200);
    (before, after)
}

#[tokio::test]
async fn an_access_token_used_before_the_time_is_no_proof() {
    let app = App::start().await;
    let (mut before, after) = rotated(&app).await;
    app.clock.advance(SETTLE - 1);
    assert_eq!(after.me().await.status, 200);
    app.auth.tidy().await.unwrap();
    assert_eq!(before.refresh().await.status, 200);
}

#[tokio::test]
async fn an_access_token_used_late_enough_is_proof() {
    let app = App::start().await;
    let (mut before, after) = rotated(&app).await;
    app.clock.advance(SETTLE);
    assert_eq!(after.me().await.status, 200);
    app.auth.tidy().await.unwrap();
    let session = app.only_session("ada").await;
    let row = app.store.session(session).await.unwrap().unwrap();
    assert!(row.acknowledged && row.sealed_current.is_none(), "what was sealed is gone");
    assert_eq!(before.refresh().await.code(), "reused");
}

#[tokio::test]
async fn a_page_opened_with_the_current_cookie_late_enough_is_proof() {
    let app = App::start().await;
    let (mut before, after) = rotated(&app).await;
    app.clock.advance(SETTLE);
    assert_eq!(after.open("/account").await.status, 200);
    app.auth.tidy().await.unwrap();
    assert_eq!(before.refresh().await.code(), "reused");
}

#[tokio::test]
async fn the_parents_access_token_proves_nothing_about_its_successor() {
    let app = App::start().await;
    let (mut before, _) = rotated(&app).await;
    app.clock.advance(SETTLE);
    assert_eq!(before.me().await.status, 200);
    assert_eq!(before.open("/account").await.status, 200);
    app.auth.tidy().await.unwrap();
    assert_eq!(before.refresh().await.status, 200);
}

#[tokio::test]
async fn a_replay_starts_the_time_anew() {
    let app = App::start().await;
    let (before, after) = rotated(&app).await;
    app.clock.advance(SETTLE - 1);
    assert_eq!(before.clone().refresh().await.status, 200);
    app.clock.advance(1);
    assert_eq!(after.me().await.status, 200);
    app.auth.tidy().await.unwrap();
    assert_eq!(before.clone().refresh().await.status, 200, "delivered again a moment ago");
}
