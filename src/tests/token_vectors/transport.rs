//! H: tokens that are good, brought in ways that are not.

use axum::body::Body;
use http::{Request, header};

use super::{Forge, log::Log};
use crate::tests::harness::{App, MINUTE, ORIGIN, form};

const CHALLENGE: &str = r#"Bearer realm="hallpass""#;

/// Sent to the program's face, and what comes of it.
struct Way {
    name: &'static str,
    request: Request<Body>,
    status: u16,
    code: &'static str,
    /// How many lines the log has about it: none where no bearer token was brought (RFC 6750, section 3).
    told: usize,
}

#[tokio::test]
async fn a_token_counts_in_one_authorization_header_and_nowhere_else() {
    let log = Log::start();
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let (token, cookie) = (&browser.token, browser.cookie.clone().unwrap());
    let me = || Request::get("/api/v1/me");
    let bare = |request: http::request::Builder| request.body(Body::empty()).unwrap();
    let with = |value: String| bare(me().header(header::AUTHORIZATION, value));
    let ways = [
        Way { name: "none", request: bare(me()), status: 401, code: "unauthenticated", told: 0 },
        Way {
            name: "in the query",
            request: bare(Request::get(format!("/api/v1/me?access_token={token}"))),
            status: 401,
            code: "unauthenticated",
            told: 0,
        },
        Way {
            name: "in the body",
            request: form(
                Request::post("/api/me").header(header::ACCEPT, "application/json"),
                &[("access_token", token)],
            ),
            status: 401,
            code: "unauthenticated",
            told: 0,
        },
        Way {
            name: "in cookies",
            request: bare(me().header(header::COOKIE, format!("access_token={token}; __Host-refresh={token}"))),
            status: 401,
            code: "unauthenticated",
            told: 0,
        },
        Way {
            name: "the refresh cookie alone",
            request: bare(me().header(header::COOKIE, format!("__Host-refresh={cookie}"))),
            status: 401,
            code: "unauthenticated",
            told: 0,
        },
        Way {
            name: "the refresh token as a bearer",
            request: with(format!("Bearer {cookie}")),
            status: 401,
            code: "invalid_token",
            told: 1,
        },
        Way {
            name: "a bad one in the header, a good cookie",
            request: bare(
                me().header(header::AUTHORIZATION, "Bearer x")
                    .header(header::COOKIE, format!("__Host-refresh={cookie}")),
            ),
            status: 401,
            code: "invalid_token",
            told: 1,
        },
        Way {
            name: "in two headers",
            request: bare(
                me().header(header::AUTHORIZATION, format!("Bearer {token}"))
                    .header(header::AUTHORIZATION, format!("Bearer {token}")),
            ),
            status: 400,
            code: "invalid_request",
            told: 0,
        },
        Way { name: "Basic", request: with(format!("Basic {token}")), status: 401, code: "unauthenticated", told: 0 },
        Way { name: "DPoP", request: with(format!("DPoP {token}")), status: 401, code: "unauthenticated", told: 0 },
        Way { name: "without a scheme", request: with(token.clone()), status: 401, code: "invalid_token", told: 1 },
        Way { name: "a scheme alone", request: with("Bearer".into()), status: 401, code: "invalid_token", told: 1 },
        Way { name: "of no length", request: with("Bearer ".into()), status: 401, code: "invalid_token", told: 1 },
        Way {
            name: "after two spaces",
            request: with(format!("Bearer  {token}")),
            status: 401,
            code: "invalid_token",
            told: 1,
        },
        Way {
            name: "after a tab",
            request: with(format!("Bearer\t{token}")),
            status: 401,
            code: "invalid_token",
            told: 1,
        },
        Way {
            name: "the scheme twice",
            request: with(format!("Bearer Bearer {token}")),
            status: 401,
            code: "invalid_token",
            told: 1,
        },
        Way {
            name: "two with a comma",
            request: with(format!("Bearer {token}, Bearer {token}")),
            status: 401,
            code: "invalid_token",
            told: 1,
        },
    ];
    for Way { name, request, status, code, told } in ways {
        log.forget();
        let answer = app.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{name}: {}", answer.body);
        assert_eq!(log.disbeliefs().len(), told, "{name}");
        log.assert_knows_nothing_of(token, name);
        let challenge = answer.header("www-authenticate");
        match code {
            "invalid_token" => assert!(challenge.contains("error=\"invalid_token\""), "{name}"),
            "unauthenticated" => {
                assert_eq!(challenge, CHALLENGE, "{name}: nothing is said about a token that was not brought")
            }
            _ => {}
        }
    }
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(app.send(with(format!("{scheme} {token}"))).await.status, 200, "RFC 9110, section 11.1: {scheme}");
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
