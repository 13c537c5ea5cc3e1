//! The search: breadth first, on two cores, until there is no state left.

use std::{
    collections::HashSet,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    action::Action, fingerprint::fingerprint, recovery::Recovery, state::State, verdict::Violation, world::World,
};

const CORES: usize = 2;
const SHARDS: usize = 64;
/// States that a core takes at a time.
const PORTION: usize = 128;

#[derive(Debug, Default)]
pub struct Explored {
    pub states: usize,
    pub steps: usize,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    pub longest_recovery: i64,
    pub most_refreshes: u32,
    pub counterexample: Option<Counterexample>,
}

pub struct Counterexample {
    pub violation: Violation,
    pub trace: Vec<Action>,
}

/// How a state was reached.
#[derive(Clone, Copy)]
struct Way {
    from: u32,
    by: Action,
}

struct Reached {
    state: State,
    way: Way,
}

/// What was found beyond the states of one depth.
#[derive(Default)]
struct Finds {
    reached: Vec<Reached>,
    steps: usize,
    violation: Option<(u32, Option<Action>, Violation)>,
}

pub fn explore(world: &World) -> Explored {
    let seen = Seen::default();
    let recovery = Recovery::new(world);
    let first = State::begin(world);
    seen.is_new(fingerprint(&first));
    let mut ways = vec![Way { from: 0, by: Action::Pass }];
    let mut frontier = vec![first];
    let mut explored = Explored { states: 1, ..Explored::default() };
    while !frontier.is_empty() {
        let base = ways.len() - frontier.len();
        let finds = beyond(world, &frontier, base, &seen, &recovery);
        explored.steps += finds.iter().map(|find| find.steps).sum::<usize>();
        if let Some((at, last, violation)) = finds.iter().find_map(|find| find.violation) {
            explored.counterexample = Some(Counterexample { violation, trace: trace(&ways, at, last) });
            break;
        }
        frontier.clear();
        for Reached { state, way } in finds.into_iter().flat_map(|find| find.reached) {
            frontier.push(state);
            ways.push(way);
        }
        explored.depth += usize::from(!frontier.is_empty());
    }
    explored.states = ways.len();
    (explored.longest_recovery, explored.most_refreshes) = recovery.worst();
    explored
}

fn beyond(world: &World, frontier: &[State], base: usize, seen: &Seen, recovery: &Recovery) -> Vec<Finds> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut finds = Finds::default();
        loop {
            let start = next.fetch_add(PORTION, Ordering::Relaxed);
            if start >= frontier.len() || finds.violation.is_some() {
                return finds;
            }
            let end = frontier.len().min(start + PORTION);
            for (at, state) in frontier[start..end].iter().enumerate() {
                let at = u32::try_from(base + start + at).expect("fewer than four thousand million states");
                expand(world, state, at, seen, recovery, &mut finds);
            }
        }
    };
    thread::scope(|scope| {
        let cores: Vec<_> = (0..CORES).map(|_| scope.spawn(work)).collect();
        cores.into_iter().map(|core| core.join().expect("the search does not panic")).collect()
    })
}

fn expand(world: &World, state: &State, at: u32, seen: &Seen, recovery: &Recovery, finds: &mut Finds) {
    if let Err(violation) = recovery.check(world, state) {
        finds.violation = Some((at, None, violation));
        return;
    }
    for action in state.actions(world) {
        finds.steps += 1;
        match state.after(world, action) {
            Ok(state) => {
                if seen.is_new(fingerprint(&state)) {
                    finds.reached.push(Reached { state, way: Way { from: at, by: action } });
                }
            }
            Err(violation) => {
                finds.violation = Some((at, Some(action), violation));
                return;
            }
        }
    }
}

fn trace(ways: &[Way], mut at: u32, last: Option<Action>) -> Vec<Action> {
    let mut trace: Vec<Action> = last.into_iter().collect();
    while at != 0 {
        let Way { from, by } = ways[at as usize];
        trace.push(by);
        at = from;
    }
    trace.reverse();
    trace
}

/// The fingerprints of the states that were seen.
pub struct Seen(Vec<Mutex<HashSet<u128, BuildHasherDefault<AsItIs>>>>);

impl Default for Seen {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }
}

impl Seen {
    #[expect(clippy::cast_possible_truncation, reason = "any of its bits will do")]
    pub fn is_new(&self, fingerprint: u128) -> bool {
        let shard = &self.0[(fingerprint >> 64) as usize % SHARDS];
        shard.lock().expect("nobody panics with it").insert(fingerprint)
    }
}

/// A fingerprint is its own hash.
#[derive(Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only fingerprints are hashed")
    }

    #[expect(clippy::cast_possible_truncation, reason = "the other half chose the shard")]
    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = fingerprint as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}, after", self.violation)?;
        self.trace.iter().try_for_each(|action| writeln!(f, "  {action:?}"))
    }
}
