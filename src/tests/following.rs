//! What one process must learn of what another does to the same database: on SQLite too, where the operator's commands are the others.

use super::harness::App;
use crate::auth::{PATIENCE, Visit};

async fn two() -> (App, App) {
    let one = App::start().await;
    let other = one.another().await;
    (one, other)
}

#[tokio::test]
async fn a_session_that_ends_at_one_instance_is_over_at_another_that_follows() {
    let (one, other) = two().await;
    let mut browser = one.signed_up("ada").await;
    assert_eq!(browser.at(&other).me().await.status, 200);
    browser.log_out().await;
    other.auth.follow().await.unwrap();
    assert_eq!(browser.at(&other).me().await.status, 401);
}

#[tokio::test]
async fn an_instance_that_has_not_followed_for_too_long_asks_the_database() {
    let (one, other) = two().await;
    let mut leaving = one.signed_up("ada").await;
    let staying = one.signed_up("grace").await;
    leaving.log_out().await;
    let asked = || other.get_with_bearer("/api/v1/me", &leaving.token);
    assert_eq!(asked().await.status, 200, "it has not heard of it");
    assert_eq!(other.auth.figures().await.checks_while_deaf, 0);
    one.clock.advance(PATIENCE + 1);
    assert_eq!(asked().await.status, 401);
    assert_eq!(staying.at(&other).me().await.status, 200);
    assert_eq!(other.auth.figures().await.checks_while_deaf, 2, "and says so");
}

#[tokio::test]
async fn an_instance_that_has_not_followed_for_too_long_learns_of_a_withdrawn_key_before_it_believes() {
    let (one, other) = two().await;
    let mut browser = one.signed_up("ada").await;
    assert_eq!(browser.at(&other).me().await.status, 200, "and it is remembered");
    one.auth.replace_keys(&Visit::default()).await.unwrap();
    assert_eq!(browser.at(&other).me().await.status, 200, "it has not heard of it");
    one.clock.advance(PATIENCE + 1);
    assert_eq!(browser.at(&other).me().await.status, 401);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(browser.at(&other).me().await.status, 200);
}

#[tokio::test]
async fn an_instance_that_can_neither_follow_nor_ask_says_to_come_back() {
    let (one, other) = two().await;
    let mut browser = one.signed_up("ada").await;
    other.store.close().await;
    one.clock.advance(PATIENCE + 1);
    let answer = browser.at(&other).me().await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"));
    let cookie = browser.cookie.clone();
    let mut there = browser.at(&other);
    assert_eq!(there.refresh().await.status, 503);
    assert_eq!(there.cookie, cookie, "nobody is signed out");
    assert_eq!(browser.refresh().await.status, 200);
}
