//! The forms without scripts.

use http::StatusCode;

use super::{
    browser::Browser,
    harness::{App, PASSWORD},
};
use crate::own::HOME;

fn typed<'a>(username: &'a str, password: &'a str) -> [(&'a str, &'a str); 2] {
    [("username", username), ("password", password)]
}

#[tokio::test]
async fn signing_up_in_and_out_is_a_walk_from_page_to_page() {
    let app = App::start().await;
    let mut browser = Browser::new(&app);
    let up = browser.submit("/signup", &typed("ada", PASSWORD)).await;
    assert_eq!((up.status, up.header("location")), (StatusCode::SEE_OTHER, HOME));
    assert_eq!(browser.open("/account").await.status, 200);

    let out = browser.submit("/api/logout", &[]).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/signed-out?reason=signed_out"));
    assert_eq!(browser.cookie, None);
    assert_eq!(browser.open("/account").await.status, 302);

    let back = browser.submit("/login?next=/account/sessions", &typed("ada", PASSWORD)).await;
    assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/account/sessions"));
    assert!(!back.body.contains("access_token"));
}

#[tokio::test]
async fn a_refused_form_comes_back_with_its_status_the_reason_and_the_name() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for (path, name, password, status, reason) in [
        ("/login", "a<b>da", "wrong password here", 401, "That username and password do not go together."),
        ("/login", "", "", 422, "Enter a username."),
        ("/signup", "a<b>da", "short", 422, "Use at least 15 characters."),
        ("/signup", "ada", PASSWORD, 409, "That username is taken."),
    ] {
        let page = Browser::new(&app).submit(path, &typed(name, password)).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.body.contains(reason), "{reason}: {}", page.body);
        assert!(
            page.body.contains(&format!("value=\"{}\"", name.replace('<', "&lt;").replace('>', "&gt;")))
                || name.is_empty(),
            "{}",
            page.body
        );
        assert!(page.body.contains("<title>Error: "), "{}", page.body);
        assert!(password.is_empty() || !page.body.contains(password), "the password does not come back");
    }
}

#[tokio::test]
async fn the_way_back_survives_a_refused_form() {
    let app = App::start().await;
    let page = Browser::new(&app).submit("/login?next=/account/sessions", &typed("ada", "wrong password here")).await;
    assert!(page.body.contains("action=\"/login?next=/account/sessions\""), "{}", page.body);
}

#[tokio::test]
async fn a_plain_form_that_a_server_function_refuses_is_answered_with_a_page_and_its_status() {
    let app = App::start().await;
    let refused = Browser::new(&app).submit("/api/login", &typed("ada", "wrong password here")).await;
    assert_eq!((refused.status.as_u16(), refused.header("location")), (401, ""));
    assert_eq!(refused.header("content-type"), "text/html; charset=utf-8");
    assert!(refused.body.contains("That username and password do not go together."), "{}", refused.body);
    let mut browser = app.signed_up("ada").await;
    app.store.close().await;
    let stuck = browser.submit("/api/logout", &[]).await;
    assert_eq!((stuck.status.as_u16(), stuck.header("retry-after")), (503, "1"));
    assert!(browser.cookie.is_some());
}

#[tokio::test]
async fn a_plain_form_sent_to_a_server_function_is_led_on_without_a_token_in_the_answer() {
    let app = App::start().await;
    let mut browser = Browser::new(&app);
    let answer = browser.submit("/api/signup", &typed("ada", PASSWORD)).await;
    assert_eq!((answer.status, answer.header("location"), answer.body.as_str()), (StatusCode::SEE_OTHER, HOME, ""));
    assert!(browser.cookie.is_some());
}
