//! Requests that no page of ours made.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::json;

use super::{
    browser::form,
    harness::{App, ORIGIN, PASSWORD},
};

const FORGERIES: [&[(&str, &str)]; 6] = [
    &[],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "none")],
    &[("origin", "https://evil.test")],
    &[("origin", "null")],
];

#[tokio::test]
async fn whatever_reads_or_sets_the_cookie_answers_our_own_pages_only() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let cookie = format!("__Host-refresh={}", browser.cookie.clone().unwrap());
    let typed = [("username", "eve"), ("password", PASSWORD)];
    for path in [
        "/api/signup",
        "/api/login",
        "/api/refresh",
        "/api/logout",
        "/api/ending",
        "/login",
        "/signup",
        "/account/sessions",
        "/account/password",
    ] {
        for forged in FORGERIES {
            for accept in ["application/json", "text/html"] {
                let request =
                    forged.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
                let request = request
                    .header(header::COOKIE, &cookie)
                    .header(header::ACCEPT, accept)
                    .header(header::REFERER, "https://evil.test/");
                let answer = app.send(form(request, &typed)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {forged:?} {accept}");
                assert!(answer.set_cookie().is_none() && answer.header("location").is_empty());
            }
        }
    }
    assert_eq!(browser.clone().me().await.status, 200, "nobody was signed out");
    assert_eq!(browser.clone().log_in("eve", PASSWORD).await.status, 401, "nobody was signed up");
}

#[tokio::test]
async fn a_browser_without_fetch_metadata_is_known_by_its_origin() {
    let app = App::start().await;
    let request = Request::post("/api/signup").header(header::ORIGIN, ORIGIN);
    let answer = app.send(form(request, &[("username", "ada"), ("password", PASSWORD)])).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn the_programs_face_refuses_whatever_a_page_could_have_sent() {
    let app = App::start().await;
    let token = app.signed_up("ada").await.token.clone();
    for (method, path) in [
        ("POST", "/api/v1/login"),
        ("POST", "/api/v1/refresh-token"),
        ("POST", "/api/v1/logout"),
        ("GET", "/api/v1/me"),
    ] {
        for (name, value) in [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site"), ("origin", ORIGIN)] {
            let body = json!({ "username": "ada", "password": PASSWORD }).to_string();
            let request = Request::builder().method(method).uri(path).header(name, value);
            let request = request
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::AUTHORIZATION, format!("Bearer {token}"));
            let answer = app.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "cross_site"), "{path} {name}");
        }
    }
}
