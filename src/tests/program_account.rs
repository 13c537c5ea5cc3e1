//! What a program does with the account that it is signed in to.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use super::{
    browser::Browser,
    harness::{Answer, App, CHROME_ON_ANDROID, MINUTE, PASSWORD},
    protected,
};

const NEW: &str = "nine tall herons at dusk";

/// A program with an access token.
struct Program<'a> {
    app: &'a App,
    access: String,
    refresh: String,
}

impl<'a> Program<'a> {
    async fn logged_in(app: &'a App, name: &str) -> Self {
        let answer = app.post_json("/api/v1/login", json!({ "username": name, "password": PASSWORD })).await;
        Self { app, access: answer.access_token(), refresh: answer.refresh_token() }
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.access));
        let request = match body {
            None => request.body(Body::empty()),
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        };
        self.app.send(request.unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.set_cookie().is_none());
        answer.json()
    }

    async fn session_id(&self) -> String {
        self.get("/me").await["session_id"].as_str().unwrap().to_owned()
    }

    /// With what its refresh is refused.
    async fn refused(&self) -> String {
        let body = json!({ "refresh_token": self.refresh });
        self.app.post_json("/api/v1/refresh-token", body).await.code()
    }

    async fn change(&self, current: &str, new: &str) -> Answer {
        let body = json!({ "current_password": current, "new_password": new });
        self.send("POST", "/change-password", Some(body)).await
    }
}

#[tokio::test]
async fn a_program_lists_sessions_page_by_page_and_knows_its_own() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for _ in 0..10 {
        app.clock.advance(MINUTE);
        Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    }
    app.clock.advance(MINUTE);
    let program = Program::logged_in(&app, "ada").await;
    let first = program.get("/sessions").await;
    let next = first["next"].as_str().unwrap();
    let second = program.get(&format!("/sessions?after={next}")).await;
    assert!(second.get("next").is_none(), "{second}");
    let all: Vec<&Value> =
        [&first, &second].into_iter().flat_map(|page| page["sessions"].as_array().unwrap()).collect();
    assert_eq!(all.len(), 12);
    let own: Vec<_> = all.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["id"], program.session_id().await);
    assert_eq!(own[0]["device"], "An unnamed program");
    assert_eq!(all[1]["device"], "Chrome on Android");
    assert_eq!(own[0]["signed_in_at"], 1_800_000_660);
}

#[tokio::test]
async fn a_place_that_no_page_named_is_refused() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let program = Program::logged_in(&app, "ada").await;
    let id = "0".repeat(32);
    for after in ["", "x", "-", "1-", "+1-0", &format!("1-{}", "A".repeat(32)), &format!("1-{id}&after=1-{id}"), "%FF"]
    {
        for list in ["sessions", "activity"] {
            let answer = program.send("GET", &format!("/{list}?after={after}"), None).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "invalid_request"), "{after}");
        }
    }
    let beginning = program.get(&format!("/sessions?after=1-{id}")).await;
    assert_eq!(beginning["sessions"], json!([]), "nothing was seen before 1970");
}

#[tokio::test]
async fn a_program_ends_one_session_all_others_and_all() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let [one, two, three] = [(); 3].map(|()| Program::logged_in(&app, "ada"));
    let (one, two, three) = (one.await, two.await, three.await);

    let id = two.session_id().await;
    for _ in 0..2 {
        let ended = one.send("DELETE", &format!("/sessions/{id}"), None).await;
        assert_eq!((ended.status.as_u16(), ended.body.as_str()), (204, ""), "also when it has ended");
    }
    assert_eq!(two.send("GET", "/me", None).await.status, 401, "dead on its next request");
    assert_eq!(two.refused().await, "revoked");

    let ended = one.send("POST", "/end-other-sessions", None).await;
    assert_eq!((ended.status.as_u16(), ended.json()), (200, json!({ "ended": 2 })));
    assert_eq!(three.refused().await, "revoked");
    assert_eq!(browser.me().await.status, 401);

    assert_eq!(one.send("POST", "/logout-everywhere", None).await.status, 204);
    assert_eq!(one.send("GET", "/me", None).await.status, 401);
    assert_eq!(one.refused().await, "signed_out");
}

#[tokio::test]
async fn a_program_ends_no_session_of_somebody_else() {
    let app = App::start().await;
    app.signed_up("ada").await;
    app.signed_up("mallory").await;
    let ada = Program::logged_in(&app, "ada").await;
    let mallory = Program::logged_in(&app, "mallory").await;
    for id in [ada.session_id().await.as_str(), "00000000-0000-7000-8000-000000000000", "x", "%FF"] {
        let answer = mallory.send("DELETE", &format!("/sessions/{id}"), None).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{id}");
    }
    assert_eq!(ada.send("GET", "/me", None).await.status, 200);
}

#[tokio::test]
async fn a_program_changes_the_password_under_the_rules_of_the_page() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let program = Program::logged_in(&app, "ada").await;
    for (current, new, code, field) in [
        ("not her password", NEW, "wrong_password", "current_password"),
        (PASSWORD, "short", "invalid_input", "new_password"),
        (PASSWORD, PASSWORD, "invalid_input", "new_password"),
    ] {
        let answer = program.change(current, new).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{}", answer.body);
        assert_eq!(answer.json()["fields"][0]["field"], field);
    }
    let changed = program.change(PASSWORD, NEW).await;
    assert_eq!((changed.status.as_u16(), changed.json()), (200, json!({ "ended": 1 })));
    assert_eq!(program.send("GET", "/me", None).await.status, 200, "it stays signed in");
    assert_eq!(browser.me().await.status, 401);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 401);
    assert_eq!(Browser::new(&app).log_in("ada", NEW).await.status, 200);
}

#[tokio::test]
async fn a_program_reads_what_happened_to_the_account() {
    let app = App::start().await;
    app.signed_up("ada").await;
    Browser::new(&app).log_in("ada", "not her password").await;
    let program = Program::logged_in(&app, "ada").await;
    let other = Program::logged_in(&app, "ada").await.session_id().await;
    program.send("DELETE", &format!("/sessions/{other}"), None).await;
    program.change("not her password", NEW).await;
    program.change(PASSWORD, NEW).await;

    let activity = program.get("/activity").await;
    let told = activity["activity"].as_array().unwrap();
    let kinds: Vec<_> = told.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "session_ended").count(),
        2,
        "ended by hand, and by the new password: {kinds:?}"
    );
    for kind in ["password_changed", "password_change_failed", "sign_in_failed", "signed_in", "account_made"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let ended = told.iter().find(|one| one["reason"] == "revoked").unwrap();
    assert_eq!(ended["ended_device"], "An unnamed program");
    assert_eq!(ended["address"], "192.0.2.1");
    assert!(activity.get("next").is_none());
}

#[tokio::test]
async fn without_an_access_token_a_program_gets_nothing_and_a_page_gets_nothing_with_one() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let program = Program::logged_in(&app, "ada").await;
    for operation in protected::operations() {
        let path = &operation.path;
        let answer = app.send(operation.request(&[])).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "unauthenticated"), "{path}");
        assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="hallpass""#);
        for (name, value) in [("sec-fetch-site", "none"), ("sec-fetch-site", "same-origin"), ("origin", "null")] {
            let bearer = format!("Bearer {}", program.access);
            let answer = app.send(operation.request(&[("authorization", &bearer), (name, value)])).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "cross_site"), "{path} {name}");
        }
    }
    assert_eq!(program.send("GET", "/me", None).await.status, 200, "and nothing has ended");
}
