//! A browser whose cookies are more than a request may carry, which is what a sibling host can do to it: nobody is locked out for ever.

use axum::body::Body;
use http::{Request, header};

use super::harness::{Answer, App};

/// What a sibling host can put beside a cookie of ours.
fn a_jar_too_full(ours: &str) -> String {
    let tossed = format!("tossed={}; ", "x".repeat(1024));
    tossed.repeat(20) + ours
}

async fn press(app: &App, path: &str, cookies: &str, site: &str) -> Answer {
    let request = Request::post(path)
        .header(header::COOKIE, cookies)
        .header("sec-fetch-site", site)
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_browser_with_too_many_cookies_is_refused_with_a_page_that_lets_it_out() {
    let app = App::start().await;
    let mut ada = app.signed_up("ada").await;
    let cookies = a_jar_too_full(&format!("__Host-refresh={}", ada.cookie.clone().unwrap()));
    for path in ["/", "/login", "/account", "/pkg/nothing.js"] {
        let request = Request::get(path).header(header::COOKIE, &cookies).header(header::ACCEPT, "text/html");
        let page = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (431, "text/html; charset=utf-8"), "{path}");
        assert!(page.header("clear-site-data").is_empty(), "nothing is cleared that nobody asked for");
        assert!(page.header("content-security-policy").contains("form-action 'self'"), "the button works");
        assert!(page.body.contains("<form method=\"post\" action=\"/api/logout?cookies=all\">"), "{}", page.body);
    }
    assert_eq!(press(&app, "/api/logout", &cookies, "same-origin").await.status, 431, "there is one way out");
    assert_eq!(ada.me().await.status, 200);

    let out = press(&app, "/api/logout?cookies=all", &cookies, "same-origin").await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/signed-out?reason=signed_out"));
    assert_eq!(out.header("clear-site-data"), "\"cookies\"");
    assert_eq!(ada.me().await.status, 401, "the session has ended with its cookie");
    assert_eq!(ada.refresh().await.code(), "signed_out");
}

#[tokio::test]
async fn no_other_site_presses_that_button_and_no_other_address_clears_cookies() {
    let app = App::start().await;
    let ada = app.signed_up("ada").await;
    let cookies = a_jar_too_full(&format!("__Host-refresh={}", ada.cookie.clone().unwrap()));
    for site in ["cross-site", "same-site", "none"] {
        let answer = press(&app, "/api/logout?cookies=all", &cookies, site).await;
        assert_eq!((answer.status.as_u16(), answer.header("clear-site-data")), (403, ""), "{site}");
    }
    let read = Request::get("/api/logout?cookies=all").header("sec-fetch-site", "same-origin");
    let read = app.send(read.body(Body::empty()).unwrap()).await;
    assert_eq!((read.status.as_u16(), read.header("clear-site-data")), (405, ""));
    assert_eq!(ada.me().await.status, 200);
    let out =
        press(&app, "/api/logout", &format!("__Host-refresh={}", ada.cookie.clone().unwrap()), "same-origin").await;
    assert_eq!((out.status.as_u16(), out.header("clear-site-data")), (303, ""), "a sign-out leaves the other cookies");
}
