//! What happened to an account, as its person reads it.

use futures::future::join_all;
use serde_json::Value;
use uuid::Uuid;

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, FIREFOX_ON_LINUX, MINUTE, PASSWORD},
};
use crate::store::{EventRow, Page, Place};

const NEW: &str = "nine tall herons at dusk";

async fn listed(browser: &Browser<'_>, after: &str) -> Value {
    let answer = browser.ask("/api/activity", &[("after", after)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn whats(list: &Value) -> Vec<String> {
    let what = |row: &Value| match &row["what"] {
        Value::String(what) => what.clone(),
        ended => format!("ended: {}", ended["SessionEnded"].as_str().unwrap()),
    };
    list["happenings"].as_array().unwrap().iter().map(what).collect()
}

#[tokio::test]
async fn all_that_happens_to_an_account_is_told_latest_first() {
    let app = App::start().await;
    let mut laptop = app.signed_up("ada").await;
    let minute = || app.clock.advance(MINUTE);
    minute();
    Browser::new(&app).log_in("ada", "not her password").await;
    minute();
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    minute();
    let id = phone.me().await.json()["session_id"].as_str().unwrap().to_owned();
    laptop.ask("/api/end_session", &[("id", &id)]).await;
    minute();
    laptop.ask("/api/change_password", &[("current_password", "not her password"), ("new_password", NEW)]).await;
    minute();
    laptop.ask("/api/change_password", &[("current_password", PASSWORD), ("new_password", NEW)]).await;
    minute();
    laptop.log_in("ada", NEW).await;
    app.signed_up("bob").await;

    let list = listed(&laptop, "").await;
    let told = whats(&list);
    assert_eq!(
        told,
        [
            "SignedIn",
            "ended: Replaced",
            "PasswordChanged",
            "PasswordChangeFailed",
            "ended: Revoked",
            "SignedIn",
            "SignInFailed",
            "SignedIn",
            "AccountMade"
        ]
    );
    let ended = &list["happenings"][4];
    assert_eq!(ended["device"], "Firefox on Linux", "who did it");
    assert_eq!(ended["ended_device"], "Chrome on Android", "to whom");
    assert_eq!(
        (ended["address"].as_str(), ended["at"]["utc"].as_str()),
        (Some("192.0.2.1"), Some("2027-01-15T08:03:00Z"))
    );
}

#[tokio::test]
async fn a_used_up_key_is_told() {
    let app = App::start().await;
    let mut owner = app.signed_up("ada").await;
    let mut thief = owner.clone();
    let other = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    for _ in 0..2 {
        app.clock.advance(2 * MINUTE);
        owner.refresh().await;
    }
    thief.refresh().await;
    assert_eq!(whats(&listed(&other, "").await)[0], "ended: Reused");
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for _ in 0..23 {
        Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    }
    let (mut after, mut sizes, mut seen) = (String::new(), Vec::new(), std::collections::HashSet::new());
    loop {
        let list = listed(&browser, &after).await;
        let rows = list["happenings"].as_array().unwrap();
        sizes.push(rows.len());
        seen.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match list["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!((sizes, seen.len()), (vec![10, 10, 5], 25));
}

#[tokio::test]
async fn no_secret_is_in_any_event() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    browser.ask("/api/change_password", &[("current_password", "not her password"), ("new_password", NEW)]).await;
    browser.ask("/api/change_password", &[("current_password", PASSWORD), ("new_password", NEW)]).await;
    app.clock.advance(2 * MINUTE);
    browser.refresh().await;
    let list = browser.ask("/api/activity", &[]).await.body;
    for secret in [PASSWORD, NEW, "not her password", &browser.token, browser.cookie.as_deref().unwrap()] {
        assert!(!list.contains(secret));
    }
}

#[tokio::test]
async fn people_who_read_at_once_each_read_their_own_page_of_their_own_list() {
    const EACH: usize = 4;
    let app = App::start().await;
    let mut people = Vec::new();
    for name in 0..12 {
        let mut browser = app.signed_up(&format!("person{name}")).await;
        for _ in 1..EACH {
            app.clock.advance(MINUTE);
            browser.log_in(&format!("person{name}"), PASSWORD).await;
        }
        people.push(app.user(&format!("person{name}")).await);
    }
    // So many at once that some are asked for together, and the same list from different places.
    let mut asked = Vec::new();
    for user in &people {
        let mut after = Place::START;
        for size in 1..=3 {
            let page = app.store.events(*user, after, size).await.unwrap();
            asked.push((*user, after, size, ids(&page)));
            after = page.next.expect("more than have been read");
        }
    }
    let at_once = join_all(asked.iter().map(|(user, after, size, _)| app.store.events(*user, *after, *size))).await;
    for ((user, after, size, alone), together) in asked.iter().zip(at_once) {
        assert_eq!(&ids(&together.unwrap()), alone, "{user} after {after}, {size}");
        assert_eq!(alone.len(), usize::from(*size));
    }
    let seen = join_all(people.iter().map(async |user| {
        let session = app.store.newest_session(*user).await.unwrap().unwrap();
        app.store.session_with_user(session).await.unwrap().map(|(session, user)| (session.user_id, user.id))
    }));
    let own: Vec<_> = people.iter().map(|user| Some((*user, *user))).collect();
    assert_eq!(seen.await, own);
    assert!(app.store.session_with_user(Uuid::nil()).await.unwrap().is_none());
}

fn ids(page: &Page<EventRow>) -> Vec<Uuid> {
    page.rows.iter().map(|event| event.id).collect()
}
