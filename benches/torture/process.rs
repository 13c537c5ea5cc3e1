//! Processes that are told something by a signal, and folders and ports for them.

use std::{
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

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout == b"0\n")
}
