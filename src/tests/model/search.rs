//! Searches a world, and prints how far that went.

#![expect(clippy::disallowed_methods, reason = "how long a search takes is printed, and decides nothing")]

use std::time::Instant;

use super::{
    explore::{Counterexample, Explored, explore},
    verdict::Violation,
    world::World,
};

/// Everything that the world allows was tried, and nothing that must not happen did.
pub fn holds(world: &World) {
    let explored = search(world);
    if let Some(counterexample) = &explored.counterexample {
        panic!("{}: {}", world.name, counterexample.told(world));
    }
}

/// A counterexample is found, and it is of this kind.
pub fn is_found_wanting(world: &World, how: Violation) {
    let found = search(world).counterexample.unwrap_or_else(|| panic!("{}: nothing was found", world.name));
    assert_eq!(found.violation, how, "{}: {}", world.name, found.told(world));
}

fn search(world: &World) -> Explored {
    let began = Instant::now();
    let explored = explore(world);
    let Explored { states, steps, depth, longest_recovery, most_refreshes, counterexample } = &explored;
    let found = match counterexample {
        Some(Counterexample { violation, trace }) => format!("{violation:?} after {} steps", trace.len()),
        None => format!(
            "holds; from every state signed in after {} s and {most_refreshes} refreshes at most",
            longest_recovery / 1_000
        ),
    };
    let seconds = began.elapsed().as_secs_f32();
    println!("{}: {found}\n    {world}\n    {states} states, {steps} steps, {depth} deep, {seconds:.1} s", world.name);
    explored
}
