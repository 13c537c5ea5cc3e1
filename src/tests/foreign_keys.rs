//! Signing keys that somebody has put into the database who does not have the server's secret.

use aws_lc_rs::{
    encoding::{AsBigEndian, Curve25519SeedBin},
    signature::{Ed25519KeyPair, KeyPair},
};
use jsonwebtoken::EncodingKey;

use super::{
    harness::{App, MINUTE, ORIGIN, SECRET, secret},
    token_vectors::{
        forge::{Forge, encode},
        log::Log,
    },
};
use crate::{
    auth::{Visit, clock::Clock, keys::KeysError},
    store::{SigningKeyRow, UnixMillis},
};

const HOUR: UnixMillis = 60 * MINUTE;

/// A key pair of a stranger: its public half, and what signs with it.
fn pair() -> (Vec<u8>, EncodingKey) {
    let pair = Ed25519KeyPair::generate().unwrap();
    let public = pair.public_key().as_ref().to_vec();
    let seed: Curve25519SeedBin<'_> = pair.seed().unwrap().as_be_bytes().unwrap();
    // RFC 8410, section 7.
    let prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    (public, EncodingKey::from_ed_der(&[prefix.as_slice(), seed.as_ref()].concat()))
}

async fn published(app: &App) -> Vec<String> {
    let keys = app.get("/.well-known/jwks.json").await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["x"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_key_that_a_stranger_put_into_the_database_is_not_believed_and_stops_nothing() {
    for signs_from in [-HOUR, 1, 1_000 * HOUR] {
        let app = App::start().await;
        let mut ada = app.signed_up("ada").await;
        let ours = published(&app).await;
        let (public, key) = pair();
        let sealed_private_key = app.store.signing_keys().await.unwrap()[0].sealed_private_key.clone();
        let now = app.clock.now();
        let row = SigningKeyRow {
            kid: "a-strangers".to_owned(),
            public_key: public,
            sealed_private_key,
            created_at: now,
            signs_from: now + signs_from,
        };
        assert!(app.store.add_signing_key(&row, UnixMillis::MAX, None).await.unwrap());
        let forged = Forge { kid: row.kid, key, ..Forge::of(&app, ORIGIN, "ada").await }.honest();

        let log = Log::start();
        app.auth.follow().await.unwrap();
        app.auth.follow().await.unwrap();
        assert_eq!(log.keys_of_strangers(), ["a-strangers"], "once");
        drop(log);
        let other = app.another().await;
        for app in [&app, &other] {
            assert_eq!(app.get_with_bearer("/api/v1/me", &forged).await.status, 401);
            assert_eq!(published(app).await, ours);
        }
        // Longer than it would take for its successor to have ended ours.
        app.clock.advance(20 * MINUTE);
        app.auth.tidy().await.unwrap();
        app.auth.follow().await.unwrap();
        assert_eq!(published(&app).await, ours);
        for app in [&app, &other] {
            let mut ada = ada.at(app);
            assert_eq!(ada.refresh().await.status, 200);
            assert_eq!(ada.me().await.status, 200);
        }

        app.auth.replace_keys(&Visit::default()).await.unwrap();
        assert_eq!(app.store.signing_keys().await.unwrap().len(), 1, "and this is how it goes");
        assert_eq!(ada.refresh().await.status, 200);
        assert_eq!(ada.me().await.status, 200);
    }
}

#[tokio::test]
async fn a_public_half_that_a_stranger_put_in_the_place_of_ours_is_never_read() {
    let app = App::start().await;
    let ada = app.signed_up("ada").await;
    let ours = published(&app).await;
    let honest = Forge::of(&app, ORIGIN, "ada").await;
    let row = app.store.signing_keys().await.unwrap().remove(0);
    let (public_key, key) = pair();
    assert_ne!(ours, [encode(&public_key)]);
    app.store.replace_signing_keys(&SigningKeyRow { public_key, ..row }, None).await.unwrap();
    app.auth.follow().await.unwrap();
    let forged = Forge { key, ..honest }.honest();
    for app in [&app, &app.another().await] {
        assert_eq!(app.get_with_bearer("/api/v1/me", &forged).await.status, 401);
        assert_eq!(ada.at(app).me().await.status, 200);
        assert_eq!(published(app).await, ours);
    }
}

#[tokio::test]
async fn a_server_does_not_start_where_it_can_open_no_key_at_all() {
    let app = App::start().await;
    app.database.run("UPDATE signing_keys SET kid = 'another'").await;
    assert!(matches!(app.another_with(&secret(SECRET).into()).await, Err(KeysError::Sealed { .. })));
    app.auth.follow().await.unwrap();
    let mut ada = app.signed_up("ada").await;
    assert_eq!(ada.refresh().await.status, 200, "the one that runs goes on signing");
    assert_eq!(ada.me().await.status, 401, "and believes nothing");
}
