//! What to do, how much of it, and how much of that was done.

use std::sync::atomic::{AtomicUsize, Ordering};

pub const HELP: &str = "\
usage: make torture ARGS=\"[OPTIONS]\"

  --quick         a little of each part, in about three minutes
  --part NAME     only this part: instances, losses or history; may be given several times
  --only WORD     only the faults whose name has this word in it
  --sessions N    honest sessions at a time [200, quick 40]
  --trials N      trials of each fault [5, quick 1]
  --kills N       SIGKILLs of a server for each engine [100, quick 10]
  --revocations N how many are timed [1000, quick 50]
  --seed N        of what is left to chance [from the clock]
  --keep          leave the folder with the logs";

pub struct Options {
    pub quick: bool,
    parts: Vec<String>,
    only: Option<String>,
    pub sessions: usize,
    pub trials: usize,
    pub kills: usize,
    pub revocations: usize,
    pub seed: u64,
    pub keep: bool,
    wanted: AtomicUsize,
    left_out: AtomicUsize,
}

const PARTS: [&str; 3] = ["instances", "losses", "history"];

impl Options {
    pub fn read(arguments: &[String], seed: u64) -> Result<Self, String> {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let amount = |whole, quickly| if quick { quickly } else { whole };
        let mut options = Self {
            quick,
            parts: Vec::new(),
            only: None,
            sessions: amount(200, 40),
            trials: amount(5, 1),
            kills: amount(100, 10),
            revocations: amount(1000, 50),
            seed,
            keep: false,
            wanted: AtomicUsize::default(),
            left_out: AtomicUsize::default(),
        };
        let mut rest = arguments.iter();
        while let Some(option) = rest.next() {
            let mut value = || rest.next().ok_or(format!("{option} needs a value"));
            match option.as_str() {
                // The second is cargo's.
                "--quick" | "--bench" => {}
                "--keep" => options.keep = true,
                "--part" => options.parts.push(part(value()?)?),
                "--only" => options.only = Some(value()?.clone()),
                "--sessions" => options.sessions = number(value()?)?,
                "--trials" => options.trials = number(value()?)?,
                "--kills" => options.kills = number(value()?)?,
                "--revocations" => options.revocations = number(value()?)?,
                "--seed" => options.seed = number(value()?)?,
                _ => return Err(format!("{option} is no option")),
            }
        }
        Ok(options)
    }

    pub fn has_part(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }

    /// Whether a fault is to be tried. The quick form has only some.
    pub fn wants(&self, fault: &str, in_quick: bool) -> bool {
        let wanted = (in_quick || !self.quick) && self.only.as_deref().is_none_or(|word| fault.contains(word));
        self.wanted.fetch_add(wanted.into(), Ordering::Relaxed);
        wanted
    }

    /// A fault that was to be tried cannot be, here.
    pub fn leaves_out(&self, fault: &str, why: &str) {
        println!("    left out, since {why}: {fault}");
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether anything was tried at all, and what is to be said of what was not.
    pub fn coverage(&self) -> (bool, String) {
        let [wanted, left_out] = [&self.wanted, &self.left_out].map(|count| count.load(Ordering::Relaxed));
        match (wanted.saturating_sub(left_out), left_out) {
            (0, _) => (false, "; nothing was tried".to_owned()),
            (_, 0) => (true, String::new()),
            (_, some) => (true, format!("; {some} of {wanted} were left out")),
        }
    }
}

fn part(name: &str) -> Result<String, String> {
    if PARTS.contains(&name) { Ok(name.to_owned()) } else { Err(format!("{name} is no part")) }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
