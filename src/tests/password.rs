//! Passwords: which are taken, how long they are good for, and what a new one ends.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::{
    browser::Browser,
    harness::{Answer, App, CHROME_ON_ANDROID, DAY, FIREFOX_ON_LINUX, PASSWORD},
};
use crate::{
    own::{HOME, NAME},
    store::{Holder, NewSession, NewTry, Receipt},
};

const NEW: &str = "nine tall herons at dusk";

/// Fields, and what is said of each.
type Told = &'static [(&'static str, &'static str)];

async fn change(browser: &Browser<'_>, current: &str, new: &str) -> Answer {
    browser.ask("/api/change_password", &[("current_password", current), ("new_password", new)]).await
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_and_the_old_one_is_worth_nothing() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let stranger = app.signed_up("bob").await;
    let answer = change(&laptop, PASSWORD, NEW).await;
    assert_eq!((answer.status.as_u16(), answer.json()["ended"].as_u64()), (200, Some(1)), "{}", answer.body);

    assert_eq!(laptop.me().await.status, 200);
    assert_eq!(laptop.clone().refresh().await.status, 200);
    assert_eq!(phone.me().await.status, 401, "dead on its next request");
    assert_eq!(phone.clone().refresh().await.code(), "password_changed");
    assert_eq!(stranger.me().await.status, 200);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 401);
    assert_eq!(Browser::new(&app).log_in("ada", NEW).await.status, 200);
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    assert!(kinds.contains(&"authn_password_change".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn every_reason_against_a_new_password_is_told_by_field() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let table: [(&str, &str, &str, Told); 7] = [
        (
            "",
            "",
            "invalid_input",
            &[("current_password", "Enter your current password."), ("new_password", "Enter a new password.")],
        ),
        ("not her password", NEW, "wrong_password", &[("current_password", "That is not your current password.")]),
        (
            "not her password",
            "short",
            "wrong_password",
            &[("current_password", "That is not"), ("new_password", "Use at least 15")],
        ),
        ("not her password", "not her password", "wrong_password", &[("current_password", "That is not")]),
        (PASSWORD, "short", "invalid_input", &[("new_password", "Use at least 15 characters. This password has 5.")]),
        (PASSWORD, "passwordpassword", "invalid_input", &[("new_password", "too easy to guess")]),
        (PASSWORD, PASSWORD, "invalid_input", &[("new_password", "This is the one you have now.")]),
    ];
    for (current, new, code, fields) in table {
        let answer = change(&browser, current, new).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{current} {new}");
        let told = answer.json();
        let told = told["fields"].as_array().unwrap();
        assert_eq!(told.len(), fields.len(), "{told:?}");
        for (told, (field, detail)) in told.iter().zip(fields) {
            assert_eq!(told["field"], *field);
            assert!(told["detail"].as_str().unwrap().contains(detail), "{told}");
        }
    }
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 200, "it is still the same");
    assert_eq!(browser.me().await.status, 200, "and nobody was signed out");
}

#[tokio::test]
async fn wrong_current_passwords_count_for_the_session_and_then_like_those_of_a_stranger_and_are_events() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for _ in 0..20 {
        assert_eq!(Browser::new(&app).log_in("ada", "not her password").await.status, 401);
    }
    for _ in 0..10 {
        assert_eq!(change(&browser, "not her password", NEW).await.status, 422, "strangers do not keep her from it");
    }
    let waits = change(&browser, PASSWORD, NEW).await;
    assert_eq!((waits.status.as_u16(), waits.header("retry-after")), (429, "1"));
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 429);
    app.clock.advance(1_000);
    assert_eq!(change(&browser, PASSWORD, NEW).await.status, 200);
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    assert_eq!(kinds.iter().filter(|kind| *kind == "authn_password_change_fail").count(), 10);
}

#[tokio::test]
async fn a_session_that_has_ended_changes_no_password() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    laptop.ask("/api/end_other_sessions", &[]).await;
    assert_eq!(change(&phone, PASSWORD, NEW).await.status, 401);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_session_does_not_begin_with_a_password_that_was_changed_since_it_was_verified() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let verified = app.store.user_by_key("ada").await.unwrap().unwrap();
    assert_eq!(change(&browser, PASSWORD, NEW).await.status, 200);
    let session = NewSession {
        id: Uuid::from_u128(1),
        user_id: verified.id,
        current_hash: [1; 32],
        now: 1,
        idle_expires_at: i64::MAX,
        absolute_expires_at: i64::MAX,
        instance_hash: None,
        user_agent: "",
        address: "",
    };
    let tries = [1, 2, 3].map(|key| NewTry { key: [key; 32], now: 1, forgotten_at: 2, keeps_its_end: false });
    let (counted, _) = app.store.count_tries(&tries, None, |_, _| Ok::<_, ()>(())).await.unwrap().unwrap();
    let receipt = Receipt { own: Some([counted[0], counted[1]]), apart: vec![counted[2]], in_a_row: None };
    for receipt in [Receipt::default(), receipt] {
        let holder = Holder::Known { password_hash: &verified.password_hash, tried: &receipt };
        assert!(!app.store.begin_session(holder, &session, None, &[]).await.unwrap());
        assert!(app.store.session(session.id).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_login_with_the_old_password_survives_a_change_that_it_crosses() {
    let app = App::start().await;
    for round in 0..8 {
        let name = format!("ada{round}");
        let browser = app.signed_up(&name).await;
        let logins = (0..3).map(|_| {
            let mut other = Browser::new(&app);
            let name = &name;
            async move { (other.log_in(name, PASSWORD).await.status.as_u16(), other) }
        });
        let (logins, changed) =
            futures::future::join(futures::future::join_all(logins), change(&browser, PASSWORD, NEW)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        for (status, other) in logins {
            match status {
                200 => assert_eq!(other.clone().refresh().await.code(), "password_changed"),
                status => assert_eq!(status, 401),
            }
            assert_eq!(other.me().await.status, 401);
        }
        assert_eq!(browser.me().await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_once_one_is_made() {
    let app = App::start().await;
    for round in 0..5 {
        let name = format!("ada{round}");
        let one = app.signed_up(&name).await;
        let other = Browser::signed_in(&app, &name, FIREFOX_ON_LINUX).await;
        let another = "eleven small owls by noon";
        let (first, second) =
            futures::future::join(change(&one, PASSWORD, NEW), change(&other, PASSWORD, another)).await;
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "the other session was ended by it");
        let kept = if first.status == 200 { NEW } else { another };
        assert_eq!(Browser::new(&app).log_in(&name, kept).await.status, 200);
    }
}

#[tokio::test]
async fn the_new_password_survives_a_restart_and_so_do_the_ends() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    change(&laptop, PASSWORD, NEW).await;
    let (dead, alive, cookie) = (phone.token.clone(), laptop.token.clone(), phone.cookie.clone());
    let app = app.restart().await;
    assert_eq!(app.get_with_bearer("/api/v1/me", &dead).await.status, 401);
    assert_eq!(app.get_with_bearer("/api/v1/me", &alive).await.status, 200);
    let mut phone = Browser::new(&app);
    phone.cookie = cookie;
    assert_eq!(phone.refresh().await.code(), "password_changed");
    assert_eq!(Browser::new(&app).log_in("ada", NEW).await.status, 200);
}

/// What would be enough beside another word is not enough beside one of these.
#[tokio::test]
async fn the_words_of_this_product_and_the_persons_own_name_count_for_nothing_in_a_password() {
    const USERNAME: &str = "quintessa";
    const NO_WORD: &str = "vqzxkj";
    let app = App::start().await;
    let paddings = ["!", "1", "8"].map(|one| one.repeat(15));
    let mut refused = 0;
    for word in [NAME, "signin", "password", USERNAME] {
        for word in [word.to_lowercase(), word.to_uppercase()] {
            for padding in &paddings {
                for padded in [format!("{word}{padding}"), format!("{padding}{word}")] {
                    let answer = Browser::new(&app).sign_up(USERNAME, &padded).await;
                    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid_input"), "{padded}");
                    let told = answer.json();
                    let [field] = &told["fields"].as_array().unwrap()[..] else { panic!("{told}") };
                    assert_eq!(field["field"], "password");
                    assert!(field["detail"].as_str().unwrap().contains("too easy to guess"), "{field}");
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused, 48);
    assert!(app.store.user_by_key(USERNAME).await.unwrap().is_none());
    for (person, padding) in paddings.iter().enumerate() {
        // Beside what is no word, and beside the name of somebody else.
        for (number, word) in [NO_WORD, USERNAME].into_iter().enumerate() {
            let name = format!("ada{person}{number}");
            let answer = Browser::new(&app).sign_up(&name, &format!("{word}{padding}")).await;
            assert_eq!(answer.status, 200, "{word}{padding}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_password_is_as_good_after_five_years_and_nobody_is_asked_for_another() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let names = |answer: &Answer| -> BTreeSet<String> { answer.json().as_object().unwrap().keys().cloned().collect() };
    let mut entered = Vec::new();
    for years in [0, 5] {
        app.clock.advance(years * 365 * DAY + DAY);
        app.auth.tidy().await.unwrap();
        let mut browser = Browser::new(&app);
        let page = browser.log_in("ada", PASSWORD).await;
        let program = app.post_json("/api/v1/login", json!({ "username": "ada", "password": PASSWORD })).await;
        let form = Browser::new(&app).submit("/login", &[("username", "ada"), ("password", PASSWORD)]).await;
        assert_eq!((page.status.as_u16(), program.status.as_u16()), (200, 200), "{} {}", page.body, program.body);
        assert_eq!((form.status.as_u16(), form.header("location")), (303, HOME));
        assert_eq!(browser.me().await.status, 200);
        let account = browser.open("/account").await;
        assert_eq!(account.status, 200, "and nobody is led elsewhere");
        entered.push((names(&page), names(&program), account.body.matches("<h2").count()));
    }
    let [at_first, later] = &entered[..] else { panic!("twice") };
    assert_eq!(at_first, later, "neither an answer nor the page says more than at first");
}
