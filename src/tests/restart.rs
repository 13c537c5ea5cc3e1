//! What a restart keeps.

use super::{
    browser::Browser,
    harness::{App, MINUTE, PASSWORD},
};

#[tokio::test]
async fn sessions_keys_and_revocations_survive_a_restart() {
    let app = App::start().await;
    let stays = app.signed_up("ada").await;
    let (cookie, token) = (stays.cookie.clone(), stays.token.clone());
    let mut leaves = app.signed_up("bob").await;
    leaves.log_out().await;
    let dead = leaves.token.clone();

    let app = app.restart().await;
    assert_eq!(app.get_with_bearer("/api/v1/me", &token).await.status, 200, "signed with the same key");
    assert_eq!(app.get_with_bearer("/api/v1/me", &dead).await.status, 401, "still revoked");
    app.clock.advance(2 * MINUTE);
    let mut browser = Browser::new(&app);
    browser.cookie = cookie;
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(Browser::new(&app).log_in("bob", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_and_back_revives_no_token() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    browser.log_out().await;
    app.clock.advance(120 * MINUTE);
    app.auth.tidy().await.unwrap();
    app.clock.advance(-120 * MINUTE);
    app.auth.tidy().await.unwrap();
    assert_eq!(browser.me().await.status, 401);
}

#[tokio::test]
async fn revocations_are_forgotten_only_when_the_last_token_is_dead() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    browser.log_out().await;
    for _ in 0..16 {
        app.auth.tidy().await.unwrap();
        assert_eq!(browser.me().await.status, 401);
        app.clock.advance(MINUTE);
    }
}
