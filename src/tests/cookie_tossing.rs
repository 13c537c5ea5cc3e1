//! Cookies that somebody else has put into a person's browser: a page of a sibling host, say. It can have signed in for itself, and so has a token that is
//! good; it cannot have set a cookie by the name of ours, which browsers refuse, but one that looks like it.

use axum::body::Body;
use http::{HeaderValue, Request, header};

use super::{
    browser::{Browser, form},
    harness::{Answer, App, PASSWORD},
};

/// Ways to write a cookie that a careless reader takes for ours, around a token.
const LIKE_OURS: [(&[u8], &[u8]); 30] = [
    // Names that become ours when they are decoded, folded or trimmed.
    (b"%5F%5FHost-refresh=", b""),
    (b"__Host%2Drefresh=", b""),
    (b"__Host-%72efresh=", b""),
    (b"%5f%5f%48%6f%73%74%2d%72%65%66%72%65%73%68=", b""),
    (b"__Host-refresh%3D", b""),
    (b"__host-refresh=", b""),
    (b"__HOST-REFRESH=", b""),
    (b"__Host-Refresh=", b""),
    (b"__Host-refresh =", b""),
    (b"__Host-refresh\t=", b""),
    (b"\"__Host-refresh\"=", b""),
    (b"'__Host-refresh'=", b""),
    (b"\xc2\xa0__Host-refresh=", b""),
    (b"\xe2\x80\x80__Host-refresh=", b""),
    (b"\xef\xbb\xbf__Host-refresh=", b""),
    (b"\xa0__Host-refresh=", b""),
    // Names beside ours.
    (b"__Secure-refresh=", b""),
    (b"__Host-Http-refresh=", b""),
    (b"refresh=", b""),
    (b"__Host-refresh[]=", b""),
    (b"__Host-refresh.0=", b""),
    (b"__Host_refresh=", b""),
    (b"$__Host-refresh=", b""),
    // No name, or ours in a value.
    (b"=__Host-refresh=", b""),
    (b"=", b""),
    (b"", b""),
    (b"x=__Host-refresh=", b""),
    (b"x=1, __Host-refresh=", b""),
    (b"x=\"__Host-refresh=", b"\""),
    (b"$Version=1, __Host-refresh=", b""),
];

fn line(parts: &[&[u8]]) -> HeaderValue {
    HeaderValue::from_bytes(&parts.concat()).unwrap()
}

async fn send(app: &App, method: &str, path: &str, cookies: HeaderValue, fields: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
    let request = request.header(header::COOKIE, cookies);
    app.send(if method == "GET" {
        request.header(header::ACCEPT, "text/html").body(Body::empty()).unwrap()
    } else {
        form(request.header(header::ACCEPT, "application/json"), fields)
    })
    .await
}

fn ours(browser: &Browser<'_>) -> String {
    format!("__Host-refresh={}", browser.cookie.as_ref().unwrap())
}

fn token(browser: &Browser<'_>) -> Vec<u8> {
    browser.cookie.clone().unwrap().into_bytes()
}

#[tokio::test]
async fn a_cookie_that_only_looks_like_ours_signs_nobody_in() {
    let app = App::start().await;
    let mallory = app.signed_up("mallory").await;
    for (before, after) in LIKE_OURS {
        let cookies = line(&[before, &token(&mallory), after]);
        let page = send(&app, "GET", "/account", cookies.clone(), &[]).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (302, "/login?next=/account"), "{cookies:?}");
        let refreshed = send(&app, "POST", "/api/refresh", cookies.clone(), &[]).await;
        assert_eq!((refreshed.status.as_u16(), refreshed.code().as_str()), (401, "invalid"), "{cookies:?}");
        let left = send(&app, "POST", "/api/logout", cookies.clone(), &[]).await;
        assert!(left.status.is_success(), "{cookies:?}");
    }
    assert_eq!(mallory.me().await.status, 200, "no sign-out meant the session of such a cookie");
}

#[tokio::test]
async fn nor_does_a_token_that_is_not_written_exactly_as_it_was_given() {
    let app = App::start().await;
    let mallory = app.signed_up("mallory").await;
    for (before, after) in
        [("\"", "\""), (" ", ""), ("", "="), ("", "%3D"), ("%20", ""), ("", "\""), ("", ",x"), ("", " x")]
    {
        let cookies = line(&[b"__Host-refresh=", before.as_bytes(), &token(&mallory), after.as_bytes()]);
        let page = send(&app, "GET", "/account", cookies.clone(), &[]).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (302, "/login?next=/account"), "{cookies:?}");
        let refreshed = send(&app, "POST", "/api/refresh", cookies.clone(), &[]).await;
        assert_eq!(refreshed.code(), "invalid", "{cookies:?}");
    }
}

#[tokio::test]
async fn beside_ours_it_takes_nobodys_place() {
    let app = App::start().await;
    let [mallory, ada] = [app.signed_up("mallory").await, app.signed_up("ada").await];
    let [evil, good] = [token(&mallory), ours(&ada).into_bytes()];
    for (before, after) in LIKE_OURS {
        let tossed = [before, &evil, after].concat();
        for cookies in [line(&[&tossed, b"; ", &good]), line(&[&good, b"; ", &tossed])] {
            let page = send(&app, "GET", "/account", cookies.clone(), &[]).await;
            assert!(page.body.contains("ada</strong>"), "{cookies:?}: {}", page.body);
            assert!(page.status.is_success() && !page.body.contains("mallory"), "{cookies:?}: {}", page.body);
            let refreshed = send(&app, "POST", "/api/refresh", cookies.clone(), &[]).await;
            assert_eq!(refreshed.status, 200, "{cookies:?}: {}", refreshed.body);
            let account = app.get_with_bearer("/api/v1/me", &refreshed.access_token()).await;
            assert_eq!(account.json()["username"], "ada", "{cookies:?}");
        }
    }
}

#[tokio::test]
async fn a_login_takes_no_such_cookie_up_and_ends_no_session_for_it() {
    let app = App::start().await;
    let mallory = app.signed_up("mallory").await;
    app.signed_up("ada").await;
    let typed = [("username", "ada"), ("password", PASSWORD)];
    // One of each kind, since a login costs a hash.
    for (before, after) in
        [LIKE_OURS[0], LIKE_OURS[5], LIKE_OURS[10], LIKE_OURS[13], LIKE_OURS[23], LIKE_OURS[25], LIKE_OURS[27]]
    {
        let cookies = line(&[before, &token(&mallory), after]);
        let answer = send(&app, "POST", "/api/login", cookies.clone(), &typed).await;
        let kept = answer.set_cookie().unwrap();
        assert!(!kept.is_empty() && Some(kept) != mallory.cookie, "{cookies:?}");
    }
    assert_eq!(mallory.me().await.status, 200);
}

/// No browser has two, since nobody can set one of this name for another path or host. Which of them would be ours is not to be guessed.
#[tokio::test]
async fn two_by_our_name_are_for_neither_of_their_people_and_end_neither_session() {
    let app = App::start().await;
    let [mallory, ada] = [app.signed_up("mallory").await, app.signed_up("ada").await];
    for (one, other) in [(&mallory, &ada), (&ada, &mallory)] {
        let cookies = line(&[ours(one).as_bytes(), b"; ", ours(other).as_bytes()]);
        let page = send(&app, "GET", "/account", cookies.clone(), &[]).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (302, "/login?next=/account"));
        let refreshed = send(&app, "POST", "/api/refresh", cookies.clone(), &[]).await;
        assert_eq!((refreshed.status.as_u16(), refreshed.set_cookie()), (400, None));
        let left = send(&app, "POST", "/api/logout", cookies, &[]).await;
        assert_eq!((left.status.as_u16(), left.set_cookie()), (200, Some(String::new())));
    }
    for browser in [mallory, ada] {
        assert_eq!(browser.me().await.status, 200);
    }
}
