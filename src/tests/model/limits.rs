//! What the rule does not cover. Each is rare beyond measure, and is here so that it is known, and noticed if it changes.

use super::{
    search::is_found_wanting,
    verdict::Violation,
    world::{Bounds, World},
};
use crate::ended::{EndReason, Refusal};

const ACCUSED: Violation = Violation::HonestRefused(Refusal::Ended(EndReason::Reused));

/// FLUSH and ABORT are times of a browser that is awake, and SETTLE is time on the server: a device that sleeps before its cookie is on disk, wakes, is used, and dies at once,
/// comes back with a token that it has itself proved to be used up.
#[test]
fn a_device_that_sleeps_between_an_answer_and_its_disk_and_dies_as_it_wakes() {
    let bounds = Bounds { sleeps: 1, crashes: 1, ..Bounds::NOTHING };
    is_found_wanting(&World { name: "sleep before the disk", dozes: true, bounds, ..World::default() }, ACCUSED);
}

/// Deliveries are counted so that nobody who polls with the parent can put off the next rotation for ever; one that is not counted can be proved before it is on disk.
#[test]
fn a_browser_that_loses_more_answers_in_a_row_than_are_counted_and_dies() {
    let bounds = Bounds { bad_hours: 1, failures: 1, crashes: 1, ..Bounds::NOTHING };
    is_found_wanting(&World { name: "a bad hour and a crash", bounds, ..World::default() }, ACCUSED);
}
