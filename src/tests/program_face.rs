//! The program's face, as a program uses it.

use std::collections::BTreeSet;

use axum::body::Body;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Request, StatusCode, header};
use serde_json::json;

use super::harness::{App, MINUTE, PASSWORD};
use crate::auth::Visit;

async fn logged_in(app: &App) -> super::harness::Answer {
    app.signed_up("ada").await;
    let answer = app.post_json("/api/v1/login", json!({ "username": "ada", "password": PASSWORD })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

#[tokio::test]
async fn logging_in_gives_both_tokens_and_no_cookie() {
    let app = App::start().await;
    let answer = logged_in(&app).await;
    assert_eq!(answer.json()["token_type"], "Bearer");
    assert_eq!(answer.json()["expires_in"], 900);
    assert!(answer.set_cookie().is_none());
    assert_eq!(answer.header("cache-control"), "no-store");

    let me = app.get_with_bearer("/api/v1/me", &answer.access_token()).await;
    assert_eq!(me.status, 200);
    assert_eq!(me.json()["username"], "ada");
    assert_eq!(me.json()["authenticated_at"], 1_800_000_000_u64);
    for member in ["id", "session_id"] {
        assert!(me.json()[member].as_str().unwrap().len() == 36);
    }
}

#[tokio::test]
async fn the_refresh_token_rotates_and_a_used_up_one_is_reuse() {
    let app = App::start().await;
    let first = logged_in(&app).await.refresh_token();
    let refresh = |token: String| app.post_json("/api/v1/refresh-token", json!({ "refresh_token": token }));
    assert_eq!(refresh(first.clone()).await.refresh_token(), first, "just delivered: the one it sent");
    app.clock.advance(2 * MINUTE);
    let second = refresh(first.clone()).await.refresh_token();
    assert_ne!(second, first);
    assert_eq!(refresh(first.clone()).await.refresh_token(), second, "a lost answer is sent again");
    app.clock.advance(2 * MINUTE);
    let third = refresh(second.clone()).await.refresh_token();
    let caught = refresh(first).await;
    assert_eq!((caught.status, caught.code().as_str()), (StatusCode::UNAUTHORIZED, "reused"));
    assert_eq!(caught.header("content-type"), "application/problem+json");
    assert_eq!(caught.json()["status"], 401);
    assert_eq!(refresh(third).await.code(), "reused");
}

#[tokio::test]
async fn logging_out_is_answered_alike_whatever_was_sent() {
    let app = App::start().await;
    let answer = logged_in(&app).await;
    for token in [answer.refresh_token(), answer.refresh_token(), "garbage".to_owned(), String::new()] {
        let out = app.post_json("/api/v1/logout", json!({ "refresh_token": token })).await;
        assert_eq!((out.status, out.body.as_str()), (StatusCode::NO_CONTENT, ""));
    }
    assert_eq!(app.get_with_bearer("/api/v1/me", &answer.access_token()).await.status, 401);
    let refused = app.post_json("/api/v1/refresh-token", json!({ "refresh_token": answer.refresh_token() })).await;
    assert_eq!(refused.code(), "signed_out");
}

#[tokio::test]
async fn a_wrong_password_is_a_problem() {
    let app = App::start().await;
    let answer = app.post_json("/api/v1/login", json!({ "username": "ada", "password": "wrong" })).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_credentials"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn the_challenge_names_an_error_only_where_a_token_was_sent() {
    let app = App::start().await;
    let none = app.get("/api/v1/me").await;
    assert_eq!(
        (none.status, none.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, r#"Bearer realm="hallpass""#)
    );
    for authorization in ["Bearer x", "bearer x", "Bearer ", "Bearer a.b.c"] {
        let request =
            Request::get("/api/v1/me").header(header::AUTHORIZATION, authorization).body(Body::empty()).unwrap();
        let answer = app.send(request).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_token"),
            "{authorization}"
        );
        assert!(answer.header("www-authenticate").contains(r#"error="invalid_token""#));
    }
    let basic = Request::get("/api/v1/me").header(header::AUTHORIZATION, "Basic eDp5").body(Body::empty()).unwrap();
    assert_eq!(app.send(basic).await.code(), "unauthenticated");
    let twice =
        Request::get("/api/v1/me").header(header::AUTHORIZATION, "Bearer x").header(header::AUTHORIZATION, "Bearer y");
    assert_eq!(app.send(twice.body(Body::empty()).unwrap()).await.status, 400);
}

#[tokio::test]
async fn a_token_anywhere_but_in_the_header_is_no_token() {
    let app = App::start().await;
    let token = logged_in(&app).await.access_token();
    assert_eq!(app.get(&format!("/api/v1/me?access_token={token}")).await.status, 401);
    let request =
        Request::get("/api/v1/me").header(header::COOKIE, format!("access_token={token}; __Host-refresh={token}"));
    assert_eq!(app.send(request.body(Body::empty()).unwrap()).await.status, 401);
}

#[tokio::test]
async fn the_public_keys_verify_what_was_signed() {
    let app = App::start().await;
    let token = logged_in(&app).await.access_token();
    let answer = app.get("/.well-known/jwks.json").await;
    assert_eq!(answer.header("content-type"), "application/jwk-set+json");
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&answer.body).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_audience(&[super::harness::ORIGIN]);
    validation.validate_exp = false;
    assert!(jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation).is_ok());
    assert!(!answer.body.contains("\"d\""), "the public half alone");
}

/// RFC 8037, section 2: `d` would be the private half.
#[tokio::test]
async fn every_public_key_is_of_ed25519_and_has_no_private_member() {
    let app = App::start().await;
    app.auth.rotate_keys(&Visit::default()).await.unwrap();
    let answer = app.get("/.well-known/jwks.json").await;
    let set = answer.json();
    assert_eq!(set.as_object().unwrap().keys().collect::<Vec<_>>(), ["keys"]);
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "one that signs, and the next");
    for key in keys {
        let members: BTreeSet<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"].into(), "{key}");
        let said = ["kty", "crv", "alg", "use"].map(|member| key[member].as_str().unwrap());
        assert_eq!(said, ["OKP", "Ed25519", "EdDSA", "sig"]);
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap().len(), 32);
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let app = App::start().await;
    let answer = app.get("/api/v1/nothing").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"));
    let answer = app.get("/api/v1/login").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::METHOD_NOT_ALLOWED, "application/problem+json")
    );
    assert_eq!(answer.header("allow"), "POST");
}
