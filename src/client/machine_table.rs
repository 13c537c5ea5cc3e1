//! The machine as a table: what each event does in each state.

use super::*;

const LIFETIME: i64 = 900_000;
/// With no jitter: a minute before the end.
const RENEW: i64 = 840_000;
const REPLACED: Refusal = Refusal::Ended(EndReason::Replaced);
const SIGNED_OUT: Refusal = Refusal::Ended(EndReason::SignedOut);

/// The same on both clocks.
fn at(ms: i64) -> Now {
    Now { wall: 1_000_000_000 + ms, steady: ms }
}

struct Browser(Machine);

impl Browser {
    fn new() -> Self {
        Self(Machine::default())
    }

    fn on(&mut self, event: Event, now: Now) -> Vec<Command> {
        self.0.step(event, now, 0)
    }

    /// Booted at 0 and answered at 100 with token 1.
    fn signed_in() -> Self {
        let mut browser = Self::new();
        browser.on(Event::Boot { signed_in: true, session: None }, at(0));
        browser.on(answered(1), at(100));
        browser
    }

    fn signed_out() -> Self {
        let mut browser = Self::new();
        browser.on(Event::Boot { signed_in: false, session: None }, at(0));
        browser
    }

    fn offline() -> Self {
        let mut browser = Self::new();
        browser.on(Event::Boot { signed_in: true, session: None }, at(0));
        browser.on(Event::Failed { attempt: 1, retry_after: None }, at(100));
        browser
    }

    fn held(&self) -> u32 {
        match self.0.state() {
            State::SignedIn(held) => held.number,
            other => panic!("not signed in but {other:?}"),
        }
    }

    fn why(&self) -> Option<Refusal> {
        match self.0.state() {
            State::SignedOut { why } => *why,
            other => panic!("not signed out but {other:?}"),
        }
    }
}

fn answered(attempt: u32) -> Event {
    Event::Answered { attempt, session: "s".into(), lifetime: LIFETIME }
}

fn refresh(attempt: u32) -> Command {
    Command::Refresh { attempt }
}

fn ring(ms: i64) -> Command {
    Command::Ring(Some(ms))
}

fn farewell() -> [Command; 3] {
    [Command::Forget, Command::Ring(None), Command::Remember(false)]
}

fn over(why: Refusal) -> Command {
    Command::TellOver { session: Some("s".into()), why: Some(why) }
}

#[test]
fn a_visitor_who_never_signed_in_causes_no_refresh_whatever_happens() {
    let mut browser = Browser::signed_out();
    for event in [Event::Timer, Event::Shown, Event::Online, Event::Wanted, Event::Unauthorized { number: 0 }] {
        assert_eq!(browser.on(event.clone(), at(5_000)), [], "{event:?}");
    }
    assert_eq!(browser.0.supply(0, at(0)), Supply::None);
}

#[test]
fn a_page_that_loads_signed_in_refreshes_at_once_and_plans_the_renewal() {
    let mut browser = Browser::new();
    assert_eq!(browser.on(Event::Boot { signed_in: true, session: None }, at(0)), [refresh(1)]);
    assert_eq!(browser.0.supply(0, at(0)), Supply::Wait);
    let todo = browser.on(answered(1), at(100));
    // Counted from when it was sent, not from when the answer came.
    assert_eq!(todo, [Command::Keep { number: 1 }, Command::Remember(true), ring(RENEW - 100), Command::Hand]);
    assert_eq!(browser.0.supply(0, at(100)), Supply::Token(1));
}

#[test]
fn the_renewal_begins_when_due_and_not_before() {
    let mut browser = Browser::signed_in();
    assert_eq!(browser.on(Event::Timer, at(RENEW - 10)), [ring(10)]);
    assert_eq!(browser.on(Event::Timer, at(RENEW)), [refresh(2)]);
    assert_eq!(browser.on(Event::Timer, at(RENEW + 1)), [], "one in flight");
    assert_eq!(browser.0.supply(0, at(RENEW + 1)), Supply::Token(1), "the old token serves until then");
    browser.on(answered(2), at(RENEW + 50));
    assert_eq!(browser.held(), 2);
}

#[test]
fn a_hidden_tab_neither_rings_nor_renews_until_it_is_shown() {
    let mut browser = Browser::signed_in();
    assert_eq!(browser.on(Event::Hidden, at(1_000)), [Command::Ring(None)]);
    assert_eq!(browser.on(Event::Timer, at(RENEW)), []);
    assert_eq!(browser.on(Event::Shown, at(RENEW + 5_000)), [refresh(2)]);
}

#[test]
fn a_hidden_tab_fetches_a_token_for_a_call_that_needs_one() {
    let mut browser = Browser::signed_in();
    browser.on(Event::Hidden, at(1_000));
    assert_eq!(browser.on(Event::Wanted, at(2_000)), [], "the one in hand is good");
    assert_eq!(browser.on(Event::Wanted, at(LIFETIME)), [refresh(2)]);
    assert_eq!(browser.0.supply(0, at(LIFETIME)), Supply::Wait);
}

#[test]
fn a_hidden_tab_leaves_it_to_the_one_in_front_to_notice_the_network() {
    let mut browser = Browser::offline();
    browser.on(Event::Hidden, at(150));
    assert_eq!(browser.on(Event::Online, at(200)), []);
    assert_eq!(browser.on(Event::Shown, at(300)), [refresh(2)]);
}

#[test]
fn coming_to_the_front_early_only_sets_the_timer_again() {
    let mut browser = Browser::signed_in();
    browser.on(Event::Hidden, at(1_000));
    assert_eq!(browser.on(Event::Shown, at(2_000)), [ring(RENEW - 2_000)]);
}

#[test]
fn coming_to_the_front_with_an_older_token_looks_whether_the_session_is_still_there() {
    let mut browser = Browser::signed_in();
    browser.on(Event::Hidden, at(1_000));
    assert_eq!(browser.on(Event::Shown, at(LOOK_AGAIN)), [ring(RENEW - LOOK_AGAIN), Command::Look]);
    assert_eq!(browser.on(Event::Shown, at(RENEW)), [refresh(2)], "which tells as well");
    assert_eq!(browser.on(Event::Shown, at(RENEW + 10)), []);
}

#[test]
fn a_clock_that_does_not_stop_jumping_meets_the_breaker() {
    let mut browser = Browser::signed_in();
    let mut refreshes = 0;
    for jump in 1..=20 {
        let now = Now { wall: at(jump * 3_600_000).wall, steady: jump };
        for command in browser.on(Event::Timer, now) {
            if let Command::Refresh { attempt } = command {
                refreshes += 1;
                browser.on(answered(attempt), now);
            }
        }
    }
    assert_eq!(refreshes, 3);
}

#[test]
fn clocks_that_disagree_after_a_sleep_or_a_setting_revalidate() {
    for (what, now) in [
        ("slept for a minute", Now { wall: at(61_000).wall, steady: 1_000 }),
        ("set an hour ahead", Now { wall: at(3_601_000).wall, steady: 1_000 }),
        ("set an hour back", Now { wall: at(1_000).wall - 3_600_000, steady: 1_000 }),
    ] {
        let mut browser = Browser::signed_in();
        assert_eq!(browser.on(Event::Shown, now), [refresh(2)], "{what}");
        let mut browser = Browser::signed_in();
        assert_eq!(browser.on(Event::Timer, now), [refresh(2)], "{what}, and the timer rings");
    }
    let mut browser = Browser::signed_in();
    let drift = Now { wall: at(3_000).wall, steady: 1_500 };
    assert_eq!(browser.on(Event::Shown, drift), [ring(RENEW - 3_000)], "a little drift is no sleep");
}

#[test]
fn a_refused_token_is_forgotten_and_fetched_anew_once() {
    let mut browser = Browser::signed_in();
    assert_eq!(browser.on(Event::Unauthorized { number: 1 }, at(500)), [Command::Forget, refresh(2)]);
    assert_eq!(browser.on(Event::Unauthorized { number: 1 }, at(501)), [], "the second complaint joins the first");
    assert_eq!(browser.0.supply(1, at(501)), Supply::Wait);
    browser.on(answered(2), at(600));
    assert_eq!(browser.on(Event::Unauthorized { number: 1 }, at(601)), [], "a late complaint about the old token");
    assert_eq!(browser.0.supply(1, at(601)), Supply::Token(2));
}

#[test]
fn the_breaker_stops_refreshes_that_no_deadline_asked_for() {
    let mut browser = Browser::signed_in();
    for round in 1..=3 {
        let todo = browser.on(Event::Unauthorized { number: round }, at(1_000));
        assert_eq!(todo, [Command::Forget, refresh(round + 1)]);
        browser.on(answered(round + 1), at(1_000));
    }
    assert_eq!(browser.on(Event::Unauthorized { number: 4 }, at(1_000)), [Command::Forget, ring(60_000)]);
    assert_eq!(browser.0.supply(4, at(1_000)), Supply::None, "calls fail and do not wait");
    assert!(matches!(browser.0.state(), State::Offline { held: None, .. }));
    assert_eq!(browser.on(Event::Timer, at(61_000)), [refresh(5)]);
}

#[test]
fn every_definite_refusal_signs_out_and_says_why() {
    for why in EndReason::ALL.into_iter().map(Refusal::Ended).chain([Refusal::Expired, Refusal::Invalid]) {
        let mut browser = Browser::signed_in();
        browser.on(Event::Timer, at(RENEW));
        let todo = browser.on(Event::Refused { attempt: 2, why }, at(RENEW + 10));
        assert_eq!(todo, [farewell().as_slice(), &[over(why)]].concat());
        assert_eq!(browser.why(), Some(why));
        assert_eq!(browser.0.supply(0, at(RENEW + 10)), Supply::None);
    }
}

#[test]
fn a_failure_leaves_the_session_alone_backs_off_and_keeps_a_token_that_is_still_good() {
    let mut browser = Browser::signed_in();
    browser.on(Event::Timer, at(RENEW));
    let mut now = RENEW;
    let mut attempt = 2;
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        let todo = browser.on(Event::Failed { attempt, retry_after: None }, at(now));
        assert_eq!(todo, [ring(seconds * 1_000)]);
        now += seconds * 1_000;
        attempt += 1;
        assert_eq!(browser.on(Event::Timer, at(now)), [refresh(attempt)]);
    }
    assert_eq!(browser.0.supply(0, at(LIFETIME - 1)), Supply::Token(1));
    assert_eq!(browser.0.supply(0, at(LIFETIME)), Supply::Wait);
    browser.on(answered(attempt), at(now));
    assert_eq!(browser.held(), 2);
}

#[test]
fn the_server_may_ask_for_a_longer_wait() {
    let mut browser = Browser::new();
    browser.on(Event::Boot { signed_in: true, session: None }, at(0));
    assert_eq!(browser.on(Event::Failed { attempt: 1, retry_after: Some(30_000) }, at(10)), [ring(30_000)]);
    assert_eq!(browser.on(Event::Timer, at(20_000)), [ring(10_010)]);
    browser.on(Event::Timer, at(30_010));
    let todo = browser.on(Event::Failed { attempt: 2, retry_after: Some(i64::MAX) }, at(30_020));
    assert_eq!(todo, [ring(LONGEST_ASKED)], "but not for ever");
}

#[test]
fn the_network_coming_back_tries_at_once_but_not_without_end() {
    let mut browser = Browser::offline();
    for attempt in 2..=4 {
        assert_eq!(browser.on(Event::Online, at(200)), [refresh(attempt)]);
        browser.on(Event::Failed { attempt, retry_after: None }, at(200));
    }
    assert_eq!(browser.on(Event::Online, at(300)), [ring(59_900)]);
    assert_eq!(browser.on(Event::Shown, at(400)), [ring(59_800)]);
}

#[test]
fn an_answer_to_a_refresh_that_was_given_up_changes_nothing() {
    for late in
        [answered(2), Event::Refused { attempt: 2, why: REPLACED }, Event::Failed { attempt: 2, retry_after: None }]
    {
        let mut browser = Browser::signed_in();
        browser.on(Event::Timer, at(RENEW));
        browser.on(Event::LoggedOut, at(RENEW + 1));
        assert_eq!(browser.on(late.clone(), at(RENEW + 2)), [], "after logout: {late:?}");
        assert_eq!(browser.why(), Some(SIGNED_OUT));

        let mut browser = Browser::signed_in();
        browser.on(Event::Timer, at(RENEW));
        browser.on(Event::LoggedIn { sent: at(RENEW), session: "t".into(), lifetime: LIFETIME }, at(RENEW + 1));
        assert_eq!(browser.on(late.clone(), at(RENEW + 2)), [], "after a new login: {late:?}");
        assert_eq!(browser.0.session(), Some("t"));
    }
}

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
    assert_eq!(browser.on(late, at(2_200)), []);
    assert_eq!(browser.0.session(), Some("t"));
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
