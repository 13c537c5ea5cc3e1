//! What the command line says.

use std::time::Duration;

use super::Outcome;

pub const HELP: &str = "make bench ARGS=\"...\"

--only LIST         what to measure, with commas between [default: everything]:
                    me, refresh, login, account, static, flood, million, memory, start
--on LIST           where: sqlite, postgres, express, better-auth [default: everywhere]
--sessions N        that take turns [4000]
--connections N     that are kept open [64]
--seconds N         in each loop, after warming up [3]
--stored N          sessions stored for `million` [1000000]";

pub const SUBJECTS: [&str; 9] = ["me", "refresh", "login", "account", "static", "flood", "million", "memory", "start"];
const PLACES: [&str; 4] = ["sqlite", "postgres", "express", "better-auth"];

pub struct Options {
    only: Vec<String>,
    on: Vec<String>,
    pub sessions: usize,
    pub connections: usize,
    pub lasting: Duration,
    pub stored: usize,
}

impl Options {
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self {
            only: Vec::new(),
            on: Vec::new(),
            sessions: 4_000,
            connections: 64,
            lasting: Duration::from_secs(3),
            stored: 1_000_000,
        };
        while let Some(name) = arguments.next() {
            // Cargo's own.
            if name == "--bench" {
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match &*name {
                "--only" => options.only = list(&value, &SUBJECTS)?,
                "--on" => options.on = list(&value, &PLACES)?,
                "--sessions" => options.sessions = number(&value)?,
                "--connections" => options.connections = number(&value)?,
                "--seconds" => options.lasting = Duration::from_secs(number(&value)?.try_into()?),
                "--stored" => options.stored = number(&value)?,
                _ => return Err(format!("{name} is no option").into()),
            }
        }
        Ok(options)
    }

    pub fn wants(&self, subject: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == subject)
    }

    pub fn on(&self, place: &str) -> bool {
        self.on.is_empty() || self.on.iter().any(|wanted| wanted == place)
    }
}

fn list(text: &str, known: &[&str]) -> Outcome<Vec<String>> {
    let list: Vec<String> = text.split(',').map(str::to_owned).collect();
    match list.iter().find(|word| !known.contains(&word.as_str())) {
        Some(unknown) => Err(format!("{unknown:?} is none of: {}", known.join(", ")).into()),
        None => Ok(list),
    }
}

fn number(text: &str) -> Outcome<usize> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("{text:?} is no number from 1").into())
}
