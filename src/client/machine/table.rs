//! The machine as a table: what each event does in each state.

use super::*;

pub(super) const LIFETIME: i64 = 900_000;
/// With no jitter: a minute before the end.
pub(super) const RENEW: i64 = 840_000;
pub(super) const REPLACED: Refusal = Refusal::Ended(EndReason::Replaced);
pub(super) const SIGNED_OUT: Refusal = Refusal::Ended(EndReason::SignedOut);

/// The same on both clocks.
pub(super) fn at(ms: i64) -> Now {
    Now { wall: 1_000_000_000 + ms, steady: ms }
}

pub(super) struct Browser(pub(super) Machine);

impl Browser {
    pub(super) fn new() -> Self {
        Self(Machine::default())
    }

    pub(super) fn on(&mut self, event: Event, now: Now) -> Vec<Command> {
        self.0.step(event, now, 0)
    }

    /// Booted at 0 and answered at 100 with token 1.
    pub(super) fn signed_in() -> Self {
        let mut browser = Self::new();
        browser.on(Event::Boot { signed_in: true, session: None }, at(0));
        browser.on(answered(1), at(100));
        browser
    }

    pub(super) fn signed_out() -> Self {
        let mut browser = Self::new();
        browser.on(Event::Boot { signed_in: false, session: None }, at(0));
        browser
    }

    pub(super) fn offline() -> Self {
        let mut browser = Self::new();
        browser.on(Event::Boot { signed_in: true, session: None }, at(0));
        browser.on(Event::Failed { attempt: 1, retry_after: None }, at(100));
        browser
    }

    pub(super) fn held(&self) -> u32 {
        match self.0.state() {
            State::SignedIn(held) => held.number,
            other => panic!("not signed in but {other:?}"),
        }
    }

    pub(super) fn why(&self) -> Option<Refusal> {
        match self.0.state() {
            State::SignedOut { why } => *why,
            other => panic!("not signed out but {other:?}"),
        }
    }
}

pub(super) fn answered(attempt: u32) -> Event {
    Event::Answered { attempt, session: "s".into(), lifetime: LIFETIME }
}

pub(super) fn refresh(attempt: u32) -> Command {
    Command::Refresh { attempt }
}

pub(super) fn ring(ms: i64) -> Command {
    Command::Ring(Some(ms))
}

pub(super) fn farewell() -> [Command; 3] {
    [Command::Forget, Command::Ring(None), Command::Remember(false)]
}

pub(super) fn over(why: Refusal) -> Command {
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
