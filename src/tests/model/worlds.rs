//! The worlds that are searched.

use super::{explore::explore, world::World};

fn search(world: &World) {
    let began = std::time::Instant::now();
    let explored = explore(world);
    println!("{}: {explored:?} {:?}", world.name, began.elapsed());
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmHWM")).unwrap());
    if let Some(counterexample) = &explored.counterexample {
        let mut state = super::state::State::begin(world);
        let n = counterexample.trace.len();
        for (i, action) in counterexample.trace.iter().enumerate() {
            if i + 9 > n || *action != super::action::Action::Pass { println!("{state}"); }
            println!("-> {action:?}");
            match state.after(world, *action) { Ok(next) => state = next, Err(v) => { println!("!! {v:?}"); break } }
            if i + 1 == n { println!("{state}"); }
        }
        panic!("{world:?}");
    }
}

/// For trying out.
#[test]
fn probe() {
    let Ok(text) = std::env::var("PROBE") else { return };
    let mut world = World { name: "probe", ..World::default() };
    let b = &mut world.bounds;
    for word in text.split(',') {
        let (key, value) = word.split_once('=').unwrap();
        let v: i64 = value.parse().unwrap_or(0);
        let n = v as u8;
        match key {
            "f" => b.failures = n, "d" => b.duplicates = n, "c" => b.crashes = n, "r" => b.reloads = n, "s" => b.sleeps = n, "j" => b.jumps = n,
            "h" => b.hides = n, "p" => b.put_aways = n, "o" => b.onlines = n, "li" => b.logins = n, "lo" => b.logouts = n, "t" => b.thefts = n,
            "tabs" => world.tabs = n.into(), "settle" => world.settle = v * 15_000, "ttl" => world.access_ttl = v * 15_000, "idle" => world.idle_ttl = v * 15_000, "abs" => world.absolute_ttl = v * 15_000,
            "jit" => world.jitter = v as u16, "late" => b.late_timers = n, "two" => world.two_steps = v == 1, "lateness" => world.late = n, "words" => world.words = n,
            "lock" => world.lock = if v == 1 { super::world::Lock::Driver } else { super::world::Lock::Whole },
            "rule" => { use super::world::Rule::*; world.rule = [Ours, StrictSingleUse, Window30, OneBehindForEver, Siblings, LoserClears, FirstDeliveryCounts][v as usize] }
            "client" => { use super::world::Client::*; world.client = [Ours, TokenEmptiesList, ForgetsAtAnyAnswer, CountsMints, TestifiesAtOnce, TakesLateAnswers, FailureIsSignOut, NeverTriesAgain, ForgetsLogout, LoginDoesNotWait, ShowsAtOnce][v as usize] }
            _ => panic!("{key}"),
        }
    }
    search(&world);
}
