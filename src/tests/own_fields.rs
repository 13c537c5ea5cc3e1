//! What accounts have beside a name and a password: who fills it in, where it is seen, and what tokens say of it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    browser::Browser,
    harness::{App, MINUTE, PASSWORD},
};
use crate::{
    auth::{PrincipalError, Visit, access_token::Disbelief},
    fields::Field,
};

const TEAM: Field = Field::needed("team", "Team", 10).in_tokens();
const MOTTO: Field = Field::optional("motto", "Motto", 40);
const ROLE: Field = Field::assigned("role", "Role", 10).in_tokens();

async fn app() -> App {
    App::with(|policy| policy.fields = &[TEAM, MOTTO, ROLE]).await
}

async fn join(browser: &mut Browser<'_>, fields: &Value) -> StatusCode {
    let fields = fields.to_string();
    browser.call("/api/signup", &[("username", "ada"), ("password", PASSWORD), ("fields", &fields)]).await.status
}

async fn joined(app: &App) -> Browser<'_> {
    let mut browser = Browser::new(app);
    assert_eq!(join(&mut browser, &json!({ "team": " red ", "motto": "slow, steady" })).await, 200);
    browser
}

/// What a token says.
fn claims_of(token: &str) -> Value {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

async fn fill_in(app: &App, field: Field, value: &str) {
    app.auth.fill_in(app.user("ada").await, field, value, &Visit::default()).await.unwrap();
}

#[tokio::test]
async fn what_people_are_asked_for_at_sign_up_is_in_their_account_for_pages_and_programs() {
    let app = app().await;
    let browser = joined(&app).await;
    let filled = json!([{ "name": "team", "value": "red" }, { "name": "motto", "value": "slow, steady" }]);
    assert_eq!(browser.me().await.json()["fields"], filled, "in the order of their declaration");
    let me = app.get_with_bearer("/api/v1/me", &browser.token).await.json();
    assert_eq!(me["fields"], json!({ "team": "red", "motto": "slow, steady" }));
}

#[tokio::test]
async fn a_plain_form_fills_them_in_as_well() {
    let app = app().await;
    let mut browser = Browser::new(&app);
    let typed = [("username", "ada"), ("password", PASSWORD), ("team", "red"), ("role", "admin"), ("other", "x")];
    let answer = browser.submit("/signup", &typed).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let fields = app.auth.fields(app.user("ada").await).await.unwrap();
    assert_eq!((fields.get(TEAM), fields.get(MOTTO), fields.get(ROLE)), ("red", "", ""));
}

#[tokio::test]
async fn nobody_gives_themselves_what_they_were_not_asked_for() {
    let app = app().await;
    let mut browser = Browser::new(&app);
    assert_eq!(join(&mut browser, &json!({ "team": "red", "role": "admin" })).await, 200);
    assert_eq!(claims_of(&browser.token)["own"], json!({ "team": "red" }));
    assert_eq!(app.auth.fields(app.user("ada").await).await.unwrap().get(ROLE), "");
}

#[tokio::test]
async fn of_a_field_that_is_there_twice_the_last_one_counts_and_is_judged_like_any_other() {
    let app = app().await;
    let twice = |name: &'static str, values: [&'static str; 2]| values.map(|value| (name, value));
    let form = async |username: &'static str, fields: Vec<(&str, &str)>| {
        let typed = [vec![("username", username), ("password", PASSWORD)], fields].concat();
        Browser::new(&app).submit("/signup", &typed).await.status
    };
    let teams = [twice("team", ["red", "blue"]), twice("role", ["judge", "admin"])].concat();
    assert_eq!(form("ada", teams).await, StatusCode::SEE_OTHER);
    assert_eq!(form("bob", twice("team", ["red", ""]).to_vec()).await, 422);
    assert_eq!(form("bob", twice("team", ["red", "elevenmorer"]).to_vec()).await, 422);
    let said = r#"{ "team": "red", "role": "judge", "team": "blue", "role": "admin" }"#;
    let typed = [("username", "eve"), ("password", PASSWORD), ("fields", said)];
    assert_eq!(Browser::new(&app).call("/api/signup", &typed).await.status, 200);
    for name in ["ada", "eve"] {
        let fields = app.auth.fields(app.user(name).await).await.unwrap();
        assert_eq!((fields.get(TEAM), fields.get(ROLE)), ("blue", ""), "{name}");
    }
    assert!(app.store.user_by_key("bob").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_wrong_with_a_field_is_said_of_that_field_and_makes_no_account() {
    let app = app().await;
    for (team, why) in [
        ("", "Team must not be empty."),
        ("   ", "Team must not be empty."),
        ("elevenmorer", "Team can have at most 10 characters."),
        ("red\nblue", "Team must be one line of text."),
        ("red\0", "Team must be one line of text."),
    ] {
        let typed = json!({ "team": team }).to_string();
        let answer = Browser::new(&app)
            .call("/api/signup", &[("username", "ada"), ("password", PASSWORD), ("fields", &typed)])
            .await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid_input"), "{team:?}");
        assert_eq!(answer.json()["fields"], json!([{ "field": "team", "detail": why }]), "{team:?}");
    }
    for unreadable in ["", "{", "[]", r#"{"team":1}"#] {
        let typed = [("username", "ada"), ("password", PASSWORD), ("fields", unreadable)];
        assert_eq!(Browser::new(&app).call("/api/signup", &typed).await.status, 422, "{unreadable}");
    }
    assert!(app.store.user_by_key("ada").await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_says_what_the_account_had_when_it_was_made_until_the_next_one() {
    let app = app().await;
    let mut browser = joined(&app).await;
    assert_eq!(claims_of(&browser.token)["own"], json!({ "team": "red" }), "and not what is not for tokens");
    fill_in(&app, ROLE, "admin").await;
    let principal = app.auth.principal(&browser.token).await.unwrap();
    assert_eq!((principal.claim(TEAM), principal.claim(ROLE)), ("red", ""));
    // Minted, rotated, and sent once more.
    for (role, minutes) in [("judge", 0), ("admin", 3), ("", 0)] {
        fill_in(&app, ROLE, role).await;
        app.clock.advance(minutes * MINUTE);
        browser.refresh().await;
        let principal = app.auth.principal(&browser.token).await.unwrap();
        assert_eq!((principal.claim(TEAM), principal.claim(ROLE)), ("red", role));
    }
    let mut elsewhere = Browser::new(&app);
    fill_in(&app, TEAM, "blue").await;
    elsewhere.log_in("ada", PASSWORD).await;
    assert_eq!(claims_of(&elsewhere.token)["own"], json!({ "team": "blue" }));
}

#[tokio::test]
async fn a_token_that_carries_what_tokens_do_not_carry_any_more_is_refused() {
    let app = app().await;
    let browser = joined(&app).await;
    let fewer = App::beside_with(&app, &[MOTTO]).await;
    let refused = fewer.auth.principal(&browser.token).await;
    assert!(matches!(refused, Err(PrincipalError::Disbelieved(Disbelief::Signature))), "{refused:?}");
    let mut browser = browser.at(&fewer);
    assert_eq!(browser.refresh().await.status, 200, "and the next is one of this instance's");
    assert_eq!(claims_of(&browser.token).get("own"), None);
    assert_eq!(browser.me().await.json()["fields"], json!([{ "name": "motto", "value": "slow, steady" }]));
}

#[tokio::test]
async fn a_field_goes_with_its_account() {
    let app = app().await;
    joined(&app).await;
    let id = app.user("ada").await;
    assert!(!app.store.fields(id).await.unwrap().is_empty());
    app.auth.remove_user(id, &Visit::default()).await.unwrap();
    assert!(app.store.fields(id).await.unwrap().is_empty());
    assert!(app.auth.fill_in(id, TEAM, "red", &Visit::default()).await.is_err(), "nor does it come back");
}

#[tokio::test]
async fn without_fields_nothing_says_that_there_could_be_any() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    assert_eq!(claims_of(&browser.token).get("own"), None);
    assert_eq!(app.get_with_bearer("/api/v1/me", &browser.token).await.json().get("fields"), None);
    assert!(!browser.open("/account").await.body.contains("About you"));
}
