//! The table for what a machine has to do with others: the other tabs, and a browser that puts pages away.

use super::{
    table::{Browser, LIFETIME, RENEW, REPLACED, SIGNED_OUT, answered, at, farewell, over, refresh, ring},
    *,
};

#[test]
fn signing_in_holds_the_token_and_hands_it_to_the_other_tabs() {
    let mut browser = Browser::signed_out();
    let todo = browser.on(Event::LoggedIn { sent: at(1_000), session: "s".into(), lifetime: LIFETIME }, at(1_300));
    assert_eq!(todo, [Command::Keep { number: 1 }, Command::Remember(true), ring(RENEW - 300), Command::Hand]);
}

#[test]
fn signing_out_forgets_at_once_and_tells_the_other_tabs() {
    let mut browser = Browser::signed_in();
    let todo = browser.on(Event::LoggedOut, at(1_000));
    assert_eq!(todo, [farewell().as_slice(), &[over(SIGNED_OUT)]].concat());
}

#[test]
fn a_token_handed_over_is_taken_with_its_age() {
    let handed = |session: &str| Event::Handed { session: session.into(), sent: at(1_000).wall, lifetime: LIFETIME };
    for (what, mut browser) in [
        ("signed out", Browser::signed_out()),
        ("restoring", Browser::new()),
        ("signed in", Browser::signed_in()),
        ("offline", Browser::offline()),
    ] {
        let todo = browser.on(handed("s"), at(3_000));
        assert!(todo.contains(&ring(RENEW - 2_000)), "{what}: {todo:?}");
        assert!(!todo.contains(&Command::Hand), "{what}: not passed on for ever");
    }
    let mut browser = Browser::signed_in();
    let late = Event::Handed { session: "s".into(), sent: at(-5_000).wall, lifetime: LIFETIME };
    assert_eq!(browser.on(late, at(3_000)), [], "asked for before the one in hand");
    browser.on(Event::LoggedOut, at(1_000));
    assert_eq!(browser.on(handed("s"), at(3_000)), [], "the session that this tab signed out of stays over");
    assert_ne!(browser.on(handed("t"), at(3_000)), [], "another one is a new login");
}

#[test]
fn a_token_of_the_session_before_that_comes_late_does_not_replace_a_login() {
    let mut browser = Browser::signed_in();
    browser.on(Event::LoggedIn { sent: at(2_000), session: "t".into(), lifetime: LIFETIME }, at(2_100));
    let late = Event::Handed { session: "s".into(), sent: at(1_900).wall, lifetime: LIFETIME };
    assert_eq!(browser.on(late, at(2_200)), [refresh(2)], "the server knows which is the later");
    assert_eq!(browser.0.session(), Some("t"));
    assert_eq!(browser.0.supply(0, at(2_200)), Supply::Token(2));
}

#[test]
fn a_token_of_a_session_that_is_over_does_not_bring_it_back_to_a_page_that_had_not_heard_of_it() {
    let mut browser = Browser::new();
    browser.on(Event::Boot { signed_in: true, session: None }, at(0));
    browser.on(Event::OverElsewhere { session: Some("s".into()), why: Some(SIGNED_OUT) }, at(10));
    let late = Event::Handed { session: "s".into(), sent: at(5).wall, lifetime: LIFETIME };
    assert_eq!(browser.on(late, at(20)), []);
}

#[test]
fn a_refresh_that_waits_for_its_turn_is_not_sent_once_another_tab_has_done_it() {
    let mut browser = Browser::signed_in();
    browser.on(Event::Timer, at(RENEW));
    assert!(browser.0.awaits(2));
    browser.on(Event::Handed { session: "s".into(), sent: at(RENEW).wall, lifetime: LIFETIME }, at(RENEW + 10));
    assert!(!browser.0.awaits(2));
}

#[test]
fn a_login_in_a_tab_that_cannot_hand_its_token_over_makes_the_others_ask_for_theirs() {
    let elsewhere = |session: &str| Event::InElsewhere { session: session.into() };
    assert_eq!(Browser::signed_in().on(elsewhere("s"), at(500)), [], "nothing new");
    assert_eq!(Browser::signed_in().on(elsewhere("t"), at(500)), [Command::Forget, refresh(2)]);
    assert_eq!(Browser::signed_out().on(elsewhere("s"), at(500)), [Command::Forget, refresh(1)]);
    let mut browser = Browser::signed_in();
    browser.on(Event::LoggedOut, at(500));
    assert_eq!(browser.on(elsewhere("s"), at(600)), [], "over is over");
}

/// A page that was put away at 1 s.
fn put_away(mut browser: Browser) -> Browser {
    assert_eq!(browser.on(Event::PutAway, at(1_000)), [Command::Veil(true)]);
    browser
}

fn back(remembered: Option<&str>) -> Event {
    Event::Back { remembered: remembered.map(Into::into) }
}

#[test]
fn a_page_that_comes_back_to_its_own_session_is_shown_at_once() {
    let mut browser = put_away(Browser::signed_in());
    assert_eq!(browser.on(back(Some("s")), at(2_000)), [Command::Veil(false), ring(RENEW - 2_000)]);
    let mut browser = put_away(Browser::signed_out());
    assert_eq!(browser.on(back(None), at(2_000)), [Command::Veil(false)]);
}

#[test]
fn a_page_that_comes_back_to_another_session_or_none_shows_nothing_until_the_server_has_answered() {
    for remembered in [None, Some("t")] {
        let mut browser = put_away(Browser::signed_in());
        assert_eq!(browser.on(back(remembered), at(2_000)), [Command::Forget, refresh(2)]);
        let mut refused = Browser(browser.0.clone());
        let todo = refused.on(Event::Refused { attempt: 2, why: SIGNED_OUT }, at(2_100));
        assert_eq!(todo[..4], [farewell().as_slice(), &[Command::Veil(false)]].concat());
        let todo = browser.on(answered(2), at(2_100));
        assert!(todo.contains(&Command::Veil(false)), "{todo:?}");
    }
    let mut browser = put_away(Browser::signed_in());
    browser.on(back(None), at(2_000));
    let todo = browser.on(Event::Failed { attempt: 2, retry_after: None }, at(2_100));
    assert_eq!(todo, [ring(1_000)], "still covered without a network");
}

#[test]
fn a_page_that_was_signed_out_and_comes_back_to_a_login_joins_it() {
    let mut browser = put_away(Browser::signed_out());
    assert_eq!(browser.on(back(Some("t")), at(2_000)), [Command::Forget, refresh(1)]);
}

#[test]
fn an_answer_from_before_a_page_was_put_away_does_not_uncover_it() {
    let mut browser = Browser::signed_in();
    browser.on(Event::Timer, at(RENEW));
    let mut browser = put_away(browser);
    browser.on(back(None), at(RENEW + 1));
    assert_eq!(browser.on(answered(2), at(RENEW + 2)), []);
    assert_eq!(browser.0.supply(0, at(RENEW + 2)), Supply::Wait);

    let mut browser = Browser::signed_in();
    browser.on(Event::Timer, at(RENEW));
    let mut browser = put_away(browser);
    let todo = browser.on(answered(2), at(RENEW + 1));
    assert!(!todo.contains(&Command::Veil(false)), "heard before it is back: {todo:?}");
}

#[test]
fn a_refusal_of_a_session_that_was_never_named_is_not_told_on() {
    let mut browser = Browser::new();
    browser.on(Event::Boot { signed_in: true, session: None }, at(0));
    assert_eq!(browser.on(Event::Refused { attempt: 1, why: REPLACED }, at(10)), farewell());
}

#[test]
fn a_page_knows_the_session_that_it_was_rendered_for_before_its_first_token() {
    let mut browser = Browser::new();
    browser.on(Event::Boot { signed_in: true, session: Some("s".into()) }, at(0));
    let elsewhere = |session: &str| Event::OverElsewhere { session: Some(session.into()), why: Some(SIGNED_OUT) };
    assert_eq!(browser.on(elsewhere("t"), at(10)), []);
    assert_eq!(browser.on(elsewhere("s"), at(10)), farewell());
}

#[test]
fn a_doubt_of_another_tab_is_put_to_the_server() {
    assert_eq!(Browser::signed_in().on(Event::Doubted, at(500)), [refresh(2)]);
    assert_eq!(Browser::signed_out().on(Event::Doubted, at(500)), []);
}

#[test]
fn a_session_that_is_over_elsewhere_is_over_here_unless_it_is_another_one() {
    let elsewhere =
        |session: Option<&str>| Event::OverElsewhere { session: session.map(Into::into), why: Some(SIGNED_OUT) };
    let mut browser = Browser::signed_in();
    assert_eq!(browser.on(elsewhere(Some("s")), at(1_000)), farewell(), "and not told on for ever");
    let mut browser = Browser::signed_in();
    assert_eq!(browser.on(elsewhere(Some("t")), at(1_000)), []);
    assert_eq!(browser.on(elsewhere(None), at(1_000)), farewell());
}

#[test]
fn a_page_that_was_covered_before_the_app_was_there_is_shown_when_it_is_known_whose_it_is() {
    let mut browser = Browser(Machine::of_page(true));
    let todo = browser.on(Event::Boot { signed_in: true, session: Some("s".into()) }, at(0));
    assert!(!todo.contains(&Command::Veil(false)), "{todo:?}");
    assert!(browser.on(answered(1), at(100)).contains(&Command::Veil(false)));
    let mut browser = Browser(Machine::of_page(true));
    let todo = browser.on(Event::Boot { signed_in: false, session: Some("s".into()) }, at(0));
    assert!(todo.contains(&Command::Veil(false)), "nobody's page hides nothing: {todo:?}");
}
