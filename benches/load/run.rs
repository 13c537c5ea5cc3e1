//! Everything, in order.

use std::{env, fs, thread};

use super::{
    Outcome,
    bench::{Bench, Place},
    database::{Engine, POSTGRES, SQLITE},
    figures::Table,
    flood,
    home::Home,
    million,
    options::Options,
    peers,
    rows::{self, ROTATES},
    small,
    targets::Bound::AtLeast,
    visitor::Visitor,
    yardsticks::{self, BARE_ROUTE},
};

/// See sched(7), and `docs/operate.md`.
const AUTOGROUPS: &str = "/proc/sys/kernel/sched_autogroup_enabled";

pub async fn measure(options: Options) -> Outcome<()> {
    let seconds = options.lasting.as_secs();
    println!(
        "{} cores; {} sessions over {} connections. Throughput and CPU: closed loop, {seconds} s, three times where something takes turns with it. Latencies: open loop at 60 % of it, {seconds} s, \
         counted from when a request was due.\nResident: the server. CPU: the server and its database. Databases in {} ({}), every commit durable.\n",
        thread::available_parallelism()?,
        options.sessions,
        options.connections,
        env::temp_dir().display(),
        file_system(),
    );
    let mut bench = Bench::new(options);
    if fs::read_to_string(AUTOGROUPS).is_ok_and(|enabled| enabled.trim() == "1") {
        bench.notes.push(format!(
            "The kernel gives each session of a terminal, and each service, an equal share of the processors ({AUTOGROUPS} is 1): then what hashes gives way to nobody outside of the server, \
             neither to PostgreSQL nor to what writes to the disk, and the figures in a flood are those of the kernel"
        ));
    }
    Table::head();
    let engines = engines(&mut bench);
    if ["me", "account", "static"].iter().any(|subject| bench.options.wants(subject)) {
        let server = yardsticks::bare_server()?;
        let visitors = vec![Visitor::get("/"); bench.options.connections];
        bench.row(BARE_ROUTE, &Place::alone(&server), visitors).await?;
    }
    for engine in &engines {
        rows::measure(&mut bench, &Home::new(engine).await?, engine).await?;
    }
    if bench.options.on("express") {
        peers::express(&mut bench).await?;
    }
    if bench.options.on("better-auth") {
        peers::better_auth(&mut bench).await?;
    }
    compare(&mut bench);
    for engine in &engines {
        beyond_the_table(&mut bench, engine).await?;
    }
    if !bench.notes.is_empty() {
        println!("\n- {}", bench.notes.join("\n- "));
    }
    bench.targets.print();
    Ok(())
}

/// Those that are wanted and there.
fn engines(bench: &mut Bench) -> Vec<Engine> {
    let mut engines = Vec::new();
    if bench.options.on("sqlite") {
        engines.push(Engine::Sqlite);
    }
    if !bench.options.on("postgres") {
        return engines;
    }
    let Ok(superuser) = env::var("POSTGRES_FOR_TESTS") else {
        bench.notes.push("PostgreSQL was not measured: POSTGRES_FOR_TESTS names none".to_owned());
        return engines;
    };
    engines.push(Engine::Postgres(superuser));
    engines
}

async fn beyond_the_table(bench: &mut Bench, engine: &Engine) -> Outcome<()> {
    let name = engine.name();
    if bench.options.wants("flood") {
        flood::measure(bench, &Home::new(engine).await?, name).await?;
    }
    if bench.options.wants("million") {
        million::measure(bench, engine).await?;
    }
    let home = Home::new(engine).await?;
    if bench.options.wants("memory") {
        small::memory(bench, &home, name).await?;
    }
    if bench.options.wants("start") {
        small::start(bench, &home, name).await?;
    }
    Ok(())
}

/// The targets that are ratios of rows that were not measured in turns, by far larger than what a machine does of its own.
fn compare(bench: &mut Bench) {
    for engine in [SQLITE, POSTGRES] {
        let me = format!("`/api/v1/me`, {engine}");
        bench.compare(&format!("{me}, of Express's protected route"), &me, peers::PROTECTED, AtLeast(30.0));
    }
    let rotate = format!("{ROTATES}, {SQLITE}");
    bench.compare(&format!("{rotate}, of Express's refresh"), &rotate, peers::REFRESH, AtLeast(8.0));
    let rotate = format!("{ROTATES}, {POSTGRES}");
    let cores = thread::available_parallelism().map_or(1, usize::from) as f64;
    let a_core = bench.table.per_second(&rotate).map(|per_second| per_second / cores);
    bench.targets.add(format!("{rotate}, a second and core"), a_core, AtLeast(1_000.0));
}

/// What the databases lie on: durable commits cost nothing where there is no disk.
fn file_system() -> String {
    let folder = env::temp_dir();
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let of = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let nearest = of.filter(|(at, _)| folder.starts_with(at)).max_by_key(|(at, _)| at.len());
    nearest.map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned())
}
