//! Five times more logins than the machine can hash, and what everybody else notices of it.

use std::{thread, time::Duration};

use super::{
    Outcome,
    bench::Bench,
    drive::{Crew, Measured, WARM_UP},
    figures::Turns,
    home::Home,
    people,
    rows::{bearers, logins, refreshing},
    targets::Bound::{AtLeast, AtMost},
    visitor::{Visitor, Wants},
    yardsticks,
};

const TIMES: f64 = 5.0;
/// More than may wait for a hash, so that there is always one to be refused on.
const CONNECTIONS: usize = 256;
/// Of what the server can do without a flood, so that there is room for both.
const EVERYBODY_ELSE: f64 = 0.1;
const ROUNDS: u32 = 5;
/// As many connections as the server keeps to PostgreSQL by default.
const POOL: usize = 10;

/// What the machine itself does to whoever shares it with hashes: nothing but them and a route that does nothing.
async fn bare_beside_hashes(rate: f64, lasting: Duration) -> Outcome<String> {
    let server = yardsticks::bare_server()?;
    let mut crew = Crew::new(&server.address, 32, vec![Visitor::get("/"); 32]).await?;
    let (mut calm, mut beside) = <(Turns, Turns)>::default();
    for _ in 0..ROUNDS {
        calm.add(&crew.open(rate, lasting).await?);
        let (asked, _) = tokio::try_join!(crew.open(rate, lasting), yardsticks::hashes_giving_way(WARM_UP + lasting))?;
        beside.add(&asked);
    }
    let (calm, beside) = (calm.p99_ms(), beside.p99_ms());
    Ok(format!(
        "{}, at as many a second, beside nothing but hashes that give way: p99 from {calm:.2} ms to {beside:.2} ms, {:.2} times the normal",
        yardsticks::BARE_ROUTE,
        beside / calm,
    ))
}

pub async fn measure(bench: &mut Bench, home: &Home, engine: &str) -> Outcome<()> {
    people::add_accounts(&home.database).await?;
    let tokens = people::add_sessions(&home.database, bench.options.sessions, false).await?;
    let (server, _) = home.serve(&[("HALLPASS_ROTATION_SETTLE", "0s")]).await?;
    let (ours, theirs) = tokens.split_at(tokens.len() / 2);
    let mut me = Crew::new(&server.address, 32, bearers(bench, &server.address, ours).await?).await?;
    let mut refresh = Crew::new(&server.address, 32, refreshing(theirs, Wants::Renewal)).await?;
    let mut flood = Crew::new(&server.address, CONNECTIONS, logins(CONNECTIONS, Wants::DoneOrBusy)).await?;

    let second = Duration::from_secs(1);
    let me_rate = me.closed(second, || ()).await?.per_second(second) * EVERYBODY_ELSE;
    let refresh_rate = refresh.closed(second, || ()).await?.per_second(second) * EVERYBODY_ELSE;
    let flood_rate = yardsticks::hashes(second).per_second(second) * TIMES;
    // What a working day takes anyway is taken before memory is looked at: what each connection of a client takes, a hash's memory for each core, and every
    // connection to PostgreSQL.
    flood.over_each(&mut Visitor::get("/livez")).await?;
    let few = logins(POOL.max(thread::available_parallelism()?.get()), Wants::Done);
    Crew::new(&server.address, few.len(), few).await?.closed(second, || ()).await?;

    let lasting = bench.options.lasting;
    let (mut me_calm, mut refresh_calm, mut me_then, mut refresh_then) = <(Turns, Turns, Turns, Turns)>::default();
    let mut logins = Measured::default();
    let (mut before, mut after_each) = (0.0, Vec::new());
    // In turns, so that what the disk does of its own falls on both.
    for round in 0..ROUNDS {
        let (me_now, refresh_now) = tokio::try_join!(me.open(me_rate, lasting), refresh.open(refresh_rate, lasting))?;
        me_calm.add(&me_now);
        refresh_calm.add(&refresh_now);
        if round == 0 {
            before = server.resident_mb();
        }
        let (me_now, refresh_now, logins_now) = tokio::try_join!(
            me.open(me_rate, lasting),
            refresh.open(refresh_rate, lasting),
            flood.open(flood_rate, lasting),
        )?;
        me_then.add(&me_now);
        refresh_then.add(&refresh_now);
        logins.join(logins_now);
        tokio::time::sleep(second).await;
        after_each.push(server.resident_mb());
    }
    let after = after_each.last().copied().unwrap_or_default();
    let after_each: Vec<_> = after_each.iter().map(|mb| format!("{mb:.0}")).collect();
    drop(server);
    bench.notes.push(bare_beside_hashes(me_rate, lasting).await?);

    let asked = logins.times.len() + logins.refused;
    bench.notes.push(format!(
        "{engine}: of {asked} logins at {flood_rate:.0} a second, {} were answered and {} refused with 503 and Retry-After; \
         meanwhile p99 of `/api/v1/me` at {me_rate:.0} a second went from {:.2} ms to {:.2} ms, of refresh at {refresh_rate:.0} a second \
         from {:.2} ms to {:.2} ms; resident {before:.0} MB before and {} MB after one flood and the next",
        logins.times.len(),
        logins.refused,
        me_calm.p99_ms(),
        me_then.p99_ms(),
        refresh_calm.p99_ms(),
        refresh_then.p99_ms(),
        after_each.join(", "),
    ));
    let refused = logins.refused as f64 / asked as f64;
    let of = |then: f64, calm: f64| Some(then / calm);
    let targets = &mut bench.targets;
    targets.add(
        format!("refused with 503 and Retry-After, of all logins in a flood, {engine}"),
        Some(refused),
        AtLeast(0.5),
    );
    targets.add(
        format!("`/api/v1/me` p99 in a flood of logins, of the normal, {engine}"),
        of(me_then.p99_ms(), me_calm.p99_ms()),
        AtMost(2.0),
    );
    targets.add(
        format!("refresh p99 in a flood of logins, of the normal, {engine}"),
        of(refresh_then.p99_ms(), refresh_calm.p99_ms()),
        AtMost(2.0),
    );
    targets.add(format!("resident after a flood of logins, of before, {engine}"), of(after, before), AtMost(1.05));
    Ok(())
}
