//! H: tokens that are good, brought in ways that are not.

use axum::body::Body;
use http::{Request, header};

use super::{Forge, log::Log};
use crate::tests::{
    browser::form,
    harness::{App, MINUTE, ORIGIN},
};

const CHALLENGE: &str = r#"Bearer realm="hallpass""#;

/// A request of the program's face, and what comes of it.
struct Way {
    name: &'static str,
    request: Request<Body>,
    answer: (u16, &'static str),
}

/// No bearer token was brought, so nothing is said or logged about one (RFC 6750, section 3).
const NONE: (u16, &str) = (401, "unauthenticated");
const BAD: (u16, &str) = (401, "invalid_token");

fn bearing(value: &str) -> Request<Body> {
    bare(me().header(header::AUTHORIZATION, value))
}

fn me() -> http::request::Builder {
    Request::get("/api/v1/me")
}

fn bare(request: http::request::Builder) -> Request<Body> {
    request.body(Body::empty()).unwrap()
}

/// `token` and `refresh` are good.
fn ways(token: &str, refresh: &str) -> Vec<Way> {
    let way = |name, request, answer| Way { name, request, answer };
    let cookie = format!("__Host-refresh={refresh}");
    let body = Request::post("/api/me").header(header::ACCEPT, "application/json");
    let cookies = format!("access_token={token}; __Host-refresh={token}");
    let both = me().header(header::AUTHORIZATION, "Bearer x").header(header::COOKIE, &cookie);
    let bearer = format!("Bearer {token}");
    let twice = me().header(header::AUTHORIZATION, &bearer).header(header::AUTHORIZATION, &bearer);
    vec![
        way("none", bare(me()), NONE),
        way("in the query", bare(Request::get(format!("/api/v1/me?access_token={token}"))), NONE),
        way("in the body", form(body, &[("access_token", token)]), NONE),
        way("in cookies", bare(me().header(header::COOKIE, cookies)), NONE),
        way("the refresh cookie alone", bare(me().header(header::COOKIE, &cookie)), NONE),
        way("the refresh token as a bearer", bearing(&format!("Bearer {refresh}")), BAD),
        way("a bad one in the header, a good cookie", bare(both), BAD),
        way("in two headers", bare(twice), (400, "invalid_request")),
        way("Basic", bearing(&format!("Basic {token}")), NONE),
        way("DPoP", bearing(&format!("DPoP {token}")), NONE),
        way("without a scheme", bearing(token), BAD),
        way("a scheme alone", bearing("Bearer"), BAD),
        way("of no length", bearing("Bearer "), BAD),
        way("after two spaces", bearing(&format!("Bearer  {token}")), BAD),
        way("after a tab", bearing(&format!("Bearer\t{token}")), BAD),
        way("the scheme twice", bearing(&format!("Bearer {bearer}")), BAD),
        way("two with a comma", bearing(&format!("{bearer}, {bearer}")), BAD),
    ]
}

#[tokio::test]
async fn a_token_counts_in_one_authorization_header_and_nowhere_else() {
    let log = Log::start();
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let (token, refresh) = (&browser.token, browser.cookie.clone().unwrap());
    for Way { name, request, answer: expected } in ways(token, &refresh) {
        log.forget();
        let answer = app.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), expected, "{name}: {}", answer.body);
        assert_eq!(log.disbeliefs().len(), usize::from(expected == BAD), "{name}");
        log.assert_knows_nothing_of(token, name);
        let challenge = answer.header("www-authenticate");
        match expected {
            BAD => assert!(challenge.contains("error=\"invalid_token\""), "{name}"),
            NONE => assert_eq!(challenge, CHALLENGE, "{name}"),
            _ => {}
        }
    }
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let answer = app.send(bearing(&format!("{scheme} {token}"))).await;
        assert_eq!(answer.status, 200, "RFC 9110, section 11.1: {scheme}");
    }
}

#[tokio::test]
async fn pages_do_not_take_a_person_from_an_authorization_header() {
    let app = App::start().await;
    let token = app.signed_up("ada").await.token.clone();
    let request = Request::get("/account").header(header::ACCEPT, "text/html");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(app.send(request.body(Body::empty()).unwrap()).await.status, 302);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_uses_at_the_moment_that_a_token_runs_out_all_are_judged_alike() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let forge = Forge::of(&app, ORIGIN, "ada").await;
    let token = forge.honest();
    app.clock.advance(15 * MINUTE - 1);
    for (expected, ahead) in [(200, 1), (401, 0)] {
        let uses = (0..20).map(|_| app.get_with_bearer("/api/v1/me", &token));
        for answer in futures::future::join_all(uses).await {
            assert_eq!(answer.status.as_u16(), expected);
        }
        app.clock.advance(ahead);
    }
}
