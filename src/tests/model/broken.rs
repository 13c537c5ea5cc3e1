//! Rules and clients that are found wanting: each has a counterexample, of the kind that is expected. That the search finds these is what its finding nothing in ours is worth.

use super::{
    search::is_found_wanting,
    time::STEP,
    verdict::Violation,
    world::{Bounds, Client, Lock, Rule, World, long_lived},
};
use crate::ended::{EndReason, Refusal};

const NOTHING: Bounds = Bounds::NOTHING;
const ACCUSED: Violation = Violation::HonestRefused(Refusal::Ended(EndReason::Reused));

fn rule(rule: Rule, name: &'static str, bounds: Bounds) -> World {
    World { name, rule, bounds, ..World::default() }
}

fn client(client: Client, name: &'static str, bounds: Bounds) -> World {
    World { name, client, bounds, ..World::default() }
}

fn with_two_tabs(world: World) -> World {
    World { tabs: 2, late: 1, ..world }
}

#[test]
fn strict_single_use_accuses_whoever_lost_an_answer() {
    let lost = Bounds { failures: 1, ..NOTHING };
    is_found_wanting(&rule(Rule::StrictSingleUse, "strict single use", lost), ACCUSED);
}

#[test]
fn a_fixed_window_accuses_whoever_comes_back_later() {
    let lost = Bounds { failures: 1, ..NOTHING };
    is_found_wanting(&rule(Rule::Window30, "a fixed window of 30 s", lost), ACCUSED);
}

#[test]
fn one_behind_for_ever_never_sees_a_thief() {
    let for_ever = rule(Rule::OneBehindForEver, "one behind for ever", Bounds { thefts: 2, ..NOTHING });
    is_found_wanting(&World { named: false, ..for_ever }, Violation::ThiefUnseen);
}

#[test]
fn grace_that_mints_siblings_makes_two_lines() {
    is_found_wanting(&with_two_tabs(rule(Rule::Siblings, "siblings", NOTHING)), Violation::TwoLines);
}

#[test]
fn a_loser_who_clears_the_cookie_takes_it_from_the_winner() {
    let clears = with_two_tabs(rule(Rule::LoserClears, "the loser clears the cookie", NOTHING));
    is_found_wanting(&clears, Violation::HonestRefused(Refusal::Invalid));
}

#[test]
fn a_replay_that_does_not_count_as_a_delivery_is_acknowledged_too_early() {
    let lost = Bounds { failures: 2, crashes: 1, ..NOTHING };
    is_found_wanting(&rule(Rule::FirstDeliveryCounts, "the first delivery counts", lost), ACCUSED);
}

/// FLUSH + ABORT + LATE are 105 s; one step more holds (the world of one tab).
#[test]
fn settle_must_be_longer_than_flush_abort_and_late_together() {
    let bounds = Bounds { failures: 1, crashes: 1, ..NOTHING };
    is_found_wanting(&World { settle: 7 * STEP, ..rule(Rule::Ours, "SETTLE of 105 s", bounds) }, ACCUSED);
}

#[test]
fn a_list_that_any_answer_empties_accuses() {
    let lost = Bounds { failures: 2, reloads: 1, ..NOTHING };
    is_found_wanting(&client(Client::ForgetsAtAnyAnswer, "any answer empties the list", lost), ACCUSED);
}

#[test]
fn an_answer_without_a_refresh_token_that_counts_accuses() {
    let twice = Bounds { duplicates: 1, reloads: 1, ..NOTHING };
    is_found_wanting(&client(Client::CountsMints, "what was only minted counts", twice), ACCUSED);
}

#[test]
fn a_page_that_testifies_at_once_accuses() {
    let crash = Bounds { failures: 1, crashes: 1, ..NOTHING };
    is_found_wanting(&client(Client::TestifiesAtOnce, "a fresh page testifies", crash), ACCUSED);
}

#[test]
fn a_list_that_is_trusted_when_storage_was_cleared_accuses() {
    let cleared = Bounds { failures: 1, clearings: 1, hides: 2, ..NOTHING };
    is_found_wanting(&with_two_tabs(client(Client::TrustsItsList, "a cleared list is trusted", cleared)), ACCUSED);
}

/// The storage was copied too, so that nothing but the testimony tells the thief from the owner.
#[test]
fn a_client_that_never_testifies_does_not_see_a_thief_who_never_acknowledges() {
    let thief = client(Client::NeverTestifies, "no testimony", Bounds { thefts: 1, ..NOTHING });
    is_found_wanting(&World { thief_is_named: true, ..long_lived(thief) }, Violation::ThiefUnseen);
}

#[test]
fn a_failure_that_is_taken_for_a_sign_out_leaves_the_person_outside() {
    let lost = Bounds { failures: 1, ..NOTHING };
    is_found_wanting(&client(Client::FailureIsSignOut, "silence is a sign-out", lost), Violation::Stuck);
}

#[test]
fn a_client_without_a_breaker_asks_without_end() {
    is_found_wanting(&client(Client::NoBreaker, "no breaker", NOTHING), Violation::Endless);
}

#[test]
fn a_logout_that_is_forgotten_when_it_is_answered_is_undone() {
    let out = Bounds { logouts: 1, ..NOTHING };
    let forgets = with_two_tabs(client(Client::ForgetsLogout, "the logout is forgotten", out));
    is_found_wanting(&forgets, Violation::Revived(1));
}

#[test]
fn an_answer_that_is_taken_after_a_logout_undoes_it() {
    let out = Bounds { logouts: 1, failures: 1, ..NOTHING };
    is_found_wanting(&client(Client::TakesLateAnswers, "late answers are taken", out), Violation::Revived(1));
}

#[test]
fn a_login_that_does_not_wait_is_overwritten() {
    let login = Bounds { logins: 1, ..NOTHING };
    let hasty = with_two_tabs(client(Client::LoginDoesNotWait, "a login does not wait", login));
    is_found_wanting(&hasty, Violation::Stuck);
    let overtaken = with_two_tabs(client(Client::Ours, "a refresh overtakes a login", login));
    is_found_wanting(&World { lock: Lock::OfRefreshes, ..overtaken }, Violation::Stuck);
}

#[test]
fn a_sign_out_that_does_not_say_of_which_session_ends_the_next_one() {
    let again = Bounds { logins: 1, logouts: 1, onlines: 1, ..NOTHING };
    let whatever = with_two_tabs(client(Client::LogsOutWhatever, "signs out of whatever there is", again));
    is_found_wanting(
        &World { in_turn: true, ..whatever },
        Violation::HonestRefused(Refusal::Ended(EndReason::SignedOut)),
    );
}

#[test]
fn a_page_that_is_shown_at_once_when_it_comes_back_shows_what_is_over() {
    let away = Bounds { put_aways: 1, logouts: 1, ..NOTHING };
    is_found_wanting(&with_two_tabs(client(Client::ShowsAtOnce, "shown at once", away)), Violation::Uncovered);
}
