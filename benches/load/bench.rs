//! One run: the options, the table, and what a row takes.

use std::time::Duration;

use super::{
    Outcome,
    drive::Crew,
    figures::{Figures, Latency, Table},
    home::Home,
    options::Options,
    process::{self, Server},
    targets::{Bound, Targets},
    visitor::Visitor,
    yardsticks::Yardstick,
};

/// Of the throughput, for the latencies.
const OPEN_LOOP: f64 = 0.6;
/// Of a row and of what it is held against, each.
const TURNS: u32 = 3;

pub struct Bench {
    pub options: Options,
    pub table: Table,
    pub targets: Targets,
    /// Printed after the table: what could not be measured and why, and figures that fit no column.
    pub notes: Vec<String>,
}

/// What a closed loop showed.
struct Busy {
    per_second: f64,
    /// Of the server and its database.
    cores: f64,
}

/// Who is asked: a process, and the database's beside it.
pub struct Place<'a> {
    pub server: &'a Server,
    pub postmaster: Option<u32>,
}

impl<'a> Place<'a> {
    pub fn alone(server: &'a Server) -> Self {
        Self { server, postmaster: None }
    }

    pub fn of(server: &'a Server, home: &Home) -> Self {
        Self { server, postmaster: home.postmaster }
    }

    pub fn cpu(&self) -> Duration {
        process::cpu(self.server.id()) + self.postmaster.map(process::cpu_of_children).unwrap_or_default()
    }
}

impl Bench {
    pub fn new(options: Options) -> Self {
        Self { options, table: Table::default(), targets: Targets::default(), notes: Vec::new() }
    }

    /// A row of the table: a closed loop for the throughput, then an open one for the latencies.
    pub async fn row(&mut self, name: &str, place: &Place<'_>, visitors: Vec<Visitor>) -> Outcome<()> {
        let mut crew = Crew::new(&place.server.address, self.options.connections, visitors).await?;
        let busy = self.busy(&mut crew, place).await?;
        self.add_row(name, place, crew, busy).await
    }

    /// A row, and how many times as much it is as what it is held against, which has a row of its own after it. The two take turns, so that what
    /// else the machine does meets both.
    pub async fn row_beside(
        &mut self,
        name: &str,
        place: &Place<'_>,
        visitors: Vec<Visitor>,
        yardstick: &mut Yardstick,
        bound: Bound,
    ) -> Outcome<()> {
        let mut crew = Crew::new(&place.server.address, self.options.connections, visitors).await?;
        let mut turns = Vec::new();
        let mut theirs = 0.0;
        for _ in 0..TURNS {
            theirs += yardstick.turn(self.options.lasting).await? / f64::from(TURNS);
            turns.push(self.busy(&mut crew, place).await?);
        }
        let of_all = |what: fn(&Busy) -> f64| turns.iter().map(what).sum::<f64>() / f64::from(TURNS);
        let busy = Busy { per_second: of_all(|turn| turn.per_second), cores: of_all(|turn| turn.cores) };
        self.targets.add(format!("{name}, of {}", yardstick.name()), Some(busy.per_second / theirs), bound);
        self.add_row(name, place, crew, busy).await?;
        let beside = Figures { per_second: theirs, latency: None, resident_mb: None, cores: None };
        self.table.add(&format!("{}, in turns with it", yardstick.name()), beside);
        Ok(())
    }

    async fn busy(&self, crew: &mut Crew, place: &Place<'_>) -> Outcome<Busy> {
        let lasting = self.options.lasting;
        let mut cpu = Vec::new();
        let closed = crew.closed(lasting, || cpu.push(place.cpu())).await?;
        let cores = cpu[1].saturating_sub(cpu[0]).as_secs_f64() / lasting.as_secs_f64();
        Ok(Busy { per_second: closed.per_second(lasting), cores })
    }

    async fn add_row(&mut self, name: &str, place: &Place<'_>, mut crew: Crew, busy: Busy) -> Outcome<()> {
        let Busy { per_second, cores } = busy;
        let resident_mb = Some(place.server.resident_mb());
        let open = crew.open(per_second * OPEN_LOOP, self.options.lasting).await?;
        let latency = Some(Latency::of(&open));
        self.table.add(name, Figures { per_second, latency, resident_mb, cores: Some(cores) });
        Ok(())
    }

    pub fn compare(&mut self, what: &str, one: &str, other: &str, bound: Bound) {
        let ratio = self.table.ratio(one, other);
        self.targets.add(what, ratio, bound);
    }
}
