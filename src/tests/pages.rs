//! The right page at once, as the server renders it.

use axum::body::Body;
use http::{Request, StatusCode, header};

use super::{
    browser::Browser,
    harness::{App, MINUTE},
};
use crate::own::{HOME, NAME};

#[tokio::test]
async fn a_signed_in_person_gets_the_account_rendered_without_any_token_in_it() {
    let app = App::start().await;
    let mut browser = app.signed_up("Ada").await;
    app.clock.advance(MINUTE);
    browser.refresh().await;
    let page = browser.open("/account").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Signed in as <strong>Ada</strong>") || page.body.contains("<strong>Ada</strong>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("2027-01-15 08:00 UTC"));
    assert!(!page.body.contains(browser.cookie.as_deref().unwrap()));
    assert!(!page.body.contains(&browser.token));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.set_cookie().is_none());
}

#[tokio::test]
async fn what_is_read_is_written_in_the_order_in_which_the_browser_asks_for_it() {
    let app = App::start().await;
    let page = app.signed_up("ada").await.open("/account").await;
    let at = |place: usize| {
        let written = page.body.split(&format!("__RESOLVED_RESOURCES[{place}] = ")).nth(1);
        written.and_then(|rest| rest.split("</script>").next()).unwrap_or_default()
    };
    assert!(at(0).contains("SignedIn"), "how the person arrived");
    assert!(at(1).contains("username"), "then the account");
    assert!(at(2).contains("happenings"), "and within it what happened");
    assert_eq!(at(3), "");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let app = App::start().await;
    let page = Browser::new(&app).open("/account").await;
    assert_eq!((page.status, page.header("location")), (StatusCode::FOUND, "/login?next=/account"));
    assert_eq!(page.body, "");
    let asked = Browser::new(&app).open("/account?page=2&sort=name").await;
    assert_eq!(asked.header("location"), "/login?next=/account?page=2%26sort=name");
    let mut stale = Browser::new(&app);
    stale.cookie = Some("x".repeat(92));
    assert_eq!(stale.open("/account").await.header("location"), "/login?next=/account");
}

#[tokio::test]
async fn a_person_who_is_signed_in_is_sent_on_from_the_forms() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for (path, to) in [
        ("/", HOME),
        ("/login", HOME),
        ("/signup", HOME),
        ("/login?next=/account/sessions", "/account/sessions"),
        ("/login?next=//evil.test", HOME),
        ("/login?next=https://evil.test", HOME),
        ("/login?next=%2F%0d%0aSet-Cookie:x", HOME),
    ] {
        let page = browser.open(path).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::FOUND, to), "{path}");
    }
    assert_eq!(Browser::new(&app).open("/").await.header("location"), "/login");
}

#[tokio::test]
async fn a_link_from_another_site_is_restored_and_not_sent_to_sign_in() {
    let app = App::start().await;
    let request = Request::get("/account").header("sec-fetch-site", "cross-site").header(header::ACCEPT, "text/html");
    let page = app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Restoring your session"));
    assert!(page.body.contains("<noscript><p><a href=\"/account\">"), "a way onwards without scripts");
}

#[tokio::test]
async fn the_cookie_of_a_session_that_ended_leads_to_the_reason() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let before = browser.clone();
    browser.log_in("ada", super::harness::PASSWORD).await;
    let page = before.open("/account").await;
    assert_eq!(page.header("location"), "/signed-out?reason=replaced&next=/account");
    assert!(before.open(page.header("location")).await.body.contains("You signed in again in this browser"));
}

#[tokio::test]
async fn every_page_has_its_title_and_one_heading() {
    let app = App::start().await;
    let signed_in = app.signed_up("ada").await;
    let visitor = Browser::new(&app);
    for (browser, path, title, status) in [
        (&visitor, "/login", "Sign in", 200),
        (&visitor, "/signup", "Create an account", 200),
        (&visitor, "/signed-out?reason=signed_out", "Signed out", 200),
        (&visitor, "/nowhere", "Page not found", 404),
        (&signed_in, "/account", "Your account", 200),
        (&signed_in, "/account/x.css", "Page not found", 404),
    ] {
        let page = browser.open(path).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert!(page.body.contains(&format!("<title>{title} · {NAME}</title>")), "{path} {}", page.body);
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
        assert!(page.body.contains("<html lang=\"en\">"));
    }
}

#[tokio::test]
async fn what_people_are_called_is_shown_as_text() {
    let app = App::start().await;
    let browser = app.signed_up("<img/src=x/onerror=alert(1)>").await;
    let page = browser.open("/account").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<img/src"), "{}", page.body);
    assert!(page.body.contains("&lt;img/src=x/onerror=alert(1)&gt;"));
}

#[tokio::test]
async fn a_database_that_fails_is_neither_a_sign_out_nor_a_pass() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    app.store.close().await;
    let page = browser.open("/account").await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (503, "1"));
    let answer = browser.refresh().await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
    assert!(answer.set_cookie().is_none());
    assert_eq!(app.get("/readyz").await.status, 503);
    assert_eq!(app.get("/livez").await.status, 200);
}
