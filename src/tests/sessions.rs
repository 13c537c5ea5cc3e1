//! The sessions that a person sees and ends.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    browser::Browser,
    harness::{App, CHROME_ON_ANDROID, DAY, FIREFOX_ON_LINUX, MINUTE},
    protected,
};

async fn listed(browser: &Browser<'_>, after: &str) -> Value {
    let answer = browser.ask("/api/sessions", &[("after", after)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn ids(list: &Value) -> Vec<String> {
    list["sessions"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn id(browser: &Browser<'_>) -> String {
    browser.me().await.json()["session_id"].as_str().unwrap().to_owned()
}

/// The code that a refresh is refused with.
async fn why(browser: &Browser<'_>) -> String {
    browser.clone().refresh().await.code()
}

#[tokio::test]
async fn each_session_is_listed_with_its_device_address_and_times() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    app.clock.advance(MINUTE);
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    app.signed_up("bob").await;

    let list = listed(&laptop, "").await;
    assert_eq!(ids(&list), [id(&phone).await, id(&laptop).await], "the one seen last first, and nobody else's");
    let [first, second] = [&list["sessions"][0], &list["sessions"][1]];
    assert_eq!(
        (first["device"].as_str(), second["device"].as_str()),
        (Some("Chrome on Android"), Some("Firefox on Linux"))
    );
    assert_eq!((first["is_this"].as_bool(), second["is_this"].as_bool()), (Some(false), Some(true)));
    assert_eq!(first["address"], "192.0.2.1");
    assert_eq!(first["signed_in_at"]["utc"], "2027-01-15T08:01:00Z");
    assert!(list["next"].is_null());
}

#[tokio::test]
async fn a_renewal_keeps_where_and_when_the_session_was_last_seen() {
    let app = App::start().await;
    let mut browser = app.signed_up("ada").await;
    let before = browser.clone();
    app.clock.advance(10 * MINUTE);
    browser.user_agent = CHROME_ON_ANDROID;
    browser.refresh().await;
    let list = listed(&browser, "").await;
    assert_eq!(list["sessions"][0]["device"], "Chrome on Android");
    assert_eq!(list["sessions"][0]["signed_in_at"]["utc"], "2027-01-15T08:00:00Z");
    assert_eq!(list["sessions"][0]["last_active_at"]["utc"], "2027-01-15T08:10:00Z");

    // The answer was lost, and is asked for again.
    let mut again = before;
    app.clock.advance(MINUTE);
    assert_eq!(again.refresh().await.status, 200);
    let list = listed(&again, "").await;
    assert_eq!(list["sessions"][0]["device"], "Firefox on Linux");
    assert_eq!(list["sessions"][0]["last_active_at"]["utc"], "2027-01-15T08:11:00Z");
}

#[tokio::test]
async fn twenty_five_sessions_are_three_pages_and_each_is_on_one() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    for number in 0..24 {
        // Some at the very same time.
        app.clock.advance(number % 2);
        Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    }
    let (mut after, mut sizes, mut seen) = (String::new(), Vec::new(), HashSet::new());
    loop {
        let list = listed(&browser, &after).await;
        sizes.push(ids(&list).len());
        seen.extend(ids(&list));
        match list["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!((sizes, seen.len()), (vec![10, 10, 5], 25));
    for nowhere in ["", "nonsense", "'; DROP TABLE sessions; --", "99999999999999999999-0"] {
        assert_eq!(ids(&listed(&browser, nowhere).await).len(), 10, "{nowhere}");
    }
}

#[tokio::test]
async fn what_has_run_out_or_ended_is_not_listed() {
    let app = App::start().await;
    app.signed_up("ada").await;
    app.clock.advance(7 * DAY);
    let mut gone = Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    gone.log_out().await;
    let browser = Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    assert_eq!(ids(&listed(&browser, "").await), [id(&browser).await]);
}

#[tokio::test]
async fn a_session_ended_elsewhere_is_dead_on_its_next_request_and_the_others_live() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let tablet = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let ended = laptop.ask("/api/end_session", &[("id", &id(&phone).await)]).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert_eq!(phone.me().await.status, 401);
    assert_eq!(why(&phone).await, "revoked");
    assert_eq!(phone.open("/account").await.header("location"), "/signed-out?reason=revoked&next=/account");
    for alive in [&laptop, &tablet] {
        assert_eq!(alive.me().await.status, 200);
        assert_eq!(alive.clone().refresh().await.status, 200);
    }
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    let app = App::start().await;
    let ada = app.signed_up("ada").await;
    let mallory = app.signed_up("mallory").await;
    for id in [id(&ada).await.as_str(), "00000000-0000-7000-8000-000000000000", "", "others", "../ada"] {
        let answer = mallory.ask("/api/end_session", &[("id", id)]).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{id}");
    }
    assert_eq!(mallory.ask("/api/end_other_sessions", &[]).await.json(), 0);
    assert_eq!(mallory.ask("/api/logout_everywhere", &[]).await.status, 200);
    assert_eq!(ada.me().await.status, 200);
    assert_eq!(ada.clone().refresh().await.status, 200);
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    assert_eq!(kinds, ["user_created", "authn_login_success"], "nothing happened to her");
}

#[tokio::test]
async fn without_an_access_token_nothing_is_listed_and_nothing_ends() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let cookie = format!("__Host-refresh={}", browser.cookie.as_ref().unwrap());
    for function in protected::functions() {
        for headers in [&[][..], &[("cookie", cookie.as_str())]] {
            let answer = app.send(function.request(headers)).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "unauthenticated"), "{function:?}");
        }
    }
    let own = [("id", &*id(&browser).await)];
    assert_eq!(browser.clone().call("/api/end_session", &own).await.status, 401);
    assert_eq!(browser.me().await.status, 200);
}

#[tokio::test]
async fn ending_all_others_ends_each_of_them_and_says_how_many() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let tablet = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let ended = laptop.ask("/api/end_other_sessions", &[]).await;
    assert_eq!((ended.status.as_u16(), ended.json()), (200, 2.into()));
    for dead in [&phone, &tablet] {
        assert_eq!(dead.me().await.status, 401);
        assert_eq!(why(dead).await, "revoked");
    }
    assert_eq!(laptop.me().await.status, 200);
    assert_eq!(ids(&listed(&laptop, "").await), [id(&laptop).await]);
    assert_eq!(laptop.ask("/api/end_other_sessions", &[]).await.json(), 0, "there are none left");
}

#[tokio::test]
async fn signing_out_everywhere_signs_this_one_out_and_revokes_the_others() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    assert_eq!(laptop.ask("/api/logout_everywhere", &[]).await.status, 200);
    for (browser, reason) in [(&laptop, "signed_out"), (&phone, "revoked")] {
        assert_eq!(browser.me().await.status, 401);
        assert_eq!(why(browser).await, reason);
    }
    assert_eq!(laptop.ask("/api/logout_everywhere", &[]).await.status, 401);
}

#[tokio::test]
async fn what_was_ended_stays_ended_after_a_restart() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    laptop.ask("/api/end_other_sessions", &[]).await;
    let (token, cookie) = (phone.token.clone(), phone.cookie.clone());
    let app = app.restart().await;
    assert_eq!(app.get_with_bearer("/api/v1/me", &token).await.status, 401);
    let mut phone = Browser::new(&app);
    phone.cookie = cookie;
    assert_eq!(phone.refresh().await.code(), "revoked");
}

#[tokio::test]
async fn one_that_had_run_out_is_ended_with_the_rest_so_that_no_clock_revives_it() {
    let app = App::start().await;
    let old = app.signed_up("ada").await;
    app.clock.advance(7 * DAY);
    let browser = Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    assert_eq!(browser.ask("/api/end_other_sessions", &[]).await.json(), 0, "nobody misses it");
    app.clock.advance(-DAY);
    assert_eq!(why(&old).await, "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_end_one_session_at_once_end_it_once() {
    let app = App::start().await;
    let laptop = app.signed_up("ada").await;
    let tablet = Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await;
    let phone = Browser::signed_in(&app, "ada", CHROME_ON_ANDROID).await;
    let id = id(&phone).await;
    let fields = [("id", id.as_str())];
    let both = futures::future::join(laptop.ask("/api/end_session", &fields), tablet.ask("/api/end_session", &fields));
    let (one, other) = both.await;
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    let kinds = app.store.event_kinds(app.user("ada").await).await.unwrap();
    assert_eq!(kinds.iter().filter(|kind| *kind == "authn_token_revoked").count(), 1, "{kinds:?}");
    assert_eq!(why(&phone).await, "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_end_each_other_at_once_one_stays() {
    let app = App::start().await;
    for round in 0..10 {
        let name = format!("ada{round}");
        let one = app.signed_up(&name).await;
        let other = Browser::signed_in(&app, &name, CHROME_ON_ANDROID).await;
        let ends =
            futures::future::join(one.ask("/api/end_other_sessions", &[]), other.ask("/api/end_other_sessions", &[]));
        let (first, second) = ends.await;
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "an ended session ends nothing");
        let alive = [one.me().await.status.as_u16(), other.me().await.status.as_u16()];
        assert_eq!(alive, [first.status.as_u16(), second.status.as_u16()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_wins_against_refreshes_under_way() {
    let app = App::start().await;
    for round in 0..10 {
        let name = format!("ada{round}");
        let phone = app.signed_up(&name).await;
        let laptop = Browser::signed_in(&app, &name, FIREFOX_ON_LINUX).await;
        app.clock.advance(2 * MINUTE);
        let id = id(&phone).await;
        let refreshes = (0..8).map(|_| {
            let mut tab = phone.clone();
            async move { (tab.refresh().await.status.as_u16(), tab) }
        });
        let fields = [("id", id.as_str())];
        let end = laptop.ask("/api/end_session", &fields);
        let (tabs, ended) = futures::future::join(futures::future::join_all(refreshes), end).await;
        assert_eq!(ended.status, 200);
        for (status, tab) in tabs {
            assert!([200, 401].contains(&status), "{status}");
            assert_eq!(tab.me().await.status, 401, "whatever it was given on the way is dead");
            assert_eq!(why(&tab).await, "revoked");
        }
    }
}
