//! From where somebody comes who comes through a reverse proxy. The harness's peer is 192.0.2.1.

use axum::body::Body;
use http::{Request, header};
use serde_json::json;

use super::{
    browser::Browser,
    harness::{App, MINUTE, PASSWORD},
};

/// The address of the latest login, as its person reads it.
async fn seen(app: &App) -> String {
    app.clock.advance(MINUTE);
    let body = json!({ "username": "ada", "password": PASSWORD }).to_string();
    let login = Request::post("/api/v1/login")
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-forwarded-for", "1.1.1.1, 198.51.100.7")
        .body(Body::from(body));
    let mut browser = Browser::new(app);
    browser.token = app.send(login.unwrap()).await.access_token();
    let list = browser.ask("/api/activity", &[]).await.json();
    list["happenings"][0]["address"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_visitor_behind_a_proxy_is_known_by_the_address_that_the_proxy_saw() {
    let app = App::start().await.behind("192.0.2.0/24");
    app.signed_up("ada").await;
    assert_eq!(seen(&app).await, "198.51.100.7");
}

#[tokio::test]
async fn without_a_trusted_proxy_nobody_chooses_their_address() {
    for app in [App::start().await, App::start().await.behind("192.0.2.2")] {
        app.signed_up("ada").await;
        assert_eq!(seen(&app).await, "192.0.2.1");
    }
}
