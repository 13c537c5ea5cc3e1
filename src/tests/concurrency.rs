//! Many requests of one session at once.

use std::{collections::HashSet, time::Duration};

use tokio::time::timeout;

use super::{
    browser::Browser,
    harness::{App, FIREFOX_ON_LINUX, MINUTE},
};
use crate::{own::NAME, store::SigningKeyRow};

const LONG: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_refreshes_at_once_advance_one_generation_and_all_hold_the_same_token() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let session = app.only_session("ada").await;
    app.clock.advance(2 * MINUTE);

    let tabs = (0..200).map(|_| {
        let mut tab = browser.clone();
        async move {
            let answer = tab.refresh().await;
            (answer.status.as_u16(), tab.cookie)
        }
    });
    let answers = futures::future::join_all(tabs).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "none is refused");
    let tokens: HashSet<_> = answers.iter().map(|(_, cookie)| cookie.clone().unwrap()).collect();
    assert_eq!(tokens.len(), 1, "every caller holds the same token");
    assert_ne!(tokens.iter().next(), browser.cookie.as_ref());
    assert_eq!(app.store.session(session).await.unwrap().unwrap().generation, 2, "one generation advanced");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_refresh_at_once_each_get_what_is_theirs() {
    let app = App::start().await;
    let mut people = Vec::new();
    for person in 0..12 {
        people.push(app.signed_up(&format!("ada{person}")).await);
    }
    for round in 0..5 {
        app.clock.advance(2 * MINUTE);
        let before: Vec<_> = people.iter().map(|browser| browser.cookie.clone()).collect();
        // Of each three tabs, in turns, and with them one who has signed out.
        let tabs = (0..3 * people.len()).map(|tab| {
            let mut browser = people[tab % people.len()].clone();
            async move { (browser.refresh().await.status.as_u16(), browser) }
        });
        let mut left = app.signed_up(&format!("grace{round}")).await;
        let mut gone = left.clone();
        left.log_out().await;
        let (tabs, gone) = futures::future::join(futures::future::join_all(tabs), gone.refresh()).await;
        assert_eq!(gone.code(), "signed_out");
        for (tab, (status, browser)) in tabs.into_iter().enumerate() {
            let person = tab % people.len();
            assert_eq!(status, 200);
            assert_ne!(browser.cookie, before[person], "the next token");
            assert_eq!(browser.me().await.json()["username"], format!("ada{person}"), "and nobody else's");
            people[person] = browser;
        }
    }
    for person in 0..people.len() {
        let session = app.only_session(&format!("ada{person}")).await;
        assert_eq!(app.store.session(session).await.unwrap().unwrap().generation, 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_written_at_the_same_time_do_not_disturb_each_other() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let titles = [
        ("/account/password", "Change your password"),
        ("/account/sessions", "Sessions"),
        ("/account", "Your account"),
        ("/signed-out", "Signed out"),
    ];
    let pages = titles.iter().cycle().take(200).map(|(path, title)| {
        let browser = browser.clone();
        async move {
            let page = timeout(LONG, browser.open(path)).await.unwrap_or_else(|_| panic!("{path} never ends"));
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.contains(&format!("<title>{title} · {NAME}</title>")), "{path}");
        }
    });
    futures::future::join_all(pages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_wins_against_refreshes_under_way() {
    let app = App::start().await;
    for round in 0..20 {
        let browser = app.signed_up(&format!("ada{round}")).await;
        app.clock.advance(2 * MINUTE);
        let refreshes = (0..8).map(|_| {
            let mut tab = browser.clone();
            async move { (tab.refresh().await.status.as_u16(), tab) }
        });
        let mut leaving = browser.clone();
        let (tabs, logout) = futures::future::join(futures::future::join_all(refreshes), leaving.log_out()).await;
        assert_eq!(logout.status, 200);
        for (status, tab) in tabs {
            assert!([200, 401].contains(&status), "{status}");
            assert_eq!(tab.me().await.status, 401, "whatever it was given on the way is dead");
        }
        assert_eq!(browser.clone().me().await.status, 401);
        assert_eq!(browser.clone().refresh().await.code(), "signed_out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_is_given_once_however_many_ask_for_it_at_once() {
    let app = App::start().await;
    let asking = (0..8).map(|_| {
        let mut browser = Browser::new(&app);
        async move { browser.sign_up("ada", super::harness::PASSWORD).await.status.as_u16() }
    });
    let mut statuses = futures::future::join_all(asking).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_logout_whose_browser_goes_away_is_carried_through() {
    let app = App::start().await;
    let browser = app.signed_up("ada").await;
    let mut leaving = browser.clone();
    // Polled once, then dropped: the connection was closed.
    tokio::select! {
        biased;
        _ = leaving.log_out() => panic!("it takes longer than one look"),
        () = std::future::ready(()) => {}
    }
    let refused = async {
        while browser.me().await.status == 200 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), refused).await.expect("the session has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_end_one_another_at_once_do_not_wait_for_one_another() {
    let app = App::start().await;
    app.signed_up("ada").await;
    for round in 0..5 {
        let mut browsers = Vec::new();
        for _ in 0..6 {
            browsers.push(Browser::signed_in(&app, "ada", FIREFOX_ON_LINUX).await);
        }
        let answers = futures::future::join_all(
            browsers.iter().map(|browser| async { browser.ask("/api/end_other_sessions", &[]).await.status.as_u16() }),
        );
        let answers = answers.await;
        assert!(answers.iter().all(|status| [200, 401].contains(status)), "round {round}: {answers:?}");
        let mut left = 0;
        for browser in &browsers {
            left += u32::from(browser.me().await.status == 200);
        }
        assert_eq!(left, 1, "round {round}: {answers:?}");
    }
}

#[tokio::test]
async fn a_first_signing_key_that_comes_second_is_left_out() {
    let app = App::start().await;
    let [first] = &app.store.signing_keys().await.unwrap()[..] else { panic!("one key") };
    let second = SigningKeyRow { kid: "another".to_owned(), ..first.clone() };
    assert!(!app.store.add_signing_key(&second, -1, None).await.unwrap());
    let keys = app.store.signing_keys().await.unwrap();
    assert_eq!(keys.iter().map(|key| &key.kid).collect::<Vec<_>>(), [&first.kid]);
}
