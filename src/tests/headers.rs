//! What every answer carries.

use super::harness::{App, Browser};

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for path in [
        "/login",
        "/account",
        "/nowhere",
        "/api/v1/me",
        "/api/v1/nothing",
        "/.well-known/jwks.json",
        "/livez",
        "/readyz",
        "/",
        "/api/login",
    ] {
        let answer = browser.open(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
    }
}

#[tokio::test]
async fn a_page_runs_the_one_script_that_carries_its_nonce_and_each_page_has_its_own() {
    let app = App::start().await;
    let nonce = |answer: &super::harness::Answer| {
        let policy = answer.header("content-security-policy").to_owned();
        policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned()
    };
    let [one, two] = [Browser::new(&app).open("/login").await, Browser::new(&app).open("/login").await];
    assert_ne!(nonce(&one), nonce(&two));
    assert!(!one.header("content-security-policy").contains("unsafe-inline"));
    for script in one.body.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{}\"", nonce(&one))), "<script{tag}>");
    }
    assert!(!one.body.contains(" style="), "no inline style");
}

#[tokio::test]
async fn an_id_that_a_visitor_made_up_is_not_used() {
    let app = App::start().await;
    let request =
        http::Request::get("/livez").header("x-request-id", "made-up").body(axum::body::Body::empty()).unwrap();
    assert_ne!(app.send(request).await.header("x-request-id"), "made-up");
}

#[tokio::test]
async fn where_people_come_over_https_every_answer_says_to_keep_to_it() {
    let paths = ["/login", "/nowhere", "/api/v1/me", "/.well-known/jwks.json", "/livez", "/panic", "/api/login"];
    let app = App::start().await.at("https://hallpass.example");
    for path in paths {
        let says = app.get(path).await.header("strict-transport-security").to_owned();
        assert_eq!(says, "max-age=63072000; includeSubDomains", "{path}");
    }
    let app = App::start().await;
    for path in paths {
        assert_eq!(app.get(path).await.header("strict-transport-security"), "", "{path}");
    }
}
