//! When a session ends by itself.

use super::harness::{App, DAY, MINUTE};

#[tokio::test]
async fn a_session_not_refreshed_for_the_idle_lifetime_has_expired() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    app.clock.advance(7 * DAY - 1);
    assert_eq!(browser.refresh().await.status, 200);
    app.clock.advance(7 * DAY);
    let answer = browser.refresh().await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "expired"));
    let page = browser.open("/account").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (302, "/signed-out?reason=expired&next=/account"));
}

#[tokio::test]
async fn an_answer_that_is_sent_again_is_a_use_too() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    app.clock.advance(2 * MINUTE);
    assert_eq!(browser.clone().refresh().await.status, 200, "this answer is lost");
    app.clock.advance(7 * DAY - 1);
    assert_eq!(browser.refresh().await.status, 200);
    app.clock.advance(DAY);
    assert_eq!(browser.refresh().await.status, 200, "active a day ago");
}

#[tokio::test]
async fn no_refreshing_takes_a_session_past_its_absolute_end() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    for _ in 0..9 {
        app.clock.advance(3 * DAY);
        assert_eq!(browser.refresh().await.status, 200);
    }
    app.clock.advance(3 * DAY - MINUTE);
    let last = browser.refresh().await;
    assert!(last.header("set-cookie").ends_with("Max-Age=60"), "{}", last.header("set-cookie"));
    assert_eq!(last.json()["expires_in"], 60, "no access token outlives its session");
    app.clock.advance(MINUTE);
    assert_eq!(browser.me().await.status, 401);
    assert_eq!(app.get_with_bearer("/api/v1/me", &browser.token).await.status, 401);
    assert_eq!(browser.refresh().await.code(), "expired");
}

#[tokio::test]
async fn an_idle_lifetime_shorter_than_the_time_to_settle_signs_nobody_out_who_is_active() {
    let app = App::with(|policy| policy.idle_ttl = MINUTE).await;
    let mut browser = app.signed_up("ada").await;
    for _ in 0..60 {
        app.clock.advance(10_000);
        assert_eq!(browser.refresh().await.status, 200);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_signs_nobody_out_and_extends_nothing() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let session = app.only_session("ada").await;
    let end = app.store.session(session).await.unwrap().unwrap().absolute_expires_at;
    app.clock.advance(-60 * MINUTE);
    assert_eq!(browser.refresh().await.status, 200);
    app.clock.advance(90 * MINUTE);
    assert_eq!(browser.refresh().await.status, 200);
    let row = app.store.session(session).await.unwrap().unwrap();
    assert_eq!(row.absolute_expires_at, end);
    assert!(row.idle_expires_at <= end);
}
