//! Devices that have signed in before, while strangers guess.

use super::{
    browser::Browser,
    harness::{App, DAY, FIREFOX_ON_LINUX, PASSWORD},
    limits::{WRONG, alike, fail, spray, use_up},
};
use crate::{
    auth::limits::{ADDRESS, DEVICE},
    own::HOME,
};

const NEW: &str = "seven lamps in a quiet harbour";

#[tokio::test]
async fn whoever_has_signed_in_on_a_device_gets_in_there_while_strangers_guess() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    use_up(&app, "ada").await;
    assert_eq!(owner.me().await.status, 200);
    assert_eq!(owner.refresh().await.status, 200);
    assert_eq!(owner.change_password(PASSWORD, NEW).await.status, 200, "in a session");
    owner.log_out().await;
    assert_eq!(owner.log_in("ada", WRONG).await.status, 401, "a slip");
    assert_eq!(owner.log_in("Ada", NEW).await.status, 200);
    let form = [("username", "ada"), ("password", NEW)];
    assert_eq!(owner.submit("/login", &form).await.header("location"), HOME, "without scripts as well");
    let mut elsewhere = Browser::new(&app);
    assert_eq!(elsewhere.log_in("ada", NEW).await.status, 429, "a new device stands in line");
    app.clock.advance(1000);
    assert_eq!(elsewhere.log_in("ada", NEW).await.status, 200);
    assert_eq!(elsewhere.log_in("ada", NEW).await.status, 200, "and is known from then on");
}

#[tokio::test]
async fn an_address_that_is_used_up_keeps_no_known_device_out() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    assert_eq!(spray(&app, ADDRESS.most).await, ADDRESS.most);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 429);
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_device_has_ten_failures_of_its_own_and_is_then_like_any_other() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    use_up(&app, "ada").await;
    for _ in 0..DEVICE.most - 1 {
        assert_eq!(owner.log_in("ada", WRONG).await.status, 401);
    }
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200, "which begins anew");
    for _ in 0..DEVICE.most {
        assert_eq!(owner.log_in("ada", WRONG).await.status, 401);
    }
    let waits = owner.log_in("ada", PASSWORD).await;
    assert_eq!((waits.status.as_u16(), waits.header("ratelimit")), (429, "\"login\";r=0;t=1"));
    app.clock.advance(DAY);
    assert_eq!(owner.log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_device_is_known_for_its_people_only_and_until_the_password_changes() {
    let app = App::start().await;
    let mut ada = app.signed_up("ada").await;
    app.signed_up("bob").await;
    let mut elsewhere = Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    for name in ["ada", "bob"] {
        use_up(&app, name).await;
    }
    assert_eq!(ada.clone().log_in("bob", PASSWORD).await.status, 429, "for ada and not for bob");
    app.clock.advance(1000);
    assert_eq!(ada.log_in("bob", PASSWORD).await.status, 200);
    for name in ["ada", "bob"] {
        assert_eq!(ada.log_in(name, PASSWORD).await.status, 200, "both are known there now");
    }
    assert_eq!(elsewhere.change_password(PASSWORD, NEW).await.status, 200);
    for _ in 0..2 {
        fail(&app, "ada", 1).await;
        assert_eq!(ada.clone().log_in("ada", NEW).await.status, 429, "what it kept is of another password");
        assert_eq!(elsewhere.log_in("ada", NEW).await.status, 200, "where it was changed it is known");
        app.clock.advance(2000);
    }
}

#[tokio::test]
async fn what_makes_a_device_known_signs_nobody_in_and_says_nothing_of_anybody() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let id = app.user("ada").await;
    let device = owner.device.clone().unwrap();
    owner.log_out().await;
    assert_eq!(owner.device.as_ref(), Some(&device), "signing out leaves it");
    assert_eq!(owner.open("/account").await.status, 302);
    assert_eq!(owner.refresh().await.code(), "invalid");
    let mut thief = Browser::new(&app);
    (thief.device, thief.cookie) = (Some(device.clone()), Some(device.clone()));
    assert_eq!(thief.refresh().await.code(), "invalid");
    for text in [id.simple().to_string(), id.to_string(), "ada".to_owned()] {
        assert!(!device.contains(&text));
    }
    let mut stranger = Browser::new(&app);
    let [with, without] = [thief.log_in("eve", WRONG).await, stranger.log_in("eve", WRONG).await];
    assert_eq!(alike(&with), alike(&without), "nor of whether a name exists");
    assert!(with.headers.get("set-cookie").is_none());
}
