//! The worlds that are searched, and the rules and clients that are found wanting.
//!
//! A world says what there is and how often each unusual thing may happen in one run; within that everything is tried, in every order.
//! Run with `--nocapture`, each prints its bounds, its states and its time.

#![expect(clippy::disallowed_methods, reason = "how long a search takes is printed, and decides nothing")]

use std::time::Instant;

use super::{
    explore::{Explored, explore},
    time::STEP,
    verdict::Violation,
    world::{Bounds, Client, Lock, Rule, World},
};
use crate::ended::{EndReason, Refusal};

const ACCUSED: Violation = Violation::HonestRefused(Refusal::Ended(EndReason::Reused));

fn world(name: &'static str, bounds: Bounds) -> World {
    World { name, bounds, ..World::default() }
}

fn two_tabs(name: &'static str, bounds: Bounds) -> World {
    World { tabs: 2, late: 1, ..world(name, bounds) }
}

fn search(world: &World) -> Explored {
    let began = Instant::now();
    let explored = explore(world);
    let found = if explored.counterexample.is_some() { "counterexample" } else { "closed" };
    println!(
        "{}: {found}, {} states, {} steps, depth {}, {:.1} s\n    {}, late by {} steps at most",
        world.name,
        explored.states,
        explored.steps,
        explored.depth,
        began.elapsed().as_secs_f32(),
        world.bounds,
        world.late
    );
    explored
}

/// Everything that the world allows was tried, and nothing that must not happen did.
fn holds(world: &World) {
    let explored = search(world);
    assert!(explored.counterexample.is_none(), "{}: {:?}", world.name, explored.counterexample);
}

fn is_found_wanting(world: &World, how: Violation) {
    let explored = search(world);
    let counterexample = explored.counterexample.unwrap_or_else(|| panic!("{}: nothing was found", world.name));
    assert_eq!(counterexample.violation, how, "{}: {counterexample:?}", world.name);
}

#[test]
fn one_tab_with_requests_and_answers_lost_late_and_twice_and_a_crash() {
    holds(&world("one tab", Bounds { failures: 2, duplicates: 1, crashes: 1, ..Bounds::default() }));
}

#[test]
fn one_tab_without_a_name_with_a_crash_and_a_reload() {
    let bounds = Bounds { failures: 1, duplicates: 1, crashes: 1, reloads: 1, ..Bounds::default() };
    holds(&World { named: false, late: 2, ..world("no name", bounds) });
}

#[test]
fn a_browser_that_loses_its_name() {
    holds(&world("name lost", Bounds { failures: 1, crashes: 1, name_losses: 1, ..Bounds::default() }));
}

#[test]
fn a_device_that_sleeps_and_a_clock_that_jumps() {
    holds(&World { late: 1, ..world("sleep", Bounds { sleeps: 1, failures: 1, late_timers: 1, ..Bounds::default() }) });
    holds(&World { late: 1, ..world("clock", Bounds { jumps: 2, ..Bounds::default() }) });
}

#[test]
fn tabs_that_are_hidden_and_put_away() {
    holds(&world("put away", Bounds { put_aways: 1, failures: 1, logouts: 1, ..Bounds::default() }));
    holds(&world("hidden", Bounds { hides: 2, failures: 1, onlines: 1, ..Bounds::default() }));
}

#[test]
fn two_tabs_that_share_a_jar() {
    holds(&two_tabs("two tabs", Bounds::default()));
    holds(&World { two_steps: true, ..two_tabs("two tabs, two steps", Bounds::default()) });
}

#[test]
fn signing_out_and_in_again() {
    holds(&world("logout and login", Bounds { logins: 1, logouts: 1, failures: 1, ..Bounds::default() }));
    holds(&two_tabs("logout in another tab", Bounds { logouts: 1, ..Bounds::default() }));
}

#[test]
fn lifetimes_that_end() {
    let bounds = Bounds { failures: 1, crashes: 1, ..Bounds::default() };
    holds(&World { idle_ttl: 20 * STEP, absolute_ttl: 40 * STEP, late: 2, ..world("lifetimes", bounds) });
}

#[test]
fn a_thief_with_a_copy_of_the_cookie() {
    holds(&world("thief", Bounds { thefts: 3, failures: 1, ..Bounds::default() }));
    holds(&World { named: false, ..world("thief, no name", Bounds { thefts: 2, failures: 1, ..Bounds::default() }) });
}

#[test]
fn the_broken_rules_are_found_wanting() {
    let lost = Bounds { failures: 1, ..Bounds::default() };
    let rule = |rule, name, bounds| World { rule, ..world(name, bounds) };
    is_found_wanting(&rule(Rule::StrictSingleUse, "strict single use", lost), ACCUSED);
    is_found_wanting(&rule(Rule::Window30, "a fixed window of 30 s", lost), ACCUSED);
    let theft = Bounds { thefts: 2, ..Bounds::default() };
    let for_ever = rule(Rule::OneBehindForEver, "one behind for ever", theft);
    is_found_wanting(&World { named: false, ..for_ever }, Violation::ThiefUnseen);
    is_found_wanting(&rule(Rule::Siblings, "grace that mints siblings", lost), Violation::TwoLines);
    let clears = World { rule: Rule::LoserClears, ..two_tabs("the loser clears the cookie", NOTHING) };
    is_found_wanting(&clears, Violation::HonestRefused(Refusal::Invalid));
    let first = Bounds { failures: 2, crashes: 1, ..Bounds::default() };
    is_found_wanting(&rule(Rule::FirstDeliveryCounts, "a replay that does not count", first), ACCUSED);
}

const LOGIN: Bounds = Bounds { logins: 1, ..NOTHING };
const NOTHING: Bounds = Bounds {
    failures: 0,
    duplicates: 0,
    crashes: 0,
    late_timers: 0,
    reloads: 0,
    sleeps: 0,
    jumps: 0,
    hides: 0,
    put_aways: 0,
    onlines: 0,
    logins: 0,
    logouts: 0,
    name_losses: 0,
    thefts: 0,
};

/// FLUSH + ABORT + LATE are 105 s; one step more holds (the world of one tab).
#[test]
fn settle_must_be_longer_than_flush_abort_and_late_together() {
    let bounds = Bounds { failures: 1, crashes: 1, ..Bounds::default() };
    is_found_wanting(&World { settle: 7 * STEP, ..world("SETTLE too short", bounds) }, ACCUSED);
}

#[test]
fn the_slips_of_a_client_are_found() {
    let client = |client, world| World { client, named: false, ..world };
    let lost = |name, failures| world(name, Bounds { failures, reloads: 1, ..Bounds::default() });
    is_found_wanting(&client(Client::ForgetsAtAnyAnswer, lost("forgets at any answer", 2)), ACCUSED);
    let twice = world("counts what only minted", Bounds { duplicates: 1, reloads: 1, ..Bounds::default() });
    is_found_wanting(&client(Client::CountsMints, twice), ACCUSED);
    let crash = world("testifies at once", Bounds { failures: 1, crashes: 1, ..Bounds::default() });
    is_found_wanting(&client(Client::TestifiesAtOnce, crash), ACCUSED);
    is_found_wanting(&client(Client::FailureIsSignOut, lost("takes silence for a sign-out", 1)), Violation::Stuck);
    let out = Bounds { logouts: 1, ..Bounds::default() };
    is_found_wanting(&client(Client::ForgetsLogout, two_tabs("forgets the logout", out)), Violation::Revived(1));
    is_found_wanting(
        &client(Client::LoginDoesNotWait, two_tabs("a login that does not wait", LOGIN)),
        Violation::Stuck,
    );
    let overtaken = World { lock: Lock::Driver, ..two_tabs("a refresh that overtakes a login", LOGIN) };
    is_found_wanting(&overtaken, Violation::Stuck);
    let away = two_tabs("shown at once", Bounds { put_aways: 1, logouts: 1, ..Bounds::default() });
    is_found_wanting(&client(Client::ShowsAtOnce, away), Violation::Uncovered);
}
