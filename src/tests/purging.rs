//! What is deleted of the past, and when. The policy of the harness keeps sessions for 30 days and events for a year.

use uuid::Uuid;

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, DAY, MINUTE, PASSWORD},
};
use crate::store::{Holder, NewSession, Receipt, UnixMillis};

/// As the work beside the requests does, every second, for as long as it takes.
async fn tidy(app: &App) {
    for _ in 0..3 {
        app.auth.tidy().await.unwrap();
        app.clock.advance(1_000);
    }
}

async fn is_kept(app: &App, session: Uuid) -> bool {
    app.store.session(session).await.unwrap().is_some()
}

async fn id_of(browser: &Browser<'_>) -> Uuid {
    browser.me().await.json()["session_id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_ended_session_explains_itself_for_thirty_days_and_is_then_forgotten() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let mut phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let session = id_of(&phone).await;
    laptop.ask("/api/end_other_sessions", &[]).await;

    app.clock.advance(30 * DAY);
    tidy(&app).await;
    assert_eq!(phone.refresh().await.code(), "revoked");

    app.clock.advance(10 * MINUTE);
    tidy(&app).await;
    assert!(!is_kept(&app, session).await);
    assert_eq!(phone.refresh().await.code(), "invalid");
    assert_eq!(phone.call("/api/ending", &[]).await.body, "null");
    let page = phone.open("/signed-out?reason=revoked").await;
    assert_eq!(page.status, 200, "the words in the address are all that is left");
}

#[tokio::test]
async fn a_session_that_ran_out_goes_thirty_days_after_its_absolute_end_and_a_live_one_stays() {
    let app = App::start().await;
    let left = app.signed_up("ada").await;
    let left = id_of(&left).await;
    app.clock.advance(20 * DAY);
    let past = id_of(&Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await).await;
    app.clock.advance(15 * DAY);
    let mut used = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let in_use = id_of(&used).await;
    for _ in 0..4 {
        app.clock.advance(6 * DAY);
        assert_eq!(used.refresh().await.status, 200);
    }
    app.clock.advance(DAY - MINUTE);
    tidy(&app).await;
    assert!(
        is_kept(&app, left).await,
        "unused it ran out after a week; its absolute end was a minute less than thirty days ago"
    );
    app.clock.advance(10 * MINUTE);
    tidy(&app).await;
    assert!(!is_kept(&app, left).await);
    assert!(is_kept(&app, past).await, "its absolute end was ten days ago");
    assert!(is_kept(&app, in_use).await);
    assert_eq!(used.refresh().await.status, 200);
}

#[tokio::test]
async fn events_are_kept_for_a_year() {
    let app = App::start().await;
    app.signed_up("ada").await;
    app.clock.advance(365 * DAY);
    tidy(&app).await;
    let user = app.user("ada").await;
    assert_eq!(app.store.event_kinds(user).await.unwrap(), ["user_created", "authn_login_success"]);
    let browser = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    app.clock.advance(10 * MINUTE);
    tidy(&app).await;
    assert_eq!(app.store.event_kinds(user).await.unwrap(), ["authn_login_success"]);
    assert_eq!(browser.ask("/api/activity", &[]).await.json()["happenings"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_access_token_of_an_ended_session_is_refused_however_short_the_past_is_kept() {
    let app = App::with(|policy| policy.retention.sessions = 0).await;
    let mut browser = app.signed_up("ada").await;
    browser.log_out().await;
    let token = browser.token.clone();
    app.clock.advance(14 * MINUTE);
    tidy(&app).await;
    let app = app.restart().await;
    assert_eq!(app.get_with_bearer("/api/v1/me", &token).await.status, 401);
}

/// Sessions that all ran out at once.
async fn crowd(app: &App, size: u32) -> Vec<Uuid> {
    app.signed_up("ada").await;
    let ada = app.store.user_by_key("ada").await.unwrap().unwrap();
    let now: UnixMillis = 1_800_000_000_000;
    let mut ids = Vec::new();
    for number in 0..size {
        let session = NewSession {
            id: Uuid::from_u128(u128::from(number) + 1),
            user_id: ada.id,
            current_hash: [0; 32],
            now,
            idle_expires_at: now + 1,
            absolute_expires_at: now + 1,
            instance_hash: None,
            user_agent: "",
            address: "",
        };
        let holder = Holder::Known { password_hash: &ada.password_hash, tried: &Receipt::default() };
        assert!(app.store.begin_session(holder, &session, None, &[]).await.unwrap());
        ids.push(session.id);
    }
    ids
}

async fn kept(app: &App, ids: &[Uuid]) -> usize {
    let mut kept = 0;
    for id in ids {
        kept += usize::from(is_kept(app, *id).await);
    }
    kept
}

#[tokio::test]
async fn many_are_deleted_a_handful_at_a_time() {
    let app = App::start().await;
    let ids = crowd(&app, 510).await;
    app.clock.advance(31 * DAY);
    let mut left = Vec::new();
    for _ in 0..4 {
        app.auth.tidy().await.unwrap();
        left.push(kept(&app, &ids).await);
        app.clock.advance(1_000);
    }
    assert_eq!(left, [260, 10, 0, 0]);
    assert_eq!(Browser::new(&app).log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn two_instances_delete_together() {
    let app = App::start().await;
    let ids = crowd(&app, 20).await;
    let other = app.another().await;
    app.clock.advance(31 * DAY);
    let (one, two) = tokio::join!(app.auth.tidy(), other.auth.tidy());
    one.unwrap();
    two.unwrap();
    assert_eq!(kept(&app, &ids).await, 0);
}
