//! The server's secret, replaced while people go on.

use super::{
    browser::Browser,
    harness::{App, DAY, MINUTE, SECRET, secret},
};
use crate::auth::{Visit, clock::Clock, keys::KeysError, secrets::Secrets};

pub const NEW: &str = "another secret, which is 32 bytes long too";

/// The new one in use, the old one accepted for three days.
pub fn new_after_old(app: &App) -> Secrets {
    Secrets::from(secret(NEW)).after(secret(SECRET), app.clock.now() + 3 * DAY)
}

#[tokio::test]
async fn sessions_pages_and_access_tokens_go_on_under_a_new_secret() {
    let before = App::start().await;
    let browser = before.signed_up("ada").await;
    let app = before.another_with(&new_after_old(&before)).await.unwrap();
    let mut browser = browser.at(&app);
    assert_eq!(browser.me().await.status, 200);
    assert_eq!(browser.open("/account").await.status, 200);
    app.clock.advance(2 * MINUTE);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(browser.me().await.status, 200);
    let cookie = browser.cookie.clone();
    let after = app.another_with(&secret(NEW).into()).await.unwrap();
    let mut browser = browser.at(&after);
    browser.cookie = cookie;
    assert_eq!(browser.refresh().await.status, 200, "it is a token of the new secret by now");
    assert!(browser.log_out().await.status.is_success());
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_as_it_was_though_the_secret_was_replaced_in_between() {
    let before = App::start().await;
    let mut browser = before.signed_up("ada").await;
    before.clock.advance(2 * MINUTE);
    let lost = browser.clone();
    browser.refresh().await;
    let app = before.another_with(&new_after_old(&before)).await.unwrap();
    let mut there = lost.at(&app);
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(there.cookie, browser.cookie, "the same token as was lost");
    app.clock.advance(2 * MINUTE);
    assert_eq!(there.me().await.status, 200);
    assert_eq!(there.refresh().await.status, 200);
    assert_ne!(there.cookie, browser.cookie);
}

#[tokio::test]
async fn after_its_time_the_old_secret_opens_nothing() {
    let before = App::start().await;
    let browser = before.signed_up("ada").await;
    let app = before.another_with(&new_after_old(&before)).await.unwrap();
    let mut browser = browser.at(&app);
    app.clock.advance(3 * DAY - 1);
    assert_eq!(browser.open("/account").await.status, 200);
    app.clock.advance(1);
    assert_ne!(browser.open("/account").await.status, 200);
    assert_eq!(browser.refresh().await.code(), "invalid");
    assert!(browser.call("/api/ending", &[]).await.json().is_null(), "it is no token of a session any more");
    assert!(browser.log_out().await.status.is_success());
    let session = app.only_session("ada").await;
    assert!(app.store.session(session).await.unwrap().unwrap().ended.is_none(), "nor does it end one");
}

#[tokio::test]
async fn signing_keys_are_sealed_under_the_new_secret_at_once() {
    let before = App::start().await;
    before.auth.rotate_keys(&Visit::default()).await.unwrap();
    let old = before.store.signing_keys().await.unwrap();
    let app = before.another_with(&new_after_old(&before)).await.unwrap();
    let new = app.store.signing_keys().await.unwrap();
    assert_eq!(new.len(), 2);
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(old.kid, new.kid);
        assert_ne!(old.sealed_private_key, new.sealed_private_key);
    }
    assert!(matches!(before.another_with(&secret(SECRET).into()).await, Err(KeysError::Sealed { .. })));
    assert!(before.another_with(&secret(NEW).into()).await.is_ok());
    before.auth.follow().await.unwrap();
    let mut browser = before.signed_up("ada").await;
    assert_eq!(browser.refresh().await.status, 200, "whoever has opened them before goes on");
}

#[tokio::test]
async fn keys_that_were_not_sealed_anew_in_time_are_shut() {
    let before = App::start().await;
    let late = new_after_old(&before);
    before.clock.advance(3 * DAY);
    assert!(matches!(before.another_with(&late).await, Err(KeysError::Sealed { .. })));
}

#[tokio::test]
async fn a_secret_that_nobody_named_opens_nothing() {
    let before = App::start().await;
    assert!(matches!(before.another_with(&secret(NEW).into()).await, Err(KeysError::Sealed { .. })));
}

#[tokio::test]
async fn an_instance_that_knows_only_the_old_secret_goes_on_and_what_it_signs_is_refused() {
    let old = App::start().await;
    let new = old.another_with(&new_after_old(&old)).await.unwrap();
    let mut browser = old.signed_up("ada").await;
    new.auth.replace_keys(&Visit::default()).await.unwrap();
    old.auth.follow().await.unwrap();
    assert_eq!(
        browser.refresh().await.status,
        200,
        "by a key that nobody believes any more, since it can open no other"
    );
    assert_eq!(browser.me().await.status, 401);
    let mut there = browser.at(&new);
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(there.me().await.status, 200);
    assert_eq!(there.at(&old).me().await.status, 401, "it cannot tell that this key is ours");
}

/// First all instances accept the new secret, then one after the other uses it.
#[tokio::test]
async fn instances_of_both_secrets_serve_the_same_sessions() {
    let first = App::start().await;
    let old = first.another_with(&Secrets::from(secret(SECRET)).before(secret(NEW))).await.unwrap();
    let new = first.another_with(&new_after_old(&first)).await.unwrap();
    old.auth.follow().await.unwrap();
    let mut browser = old.signed_up("ada").await;
    for round in 0..6 {
        first.clock.advance(2 * MINUTE);
        let (here, there) = if round % 2 == 0 { (&new, &old) } else { (&old, &new) };
        let lost = browser.clone();
        assert_eq!(turn(&mut browser, here).await, 200, "round {round}");
        let mut again = lost.at(there);
        assert_eq!(again.refresh().await.status, 200, "round {round}");
        assert_eq!(again.cookie, browser.cookie, "round {round}: a lost answer, asked for at the other");
        assert_eq!(browser.at(here).me().await.status, 200);
        assert_eq!(browser.at(there).me().await.status, 200);
        assert_eq!(browser.at(there).open("/account").await.status, 200);
    }
    // What one of the old secret makes, one of the new one seals anew, and both sign with it.
    old.auth.rotate_keys(&Visit::default()).await.unwrap();
    new.auth.follow().await.unwrap();
    old.auth.follow().await.unwrap();
    assert!(first.another_with(&secret(NEW).into()).await.is_ok());
    first.clock.advance(11 * MINUTE);
    for app in [&old, &new, &old] {
        assert_eq!(turn(&mut browser, app).await, 200);
        assert_eq!(browser.at(&new).me().await.status, 200);
        assert_eq!(browser.at(&old).me().await.status, 200);
        first.clock.advance(2 * MINUTE);
    }
}

/// A refresh at an instance.
async fn turn(browser: &mut Browser<'_>, app: &App) -> u16 {
    let mut there = browser.at(app);
    let status = there.refresh().await.status.as_u16();
    (browser.cookie, browser.token) = (there.cookie, there.token);
    status
}
