//! The worlds in which the rule, the machine and the testimony hold. A world says what there is and how often each unusual thing may happen in one run; within that everything is tried, in every
//! order.
//!
//! Run with `--nocapture`, each prints its bounds, its states and its time.

use super::{
    search::holds,
    time::STEP,
    world::{ANY, Bounds, World, long_lived},
};

const NOTHING: Bounds = Bounds::NOTHING;

fn one_tab(name: &'static str, bounds: Bounds) -> World {
    World { name, bounds, ..World::default() }
}

fn two_tabs(name: &'static str, bounds: Bounds) -> World {
    World { tabs: 2, ..one_tab(name, bounds) }
}

/// Where lateness is not the point.
fn hardly_late(world: World) -> World {
    World { late: 1, ..world }
}

#[test]
fn one_tab_with_requests_and_answers_lost_late_and_twice_and_a_crash() {
    holds(&one_tab("one tab", Bounds { failures: 2, duplicates: 1, crashes: 1, ..NOTHING }));
    holds(&one_tab("two crashes", Bounds { failures: 1, crashes: 2, ..NOTHING }));
    let late = Bounds { failures: 2, crashes: 1, late_timers: ANY, ..NOTHING };
    holds(&World { late: 2, ..one_tab("timers that ring late", late) });
    let spread = Bounds { failures: 1, duplicates: 1, crashes: 1, ..NOTHING };
    holds(&World { jitter: 500, ..one_tab("renewals that are spread", spread) });
}

#[test]
fn a_page_that_is_loaded_anew() {
    let bounds = Bounds { failures: 1, duplicates: 1, crashes: 1, reloads: 1, ..NOTHING };
    holds(&World { late: 2, ..one_tab("reload", bounds) });
}

#[test]
fn a_browser_without_storage_and_one_that_loses_it() {
    let bounds = Bounds { failures: 1, duplicates: 1, crashes: 1, ..NOTHING };
    holds(&World { named: false, ..one_tab("no storage", bounds) });
    holds(&World { late: 2, ..one_tab("storage cleared", Bounds { clearings: 1, ..bounds }) });
    let lost = Bounds { clearings: 1, failures: 1, ..NOTHING };
    holds(&hardly_late(two_tabs("storage cleared under two tabs", lost)));
}

#[test]
fn a_device_that_sleeps_and_a_clock_that_jumps() {
    holds(&one_tab("sleep", Bounds { sleeps: 1, failures: 1, crashes: 1, ..NOTHING }));
    holds(&one_tab("two jumps", Bounds { jumps: 2, ..NOTHING }));
    holds(&hardly_late(one_tab("a jump", Bounds { jumps: 1, failures: 1, crashes: 1, ..NOTHING })));
}

#[test]
fn tabs_that_are_hidden_and_put_away() {
    holds(&one_tab("hidden", Bounds { hides: 2, failures: 1, onlines: 1, ..NOTHING }));
    let comes_and_goes = Bounds { failures: 3, onlines: 4, ..NOTHING };
    holds(&World { jitter: 500, ..hardly_late(one_tab("the network comes and goes", comes_and_goes)) });
    holds(&one_tab("put away", Bounds { put_aways: 1, failures: 1, logins: 1, logouts: 1, ..NOTHING }));
    let out = Bounds { put_aways: 1, logouts: 1, ..NOTHING };
    holds(&World { words: 0, ..hardly_late(two_tabs("put away while another tab signs out", out)) });
    let other = Bounds { put_aways: 1, logins: 1, ..NOTHING };
    holds(&World { words: 0, ..hardly_late(two_tabs("put away while another tab signs in", other)) });
}

#[test]
fn two_tabs_that_share_a_jar() {
    holds(&two_tabs("two tabs", Bounds { failures: 1, duplicates: 1, ..NOTHING }));
    holds(&two_tabs("two tabs, late timers", Bounds { failures: 1, late_timers: 1, ..NOTHING }));
    holds(&two_tabs("two tabs, a crash", Bounds { crashes: 1, ..NOTHING }));
    let lost = Bounds { crashes: 1, failures: 1, ..NOTHING };
    holds(&World { words: 0, ..hardly_late(two_tabs("two tabs, a crash and a lost answer", lost)) });
    let spread = hardly_late(two_tabs("two tabs, spread", Bounds { failures: 2, ..NOTHING }));
    holds(&World { jitter: 500, ..spread });
}

#[test]
fn a_server_that_is_overtaken_between_reading_and_writing() {
    holds(&World { two_steps: true, ..two_tabs("read, then written", Bounds { failures: 1, ..NOTHING }) });
    holds(&World { two_steps: true, ..two_tabs("read, then written, twice", Bounds { duplicates: 1, ..NOTHING }) });
}

#[test]
fn three_tabs_that_share_a_jar() {
    holds(&World { tabs: 3, ..one_tab("three tabs", NOTHING) });
}

#[test]
fn signing_out_and_in_again() {
    holds(&one_tab("logout and login", Bounds { logins: 1, logouts: 1, failures: 2, ..NOTHING }));
    holds(&two_tabs("logout in another tab", Bounds { logouts: 1, ..NOTHING }));
    holds(&two_tabs("login in another tab", Bounds { logins: 1, ..NOTHING }));
    let again = Bounds { logins: 1, logouts: 1, onlines: 1, ..NOTHING };
    holds(&World {
        in_turn: true,
        words: 0,
        ..hardly_late(two_tabs("a logout that is told twice, and a login", again))
    });
}

#[test]
fn lifetimes_that_end() {
    let bounds = Bounds { failures: 1, crashes: 1, ..NOTHING };
    let one = World { late: 2, ..one_tab("short lifetimes", bounds) };
    holds(&World { idle_ttl: 20 * STEP, absolute_ttl: 40 * STEP, ..one });
    let two = hardly_late(two_tabs("short lifetimes, two tabs", NOTHING));
    holds(&World { idle_ttl: 12 * STEP, absolute_ttl: 20 * STEP, ..two });
}

#[test]
fn a_thief_with_a_copy_of_the_cookie() {
    let bounds = Bounds { thefts: 2, failures: 1, ..NOTHING };
    holds(&long_lived(one_tab("thief", bounds)));
    holds(&long_lived(World { named: false, ..one_tab("thief of a browser without storage", bounds) }));
    holds(&long_lived(two_tabs("thief, two tabs", Bounds { thefts: 1, ..NOTHING })));
    holds(&one_tab("thief and a crash", Bounds { thefts: 2, crashes: 1, ..NOTHING }));
    holds(&one_tab("busy thief", Bounds { thefts: 4, ..NOTHING }));
}

#[test]
fn a_thief_who_copied_the_storage_too() {
    let copied = |world| World { thief_is_named: true, ..world };
    holds(&copied(long_lived(one_tab("thief with the storage", Bounds { thefts: 2, failures: 1, ..NOTHING }))));
    holds(&copied(one_tab("busy thief with the storage", Bounds { thefts: 4, ..NOTHING })));
}
