//! One run: the options, the table, and what a row takes.

use std::time::Duration;

use super::{
    Outcome,
    drive::{Crew, Measured},
    figures::{Figures, Latency, Table},
    home::Home,
    options::Options,
    process::{self, Server},
    targets::Targets,
    visitor::Visitor,
};

/// Of the throughput, for the latencies.
const OPEN_LOOP: f64 = 0.6;

pub struct Bench {
    pub options: Options,
    pub table: Table,
    pub targets: Targets,
    /// Printed after the table: what could not be measured and why, and figures that fit no column.
    pub notes: Vec<String>,
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
        let lasting = self.options.lasting;
        let mut crew = Crew::new(&place.server.address, self.options.connections, visitors).await?;
        let mut cpu = Vec::new();
        let closed = crew.closed(lasting, || cpu.push(place.cpu())).await?;
        let per_second = closed.per_second(lasting);
        let resident_mb = Some(place.server.resident_mb());
        let open = crew.open(per_second * OPEN_LOOP, lasting).await?;
        let used = cpu[1].saturating_sub(cpu[0]);
        let cores = Some(used.as_secs_f64() / lasting.as_secs_f64());
        let latency = Some(Latency::of(&open));
        self.table.add(name, Figures { per_second, latency, resident_mb, cores });
        Ok(())
    }

    /// A row of what nobody asks for over HTTP.
    pub fn bare_row(&mut self, name: &str, measured: &Measured) {
        let per_second = measured.per_second(self.options.lasting);
        self.table.add(name, Figures { per_second, latency: None, resident_mb: None, cores: None });
    }

    pub fn compare(&mut self, what: &str, one: &str, other: &str, bound: super::targets::Bound) {
        let ratio = self.table.ratio(one, other);
        self.targets.add(what, ratio, bound);
    }
}
