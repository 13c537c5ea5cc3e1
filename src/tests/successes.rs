//! What the document says of successes, beside a success of each operation. Whoever calls at random sees few of them.

mod schema;

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Request, header};
use serde_json::{Map, Value, json};

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, MINUTE, PASSWORD},
    openapi,
};
use crate::{
    auth::{Visit, login::Credentials, password::Password},
    fields::Field,
};
use schema::{judge, types};

const MOTTO: Field = Field::optional("motto", "Motto", 40);

/// Ada, to whom everything has happened that can be told, in twelve sessions; Eve, to whom nothing has, since the operator made her account; and two more.
async fn people(app: &App) {
    let fields = json!({ "motto": "slow, steady" }).to_string();
    let typed = [("username", "ada"), ("password", PASSWORD), ("fields", fields.as_str())];
    assert_eq!(Browser::new(app).call("/api/signup", &typed).await.status, 200);
    let mut browsers = Vec::new();
    for _ in 0..12 {
        app.clock.advance(MINUTE);
        browsers.push(Browser::signed_in(app, "ada", CHROME_ON_ANDROID).await);
    }
    let [one, .., other] = &browsers[..] else { panic!("twelve") };
    let id = other.me().await.json()["session_id"].as_str().unwrap().to_owned();
    assert_eq!(one.ask("/api/end_session", &[("id", &id)]).await.status, 200);
    for other in ["bob", "grace"] {
        app.signed_up(other).await;
    }
    let eve = Credentials { username: "eve".to_owned(), password: Password::new(PASSWORD) };
    app.auth.add_user(eve, &Visit::default()).await.unwrap();
}

/// Who asks: who has much to be told and who has little. Whoever loses sessions or a password by it is somebody else.
fn askers(method: &str, path: &str) -> &'static [&'static str] {
    match (method, path) {
        ("get", _) => &["ada", "eve"],
        (_, "/api/v1/change-password") => &["grace"],
        (_, "/api/v1/end-other-sessions" | "/api/v1/logout-everywhere") => &["bob"],
        _ => &["ada"],
    }
}

/// A request that succeeds, of somebody who has just signed in.
async fn request(app: &App, username: &str, method: &str, path: &str) -> Request<Body> {
    let credentials = json!({ "username": username, "password": PASSWORD });
    let signed_in = app.post_json("/api/v1/login", credentials.clone()).await;
    let refresh_token = json!({ "refresh_token": signed_in.refresh_token() });
    let bearer = format!("Bearer {}", signed_in.access_token());
    let (bearer, body) = match (method, path) {
        ("get", "/.well-known/jwks.json" | "/api/v1/openapi.json") => (None, None),
        ("get", "/api/v1/activity" | "/api/v1/me" | "/api/v1/sessions")
        | ("post", "/api/v1/end-other-sessions" | "/api/v1/logout-everywhere")
        | ("delete", "/api/v1/sessions/{id}") => (Some(bearer), None),
        ("post", "/api/v1/change-password") => {
            let passwords = json!({ "current_password": PASSWORD, "new_password": "nine tall herons at dusk" });
            (Some(bearer), Some(passwords))
        }
        ("post", "/api/v1/login") => (None, Some(credentials)),
        ("post", "/api/v1/logout" | "/api/v1/refresh-token") => (None, Some(refresh_token)),
        _ => panic!("nobody knows how {method} {path} succeeds"),
    };
    let id = app.get_with_bearer("/api/v1/me", &signed_in.access_token()).await.json()["session_id"].clone();
    let request = Request::builder().method(&*method.to_uppercase()).uri(path.replace("{id}", id.as_str().unwrap()));
    let request = bearer.into_iter().fold(request, |request, bearer| request.header(header::AUTHORIZATION, bearer));
    match body {
        None => request.body(Body::empty()).unwrap(),
        Some(body) => {
            request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
        }
    }
}

/// The one success that the document has of an operation: its status, and where its schema is, with the type of what it is of.
fn success(path: &str, method: &str, operation: &Value) -> (u16, Option<(String, String)>) {
    let responses = operation["responses"].as_object().unwrap();
    let successes: Vec<_> = responses.iter().filter(|(status, _)| status.starts_with('2')).collect();
    let [(status, success)] = successes[..] else { panic!("one success of {method} {path}") };
    let kinds = success.get("content").and_then(Value::as_object).into_iter().flatten();
    let kinds: Vec<_> = kinds.map(|(kind, _)| kind).collect();
    assert!(kinds.len() <= 1, "{method} {path}: {kinds:?}");
    let in_pointer = |text: &str| text.replace('~', "~0").replace('/', "~1");
    let schema = kinds.first().map(|kind| {
        let [path, of] = [path, kind.as_str()].map(in_pointer);
        ((*kind).clone(), format!("/paths/{path}/{method}/responses/{status}/content/{of}/schema"))
    });
    (status.parse().unwrap(), schema)
}

/// What the document says of a success, and what came.
struct Success {
    schema: String,
    answer: Value,
}

async fn successes(app: &App, document: &Value) -> Vec<Success> {
    people(app).await;
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let (status, schema) = success(path, method, operation);
            for username in askers(method, path) {
                let answer = app.send(request(app, username, method, path).await).await;
                assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.body);
                let kind = schema.as_ref().map_or("", |(kind, _)| kind);
                assert_eq!(answer.header("content-type"), kind, "{method} {path}");
                match &schema {
                    None => assert_eq!(answer.body, "", "{method} {path}"),
                    Some((_, schema)) => found.push(Success { schema: schema.clone(), answer: answer.json() }),
                }
            }
        }
    }
    found
}

/// The schema of each success fits what comes. One with another type in it does not, and so all that it speaks of has come; nor does one that needs more, and so
/// all that may be left out has been.
#[tokio::test]
async fn each_operation_succeeds_as_the_document_says_with_all_that_may_come_and_without_all_that_may_not() {
    let app = App::with(|policy| policy.fields = &[MOTTO]).await;
    let document = openapi::document();
    let successes = successes(&app, &document).await;
    let judged = |document: &Value| {
        successes.iter().try_for_each(|Success { schema, answer }| {
            judge(document, document.pointer(schema).unwrap(), answer).map_err(|wrong| format!("{schema}: {wrong}"))
        })
    };
    assert_eq!(judged(&document), Ok(()));

    let mut places = BTreeSet::new();
    for Success { schema, .. } in &successes {
        types(&document, schema, &mut places);
    }
    assert!(places.len() > 40, "the search finds them: {places:?}");
    for place in &places {
        let mut wrong = document.clone();
        *wrong.pointer_mut(place).unwrap() = json!("null");
        assert!(judged(&wrong).is_err(), "nothing has come of which {place} speaks");
    }
    let mut left_out = 0;
    for schema in places.iter().map(|place| place.strip_suffix("/type").unwrap()) {
        let said = document.pointer(schema).unwrap();
        let needed = said["required"].as_array().cloned().unwrap_or_default();
        for name in said["properties"].as_object().into_iter().flat_map(Map::keys).map(|name| json!(name)) {
            if !needed.contains(&name) {
                let mut wrong = document.clone();
                wrong.pointer_mut(schema).unwrap()["required"] = [needed.clone(), vec![name.clone()]].concat().into();
                assert!(judged(&wrong).is_err(), "{name} of {schema} is never left out");
                left_out += 1;
            }
        }
    }
    assert!(left_out >= 7, "the search finds them: {left_out}");
}
