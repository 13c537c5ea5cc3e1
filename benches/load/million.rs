//! Whether a refresh notices how many sessions are stored.

use std::time::Duration;

use super::{
    Outcome, bench::Bench, database::Engine, drive::Crew, figures::Turns, home::Home, people, process::Server,
    rows::refreshing, targets::Bound::AtMost, visitor::Wants,
};

/// That are refreshed, on either side.
const SESSIONS: usize = 1_000;
/// Turns that each side has, so that what else the machine does meets both.
const TURNS: usize = 5;
/// Of the throughput beside few sessions, on either side.
const LOAD: f64 = 0.4;

struct Side {
    crew: Crew,
    turns: Turns,
    _server: Server,
    _home: Home,
}

pub async fn measure(bench: &mut Bench, engine: &Engine) -> Outcome<()> {
    let mut few = side(bench, engine, 0).await?;
    let mut many = side(bench, engine, bench.options.stored).await?;
    let second = Duration::from_secs(1);
    let rate = few.crew.closed(second, || ()).await?.per_second(second) * LOAD;
    many.crew.closed(second, || ()).await?;
    for _ in 0..TURNS {
        for side in [&mut few, &mut many] {
            side.turns.add(&side.crew.open(rate, bench.options.lasting).await?);
        }
    }
    let [few, many] = [few, many].map(|side| side.turns.p99_ms());
    let (engine, stored) = (engine.name(), bench.options.stored);
    bench.notes.push(format!(
        "{engine}: p99 of a refresh that rotates, at {rate:.0} a second, is {few:.2} ms with {SESSIONS} sessions stored and {many:.2} ms with {stored} more"
    ));
    bench.targets.add(
        format!("refresh p99 with {stored} sessions stored, of that with {SESSIONS}, {engine}"),
        Some(many / few),
        AtMost(1.2),
    );
    Ok(())
}

async fn side(bench: &Bench, engine: &Engine, strangers: usize) -> Outcome<Side> {
    let home = Home::new(engine).await?;
    people::add_accounts(&home.database).await?;
    let tokens = people::add_sessions(&home.database, SESSIONS, false).await?;
    if strangers > 0 {
        people::add_strangers(&home.database, strangers).await?;
    } else {
        home.database.settle().await?;
    }
    let (server, _) = home.serve(&[("HALLPASS_ROTATION_SETTLE", "0s")]).await?;
    let crew = Crew::new(&server.address, bench.options.connections, refreshing(&tokens, Wants::Renewal)).await?;
    Ok(Side { crew, turns: Turns::default(), _server: server, _home: home })
}
