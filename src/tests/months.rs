//! A small piece of what `make bench-sessions` simulates at length.

#[path = "../../benches/sessions/simulation.rs"]
mod simulation;

use simulation::{
    SECOND,
    month::{Outcome, Setting, Theft, live},
    rates::{CALM, HARSH, NAMES, Rates, USUAL},
    rules::{self, Rule},
    thief::{self, Habit},
};

const MONTHS: u64 = 40;

fn harsh(rule: Rule) -> Setting {
    Setting { seed: 11, rates: HARSH, days: 30, rule, thief: None, with_storage: false }
}

fn months(setting: &Setting) -> Vec<Outcome> {
    (0..MONTHS).map(|user| live(setting, user, false)).collect()
}

fn false_sign_outs(setting: &Setting) -> u32 {
    months(setting).iter().map(|month| month.false_sign_outs).sum()
}

#[test]
fn nobody_is_signed_out_by_our_rule_at_any_rates() {
    for rates in [CALM, USUAL, HARSH] {
        assert_eq!(false_sign_outs(&Setting { rates, ..harsh(rules::OURS) }), 0);
    }
}

#[test]
fn every_other_rule_signs_honest_people_out() {
    for (name, rule) in rules::ALL.into_iter().filter(|(_, rule)| *rule != rules::OURS) {
        assert!(false_sign_outs(&harsh(rule)) > 0, "{name}");
    }
}

#[test]
fn our_rule_does_too_if_it_settles_too_soon() {
    // Shorter than a crash goes back.
    assert!(false_sign_outs(&harsh(Rule::Ours { settle: 10 * SECOND })) > 0);
}

#[test]
fn a_browser_sends_a_bounded_number_of_refreshes_and_its_session_lasts() {
    for month in months(&harsh(rules::OURS)) {
        assert!(month.refreshes > 30 * 10, "{}", month.refreshes);
        assert!(month.refreshes < 30 * 300, "{}", month.refreshes);
        assert_eq!(month.expired, 0);
    }
}

#[test]
fn a_month_is_the_same_each_time_it_is_lived_and_another_for_another_seed() {
    let setting = harsh(rules::STRICT);
    let month = live(&setting, 3, true);
    assert!(month.story.len() > 1_000);
    assert_eq!(live(&setting, 3, true), month);
    assert_ne!(live(&Setting { seed: 12, ..setting }, 3, true), month);
}

#[test]
fn whoever_goes_on_with_a_copied_cookie_is_noticed() {
    for (name, habit) in thief::ALL {
        if matches!(habit, Habit::Once | Habit::Glimpse) {
            continue;
        }
        for month in months(&Setting { thief: Some(habit), ..harsh(rules::OURS) }) {
            assert!(matches!(month.theft, Some(Theft::Noticed { after }) if after > 0), "{name}: {:?}", month.theft);
        }
    }
}

#[test]
fn a_browser_whose_storage_is_cleared_again_and_again_is_not_accused() {
    let rates = Rates { clearings: 3.0, ..HARSH };
    assert_eq!(false_sign_outs(&Setting { rates, ..harsh(rules::OURS) }), 0);
}

#[test]
fn a_thief_who_comes_once_for_a_moment_is_noticed_by_our_rule_and_by_another_rarely() {
    let noticed = |rule, with_storage| {
        let thieves = months(&Setting { thief: Some(Habit::Glimpse), with_storage, ..harsh(rule) });
        thieves.iter().filter(|month| matches!(month.theft, Some(Theft::Noticed { .. }))).count()
    };
    let ours = noticed(rules::OURS, false);
    assert!(ours >= 38, "{ours} of {MONTHS}");
    assert!(noticed(rules::OURS, true) < ours, "with the storage he is the browser");
    assert!(noticed(Rule::SameSuccessor { window: i64::MAX }, false) < ours);
}

#[test]
fn rates_grow_from_calm_to_harsh_and_each_can_be_set_by_name() {
    for (name, field) in NAMES {
        let [mut calm, mut usual, mut harsh] = [CALM, USUAL, HARSH];
        assert!(*field(&mut calm) <= *field(&mut usual) && *field(&mut usual) <= *field(&mut harsh), "{name}");
        *field(&mut calm) = 0.75;
        assert_ne!(calm, CALM, "{name}");
    }
}
