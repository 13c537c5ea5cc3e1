//! What is aimed at, and whether it was met in this run.

/// The list, printed at the end.
#[derive(Default)]
pub struct Targets(Vec<Target>);

struct Target {
    what: String,
    measured: Option<f64>,
    bound: Bound,
}

#[derive(Clone, Copy)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

use Bound::{AtLeast, AtMost};

impl Targets {
    /// `None`: it was not measured in this run.
    pub fn add(&mut self, what: impl Into<String>, measured: Option<f64>, bound: Bound) {
        self.0.push(Target { what: what.into(), measured, bound });
    }

    pub fn print(&self) {
        println!("\n| target | measured | wanted | |\n|---|---|---|---|");
        for Target { what, measured, bound } in &self.0 {
            let Some(measured) = measured else { continue };
            let (wanted, met) = match bound {
                AtLeast(least) => (format!("at least {least}"), measured >= least),
                AtMost(most) => (format!("at most {most}"), measured <= most),
            };
            let digits = if *measured < 10.0 { 2 } else { 0 };
            println!("| {what} | {measured:.digits$} | {wanted} | {} |", if met { "met" } else { "**not met**" });
        }
        let missing = self.0.iter().filter(|target| target.measured.is_none()).count();
        if missing > 0 {
            println!("\n{missing} more were not measured in this run.");
        }
    }
}
