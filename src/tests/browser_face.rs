//! Signing up, in and out from a page.

use http::StatusCode;

use super::{
    browser::Browser,
    harness::{App, MINUTE, PASSWORD},
};

#[tokio::test]
async fn signing_up_signs_in_with_the_token_in_the_body_and_the_cookie_out_of_reach() {
    let app = App::start().await;
    let mut browser = Browser::new(&app);
    let answer = browser.sign_up("ada", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["expires_in"], 900);
    let cookie = answer.refresh_line();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=2592000"), "{cookie}");
    assert!(!answer.body.contains(browser.cookie.as_deref().unwrap()), "the refresh token is in the cookie alone");
    assert_eq!(answer.header("cache-control"), "no-store");

    let me = browser.me().await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.body);
    assert_eq!(me.json()["username"], "ada");
    assert_eq!(me.json()["device"], "Firefox on Linux");
    assert_eq!(me.json()["address"], "192.0.2.1");
    assert_eq!(me.json()["signed_in_at"]["utc"], "2027-01-15T08:00:00Z");
}

#[tokio::test]
async fn every_reason_against_a_sign_up_is_told_by_field() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for (name, password, status, field) in [
        ("", PASSWORD, 422, "username"),
        ("a\u{0}b", PASSWORD, 422, "username"),
        ("bob", "short", 422, "password"),
        ("bob", "passwordpassword", 422, "password"),
        ("ADA", PASSWORD, 409, "username"),
    ] {
        let answer = Browser::new(&app).sign_up(name, password).await;
        assert_eq!(answer.status, status, "{name:?} {password}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["fields"][0]["field"], field);
        assert!(answer.set_cookie().is_none());
    }
    let both = Browser::new(&app).sign_up("", "").await.json();
    assert_eq!(both["fields"].as_array().unwrap().len(), 2, "{both}");
}

#[tokio::test]
async fn closed_sign_up_makes_no_account() {
    let app = App::with(|policy| policy.signup_open = false).await;
    let answer = Browser::new(&app).sign_up("ada", PASSWORD).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "signup_closed"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let wrong = Browser::new(&app).log_in("ada", "not her password").await;
    let unknown = Browser::new(&app).log_in("nobody", "not her password").await;
    let impossible = Browser::new(&app).log_in("a\u{1}b", "not her password").await;
    for other in [&unknown, &impossible] {
        assert_eq!(wrong.status, other.status);
        assert_eq!(wrong.body, other.body);
        let comparable = |answer: &super::harness::Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            headers
        };
        assert_eq!(comparable(&wrong), comparable(other));
    }
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_credentials"));
}

#[tokio::test]
async fn an_empty_field_is_told_apart_from_a_wrong_one() {
    let app = App::start().await;
    let answer = Browser::new(&app).log_in("", "").await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["fields"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn too_many_tries_wait_and_the_right_password_waits_with_them() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for _ in 0..20 {
        assert_eq!(Browser::new(&app).log_in("ada", "not her password").await.status, 401);
    }
    for name in ["ada", "Ada"] {
        let answer = Browser::new(&app).log_in(name, PASSWORD).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    }
    app.clock.advance(1_000);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_access_token_is_refused_on_the_very_next_request_after_logout() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let refresh_token = browser.cookie.clone().unwrap();
    assert_eq!(browser.me().await.status, 200);
    let answer = browser.log_out().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("set-cookie"), "__Host-refresh=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0");

    assert_eq!(browser.me().await.status, 401);
    assert_eq!(app.get_with_bearer("/api/v1/me", &browser.token).await.status, 401);
    browser.cookie = Some(refresh_token);
    let refused = browser.refresh().await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNAUTHORIZED, "signed_out"));
    assert!(refused.set_cookie().is_none(), "only logout clears the cookie");
}

#[tokio::test]
async fn logging_out_without_a_session_is_fine() {
    let app = App::start().await;
    assert_eq!(Browser::new(&app).log_out().await.status, 200);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let before = browser.clone();
    let elsewhere = app.signed_up("bob").await;
    assert_eq!(browser.log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(before.clone().me().await.status, 401);
    assert_eq!(before.clone().refresh().await.code(), "replaced");
    assert_eq!(browser.me().await.status, 200);
    assert_eq!(elsewhere.clone().me().await.status, 200, "another session is not touched");
}

#[tokio::test]
async fn a_cookie_that_was_planted_is_never_adopted() {
    let app = App::start().await;
    let mut thief = app.signed_up("mallory").await;
    let planted = thief.cookie.clone();
    app.signed_up("ada").await;
    let mut victim = Browser::new(&app);
    victim.cookie.clone_from(&planted);
    victim.log_in("ada", PASSWORD).await;
    assert_ne!(victim.cookie, planted);
    assert_eq!(thief.refresh().await.code(), "replaced");
}

#[tokio::test]
async fn a_protected_server_function_takes_its_principal_from_the_bearer_header_alone() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let with_cookie_only = browser.call("/api/me", &[]).await;
    assert_eq!(with_cookie_only.status, 401);
    assert_eq!(with_cookie_only.header("www-authenticate"), r#"Bearer realm="hallpass""#);

    browser.token = format!("{}x", browser.token);
    let with_garbage = browser.me().await;
    assert_eq!((with_garbage.status, with_garbage.code().as_str()), (StatusCode::UNAUTHORIZED, "invalid_token"));
    assert!(with_garbage.header("www-authenticate").contains(r#"error="invalid_token""#));
}

#[tokio::test]
async fn the_access_token_expires_and_a_refresh_brings_another() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    app.clock.advance(15 * MINUTE);
    assert_eq!(browser.me().await.status, 401);
    let answer = browser.refresh().await;
    assert_eq!(answer.status, 200);
    assert!(answer.set_cookie().is_some(), "delivered long ago, so it rotates");
    assert_eq!(browser.me().await.status, 200);
}

#[tokio::test]
async fn a_refresh_soon_after_the_last_one_leaves_the_cookie_alone() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    app.clock.advance(MINUTE);
    let answer = browser.refresh().await;
    assert_eq!(answer.status, 200);
    assert!(answer.set_cookie().is_none());
}

#[tokio::test]
async fn a_refresh_without_a_cookie_is_refused_and_one_with_two_is_malformed() {
    let app = App::start().await;
    let mut nobody = Browser::new(&app);
    assert_eq!(nobody.refresh().await.code(), "invalid");
    let mut browser = app.signed_up("ada").await;
    let cookie = browser.cookie.clone().unwrap();
    browser.cookie = Some(format!("{cookie}; __Host-refresh={cookie}"));
    assert_eq!(browser.refresh().await.status, 400);
}

/// It may be told late, when somebody has signed in again.
#[tokio::test]
async fn a_logout_that_means_another_session_leaves_this_one_alone() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let mut browser = Browser::new(&app);
    browser.log_in("ada", PASSWORD).await;
    let left = app.only_session("ada").await.to_string();
    app.clock.advance(1);
    browser.log_in("ada", PASSWORD).await;
    let cookie = browser.cookie.clone();
    let answer = browser.call("/api/logout", &[("session", &left)]).await;
    assert_eq!((answer.status.as_u16(), browser.cookie.clone()), (200, cookie));
    assert_eq!(browser.refresh().await.status, 200);
    let own = app.only_session("ada").await.to_string();
    browser.call("/api/logout", &[("session", &own)]).await;
    assert_eq!(browser.refresh().await.status, 401);
}
