//! Processes that are told something by a signal, and folders and ports for them.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Sends a signal to processes that were started here.
pub fn signal(name: &str, processes: &[u32]) {
    let processes = processes.iter().map(u32::to_string);
    // One of several may be gone by now, as a backend of PostgreSQL is.
    let _ = Command::new("kill").arg(format!("-{name}")).args(processes).stderr(Stdio::null()).status();
}

/// A port that nobody has at the moment. A server keeps it over its restarts.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Asks until it is so, for so long. The other tasks of this thread go on elsewhere meanwhile.
pub fn wait_for(what: &str, limit: Duration, mut so: impl FnMut() -> bool) {
    tokio::task::block_in_place(|| {
        let end = Instant::now() + limit;
        while !so() {
            assert!(Instant::now() < end, "waited {limit:?} in vain: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}

/// Lets this program, and whoever it starts from now on, have as many files open as may be; how many.
pub fn raise_file_limit() -> u64 {
    let [at_present, most] = file_limits();
    if at_present < most {
        let raise = [format!("--pid={}", std::process::id()), format!("--nofile={most}:{most}")];
        let _ = Command::new("prlimit").args(raise).status();
    }
    file_limits()[0]
}

/// How many may be open at present, and at most.
fn file_limits() -> [u64; 2] {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let mut words = line.split_whitespace();
    // What is no number is the word for no limit.
    [(); 2].map(|()| words.next().map_or(0, |word| word.parse().unwrap_or(u64::MAX)))
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout == b"0\n")
}
