//! A server as a process of its own, and what it takes of the machine.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::Outcome;

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the kernel counts CPU time in.
const TICKS_PER_SECOND: u32 = 100;

pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Starts a process and waits until it says, in a line of JSON, where it listens. The error is what it said instead.
    pub fn start(command: &mut Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines().map_while(Result::ok);
        let (say, said) = mpsc::channel();
        // Reads on to the end, so that the server never waits for its log to be read.
        thread::spawn(move || lines.for_each(|line| drop(say.send(line))));
        let mut server = Self { child, address: String::new() };
        let mut all = String::new();
        while let Ok(line) = said.recv_timeout(PATIENCE) {
            if let Some(address) = between(&line, "\"address\":\"", "\"").filter(|_| line.contains("\"listening\"")) {
                address.clone_into(&mut server.address);
                return Ok(server);
            }
            all = all + &line + "\n";
        }
        Err(format!("a server did not start: {all}").into())
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn resident_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let kb = between(&status, "VmRSS:", "kB").and_then(|kb| kb.trim().parse::<f64>().ok());
        kb.unwrap_or_default() / 1024.0
    }

    /// Ends it as a power cut would.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// The CPU time of a process so far.
pub fn cpu(id: u32) -> Duration {
    stat(id).map(|(_, time)| time).unwrap_or_default()
}

/// The CPU time of all processes of one parent that are there.
pub fn cpu_of_children(parent: u32) -> Duration {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(stat).filter(|(of, _)| *of == parent).map(|(_, time)| time).sum()
}

pub fn parent(id: u32) -> Option<u32> {
    stat(id).map(|(parent, _)| parent)
}

/// The parent of a process, and its CPU time: user and system (proc(5)).
fn stat(id: u32) -> Option<(u32, Duration)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
    Some((fields.get(1)?.parse().ok()?, Duration::from_secs(1) * ticks / TICKS_PER_SECOND))
}

/// What stands between two pieces of a text.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}
