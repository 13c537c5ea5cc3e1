//! H: tokens that are good, brought in ways that are not.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, header};

use super::{Door, Forge, log::Log};
use crate::tests::{
    browser::form,
    harness::{App, MINUTE, ORIGIN},
};

const CHALLENGE: &str = r#"Bearer realm="hallpass""#;

/// What is brought, and what comes of it wherever an access token is wanted.
struct Way {
    name: &'static str,
    query: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    fields: Vec<(&'static str, String)>,
    answer: (u16, &'static str),
}

/// No bearer token was brought, so nothing is said or logged about one (RFC 6750, section 3).
const NONE: (u16, &str) = (401, "unauthenticated");
const BAD: (u16, &str) = (401, "invalid_token");

impl Way {
    /// By nothing.
    fn new(name: &'static str, answer: (u16, &'static str)) -> Self {
        Self { name, query: String::new(), headers: Vec::new(), fields: Vec::new(), answer }
    }

    fn bearing(name: &'static str, value: &str, answer: (u16, &'static str)) -> Self {
        Self::new(name, answer).with(header::AUTHORIZATION, value)
    }

    fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, HeaderValue::from_str(value).unwrap()));
        self
    }

    fn at(&self, door: Door) -> Request<Body> {
        door.asked(&self.query, &self.headers, &self.fields())
    }

    fn fields(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// `token` and `refresh` are good.
fn ways(token: &str, refresh: &str) -> Vec<Way> {
    let cookie = format!("__Host-refresh={refresh}");
    let cookies = format!("access_token={token}; __Host-refresh={token}");
    let bearer = format!("Bearer {token}");
    let bearing = Way::bearing;
    vec![
        Way::new("none", NONE),
        Way { query: format!("?access_token={token}"), ..Way::new("in the query", NONE) },
        Way { fields: vec![("access_token", token.to_owned())], ..Way::new("in the body", NONE) },
        Way::new("in cookies", NONE).with(header::COOKIE, &cookies),
        Way::new("the refresh cookie alone", NONE).with(header::COOKIE, &cookie),
        bearing("the refresh token as a bearer", &format!("Bearer {refresh}"), BAD),
        bearing("a bad one in the header, a good cookie", "Bearer x", BAD).with(header::COOKIE, &cookie),
        bearing("in two headers", &bearer, (400, "invalid_request")).with(header::AUTHORIZATION, &bearer),
        bearing("Basic", &format!("Basic {token}"), NONE),
        bearing("DPoP", &format!("DPoP {token}"), NONE),
        bearing("without a scheme", token, BAD),
        bearing("a scheme alone", "Bearer", BAD),
        bearing("of no length", "Bearer ", BAD),
        bearing("after two spaces", &format!("Bearer  {token}"), BAD),
        bearing("after a tab", &format!("Bearer\t{token}"), BAD),
        bearing("the scheme twice", &format!("Bearer {bearer}"), BAD),
        bearing("two with a comma", &format!("{bearer}, {bearer}"), BAD),
    ]
}

#[tokio::test]
async fn a_token_counts_in_one_authorization_header_and_nowhere_else() {
    let log = Log::start();
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let (token, refresh) = (&browser.token, browser.cookie.clone().unwrap());
    for way in ways(token, &refresh) {
        for door in Door::ALL {
            let (name, expected) = (format!("{} at {door:?}", way.name), way.answer);
            log.forget();
            let answer = app.send(way.at(door)).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), expected, "{name}: {}", answer.body);
            assert_eq!(log.disbeliefs().len(), usize::from(expected == BAD), "{name}");
            log.assert_knows_nothing_of(token, &name);
            let challenge = answer.header("www-authenticate");
            match expected {
                BAD => assert!(challenge.contains("error=\"invalid_token\""), "{name}"),
                NONE => assert_eq!(challenge, CHALLENGE, "{name}"),
                _ => {}
            }
        }
    }
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        for door in Door::ALL {
            let way = Way::bearing("another spelling", &format!("{scheme} {token}"), (200, ""));
            assert_eq!(app.send(way.at(door)).await.status, 200, "RFC 9110, section 11.1: {scheme} at {door:?}");
        }
    }
}

#[tokio::test]
async fn pages_do_not_take_a_person_from_an_authorization_header() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let (token, refresh) = (&browser.token, browser.cookie.clone().unwrap());
    let cookie = format!("__Host-refresh={refresh}");
    let good = Way::bearing("as it is brought elsewhere", &format!("Bearer {token}"), (200, ""));
    for way in ways(token, &refresh).into_iter().chain([good]) {
        let request = Request::get(format!("/account{}", way.query)).header(header::ACCEPT, "text/html");
        let request = way.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let page = app.send(form(request, &way.fields())).await;
        // From the refresh cookie and from nothing else.
        let is_known = way.headers.iter().any(|(name, value)| name == header::COOKIE && *value == *cookie);
        assert_eq!(page.status.as_u16(), if is_known { 200 } else { 302 }, "{}", way.name);
        assert_eq!(page.body.contains("Signed in as"), is_known, "{}", way.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_uses_at_the_moment_that_a_token_runs_out_all_are_judged_alike() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let forge = Forge::of(&app, ORIGIN, "ada").await;
    let token = forge.honest();
    app.clock.advance(15 * MINUTE - 1);
    for (expected, ahead) in [(200, 1), (401, 0)] {
        for door in Door::ALL {
            let uses = (0..20).map(|_| app.send(door.request(&token).unwrap()));
            for answer in futures::future::join_all(uses).await {
                assert_eq!(answer.status.as_u16(), expected, "{door:?}");
            }
        }
        app.clock.advance(ahead);
    }
}
