//! What it takes to be there: memory, and the time to start.

use super::{
    Outcome,
    bench::Bench,
    drive::Crew,
    home::Home,
    people,
    rows::{refreshing, with_access_tokens},
    targets::Bound::AtMost,
    visitor::Wants,
};

const ACTIVE: usize = 10_000;
const STARTS: usize = 5;

/// Under the settings of production: each session is refreshed and rotates, and asks something with its access token.
pub async fn memory(bench: &mut Bench, home: &Home, engine: &str) -> Outcome<()> {
    people::add_accounts(&home.database).await?;
    let tokens = people::add_sessions(&home.database, ACTIVE, true).await?;
    let (server, _) = home.serve(&[]).await?;
    let idle = server.resident_mb();
    let connections = bench.options.connections;
    let crew = Crew::new(&server.address, connections, refreshing(&tokens, Wants::Renewal)).await?;
    let asking = with_access_tokens(&crew.once().await?)?;
    Crew::new(&server.address, connections, asking).await?.once().await?;
    let active = server.resident_mb();
    bench.targets.add(format!("resident MB, idle, {engine}"), Some(idle), AtMost(30.0));
    bench.targets.add(format!("resident MB with {ACTIVE} active sessions, {engine}"), Some(active), AtMost(40.0));
    Ok(())
}

/// On a database that is there. The one in the middle of a few starts.
pub async fn start(bench: &mut Bench, home: &Home, engine: &str) -> Outcome<()> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let (server, time) = home.serve(&[]).await?;
        server.stop();
        times.push(time);
    }
    times.sort_unstable();
    let middle = times[STARTS / 2].as_secs_f64() * 1000.0;
    bench.targets.add(format!("ms from start to ready, {engine}"), Some(middle), AtMost(100.0));
    Ok(())
}
