//! Tokens that are none, at every door: the verifier itself, the program's face, a protected server function, and the page renderer. From outside they are all
//! the same; the log says which it was, once, and repeats nothing of it.

mod elsewhere;
mod export;
pub mod forge;
pub mod log;
mod table;
mod transport;

use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, header};

use super::{
    browser::{Browser, form},
    harness::{Answer, App, FIREFOX_ON_LINUX, MINUTE, ORIGIN, PASSWORD},
    protected::{self, Protected},
};
use crate::auth::{PrincipalError, Visit, access_token::Disbelief};
use forge::Forge;
use log::Log;
use table::Vector;

/// What the server lets through to a route, in bytes of all headers.
const LONGEST_HEADERS: usize = 16 * 1024;

/// All of an answer but what no two answers share.
#[derive(Debug, PartialEq, Eq)]
struct Public {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl From<Answer> for Public {
    fn from(answer: Answer) -> Self {
        // The id of the request, and the policy of a page with its nonce.
        let headers = answer
            .headers
            .iter()
            .filter(|(name, _)| !["x-request-id", "content-security-policy"].contains(&name.as_str()));
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Self { status: answer.status.as_u16(), headers: headers.collect(), body: answer.body }
    }
}

#[derive(Clone, Copy, Debug)]
enum Door {
    Program,
    ServerFunction,
}

impl Door {
    const ALL: [Self; 2] = [Self::Program, Self::ServerFunction];

    /// The one that stands for a route.
    fn of(route: &Protected) -> Self {
        if route.is_for_programs() { Self::Program } else { Self::ServerFunction }
    }

    /// `None`: no header can hold it, and so no request can bring it.
    fn request(self, token: &str) -> Option<Request<Body>> {
        let bearer = HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).ok()?;
        Some(self.asked("", &[(header::AUTHORIZATION, bearer)], &[]))
    }

    /// With a query, headers and fields of a form.
    fn asked(self, query: &str, headers: &[(HeaderName, HeaderValue)], fields: &[(&str, &str)]) -> Request<Body> {
        let request = match self {
            Self::Program => Request::get(format!("/api/v1/me{query}")),
            Self::ServerFunction => Request::post(format!("/api/me{query}"))
                .header("sec-fetch-site", "same-origin")
                .header(header::ACCEPT, "application/json"),
        };
        form(headers.iter().fold(request, |request, (name, value)| request.header(name, value)), fields)
    }
}

async fn forge(app: &App) -> Forge {
    app.signed_up("ada").await;
    Forge::of(app, ORIGIN, "ada").await
}

/// The reason that the verifier gives.
async fn judged(app: &App, token: &str) -> Option<Disbelief> {
    match app.auth.principal(token).await {
        Ok(_) => None,
        Err(PrincipalError::Disbelieved(why)) => Some(why),
        Err(PrincipalError::Store(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_is_not_ours_is_refused_alike_at_every_door_and_the_log_says_why() {
    let log = Log::start();
    let app = App::start().await;
    let forge = forge(&app).await;
    for (name, token) in table::believed(&forge) {
        assert_eq!(judged(&app, &token).await, None, "{name}");
        for door in Door::ALL {
            assert_eq!(app.send(door.request(&token).unwrap()).await.status, 200, "{name} at {door:?}");
        }
    }
    let vectors = table::refused(&forge);
    assert!(vectors.len() > 400, "{}", vectors.len());
    let (mut sent, mut too_long, mut no_header) = (0, 0, 0);
    for Vector { group, name, token, why } in &vectors {
        assert_eq!(judged(&app, token).await, Some(*why), "{group}: {name}");
        for door in Door::ALL {
            let Some(request) = door.request(token) else {
                assert!(token.chars().any(|c| c.is_control() && c != '\t'), "{group}: {name} cannot be sent");
                no_header += 1;
                continue;
            };
            log.forget();
            let answer = app.send(request).await;
            let said = log.disbeliefs();
            log.assert_knows_nothing_of(token, &format!("{group}: {name}"));
            if token.len() > LONGEST_HEADERS {
                assert_eq!((answer.status.as_u16(), said.len()), (431, 0), "{group}: {name} at {door:?}");
                too_long += 1;
                continue;
            }
            // A header that is not ASCII is not looked at any further.
            assert_eq!(said, [why.to_string()], "{group}: {name} at {door:?}");
            assert_eq!(Public::from(answer), refusal(&app, door).await, "{group}: {name} at {door:?}");
            sent += 1;
        }
    }
    assert!(sent > 800 && too_long > 0 && no_header > 0, "{sent} {too_long} {no_header}");
    println!("{} vectors; {sent} requests refused alike, {too_long} too long for any route", vectors.len());
}

/// How a refusal looks from outside, whatever the reason.
async fn refusal(app: &App, door: Door) -> Public {
    let public = Public::from(app.send(door.request("x").unwrap()).await);
    assert_eq!(public.status, 401);
    let challenge = public.headers.iter().find(|(name, _)| name == "www-authenticate");
    assert!(
        challenge.is_some_and(|(_, value)| value.starts_with("Bearer ") && value.contains("error=\"invalid_token\""))
    );
    assert!(public.body.contains("\"code\":\"invalid_token\""), "{}", public.body);
    public
}

#[tokio::test]
async fn the_page_renderer_takes_no_access_token_for_a_cookie_and_treats_all_that_is_none_alike() {
    let log = Log::start();
    let app = App::start().await;
    let forge = forge(&app).await;
    let open = async |cookie: &str| {
        let value = HeaderValue::from_bytes(format!("__Host-refresh={cookie}").as_bytes()).ok()?;
        let request = Request::get("/account").header(header::ACCEPT, "text/html").header(header::COOKIE, value);
        Some(Public::from(app.send(request.body(Body::empty()).unwrap()).await))
    };
    let expected = open("garbage").await.unwrap();
    assert_eq!(expected.status, 302);
    let mut tokens: Vec<(String, String)> = table::refused(&forge)
        .into_iter()
        .map(|vector| (format!("{}: {}", vector.group, vector.name), vector.token))
        .collect();
    tokens.extend(
        table::believed(&forge).into_iter().map(|(name, token)| (format!("a good access token, {name}"), token)),
    );
    let mut refused = 0;
    // A cookie ends at a semicolon, and what the guard refuses for its length reaches no page.
    for (name, token) in tokens.iter().filter(|(_, token)| !token.contains(';') && token.len() < LONGEST_HEADERS) {
        log.forget();
        let Some(answer) = open(token).await else { continue };
        assert_eq!(answer, expected, "{name}");
        assert_eq!(log.refused_cookies(), ["invalid"], "{name}");
        log.assert_knows_nothing_of(token, name);
        refused += 1;
    }
    assert!(refused > 400, "{refused}");
}

#[tokio::test]
async fn a_refresh_token_that_is_not_exactly_ours_is_refused_alike_by_the_renderer_and_the_refresh() {
    let log = Log::start();
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let good = browser.cookie.clone().unwrap();
    let stranger = App::start().await;
    let elsewhere = stranger.signed_up("bob").await.cookie.clone().unwrap();
    let mut vectors = vec![
        ("empty".to_owned(), String::new()),
        ("an access token".to_owned(), browser.token.clone()),
        ("of a session that never was".to_owned(), elsewhere),
        ("with padding".to_owned(), format!("{good}=")),
        ("twice".to_owned(), format!("{good}{good}")),
        ("cut".to_owned(), good[..good.len() - 1].to_owned()),
        ("in quotes".to_owned(), format!("\"{good}\"")),
        ("in upper case".to_owned(), good.to_uppercase()),
        ("the secret of the tag".to_owned(), "hallpass refresh tag 1".to_owned()),
    ];
    for at in 0..good.len() {
        let other = if good.as_bytes()[at] == b'A' { "B" } else { "A" };
        vectors.push((format!("another character at {at}"), format!("{}{other}{}", &good[..at], &good[at + 1..])));
    }
    let asked = async |path: &str, cookie: &str| {
        let mut other = Browser::new(&app);
        other.cookie = Some(cookie.to_owned());
        log.forget();
        let answer = if path == "/api/refresh" { other.refresh().await } else { other.open(path).await };
        Public::from(answer)
    };
    let [page, refresh] = [asked("/account", "garbage").await, asked("/api/refresh", "garbage").await];
    assert_eq!((page.status, refresh.status), (302, 401));
    for (name, cookie) in &vectors {
        assert_eq!(asked("/account", cookie).await, page, "{name}");
        assert_eq!(log.refused_cookies(), ["invalid"], "{name}");
        assert_eq!(asked("/api/refresh", cookie).await, refresh, "{name}");
        assert_eq!(log.refused_refreshes(), ["invalid"], "{name}");
        log.assert_knows_nothing_of(cookie, name);
    }
    assert_eq!(browser.clone().refresh().await.status, 200, "and the session is as it was");
}

/// Refused at every door, for this reason.
async fn assert_refused(app: &App, log: &Log, token: &str, why: Disbelief) {
    for door in Door::ALL {
        log.forget();
        let answer = Public::from(app.send(door.request(token).unwrap()).await);
        assert_eq!(log.disbeliefs(), [why.to_string()], "{door:?}");
        assert_eq!(answer, refusal(app, door).await, "{door:?}");
    }
}

/// The same, of every route that wants a token.
async fn assert_refused_everywhere(app: &App, log: &Log, token: &str, why: Disbelief) {
    for route in protected::everywhere() {
        log.forget();
        let answer = Public::from(app.send(route.bearing(token)).await);
        assert_eq!(log.disbeliefs(), [why.to_string()], "{route:?}");
        assert_eq!(answer, refusal(app, Door::of(&route)).await, "{route:?}");
    }
}

#[tokio::test]
async fn a_token_of_what_is_over_is_refused_like_any_other() {
    let log = Log::start();
    let app = App::start().await;
    let elsewhere = app.signed_up("bob").await;
    app.clock.advance(1_000);
    let here = Browser::signed_in(&app, "bob", FIREFOX_ON_LINUX).await;
    let fields = [("current_password", PASSWORD), ("new_password", "a kettle of green fish, and more")];
    let answer = here.ask("/api/change_password", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_refused_everywhere(&app, &log, &elsewhere.token, Disbelief::Revoked).await;
    assert_eq!(here.me().await.status, 200);

    let forge = Forge::of(&app, ORIGIN, "bob").await;
    let missing = forge.with_claims(&[("sub", "00000000-0000-0000-0000-000000000001".into())]);
    assert_refused(&app, &log, &missing, Disbelief::Gone).await;

    app.auth.rotate_keys(&Visit::default()).await.unwrap();
    app.clock.advance(10 * MINUTE + 15 * MINUTE + MINUTE - 1_000);
    let late = Forge { now: forge.now + 26 * 60 - 1, ..forge };
    assert_eq!(judged(&app, &late.honest()).await, None, "by the key before, as long as that is believed");
    app.clock.advance(1_000);
    assert_refused_everywhere(&app, &log, &late.with_claims(&[("jti", "y".into())]), Disbelief::UnknownKey).await;
    assert_refused_everywhere(&app, &log, &late.honest(), Disbelief::Expired).await;
}

#[tokio::test]
async fn a_token_of_a_session_or_an_account_that_is_over_is_refused_alike_by_every_route_that_wants_one() {
    let log = Log::start();
    let app = App::start().await;
    let mut signed_out = app.signed_up("ada").await;
    let [disabled, removed] = [app.signed_up("bob").await, app.signed_up("eve").await];
    for over in [&signed_out, &disabled, &removed] {
        assert_eq!(over.me().await.status, 200, "not yet");
    }
    signed_out.log_out().await;
    app.auth.disable_user(app.user("bob").await, &Visit::default()).await.unwrap().unwrap();
    app.auth.remove_user(app.user("eve").await, &Visit::default()).await.unwrap().unwrap();
    let before = app.database.rows().await;
    for over in [&signed_out, &disabled, &removed] {
        assert_refused_everywhere(&app, &log, &over.token, Disbelief::Revoked).await;
    }
    assert_eq!(app.database.rows().await, before, "and nothing came of it");
    // With a token of a session of its own, each of them does more than refuse it.
    app.signed_up("grace").await;
    for route in protected::everywhere() {
        let living = Browser::signed_in(&app, "grace", FIREFOX_ON_LINUX).await;
        assert_ne!(app.send(route.bearing(&living.token)).await.status, 401, "{route:?}");
    }
}
