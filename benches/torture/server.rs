//! The release binary as a process that keeps its port and its data from one start to the next.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{
    process::{free_address, signal, wait_for},
    program::{PASSWORD, PEOPLE},
};

const READY: Duration = Duration::from_secs(30);
const SECRET: &str = "what the servers of the torture have in common, and nobody else";

pub struct Server {
    pub address: SocketAddr,
    pub folder: PathBuf,
    settings: BTreeMap<String, String>,
    /// Run in its place, with the server's own command line behind it.
    within: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// Not started yet. In a folder of its own; its data are there too, unless the settings say otherwise.
    pub fn new(folder: PathBuf, settings: &[(&str, &str)]) -> Self {
        fs::create_dir_all(&folder).unwrap();
        let address = free_address();
        let mut all = BTreeMap::from(
            [
                ("HALLPASS_ADDR", address.to_string().as_str()),
                ("HALLPASS_PUBLIC_URL", "http://localhost"),
                ("HALLPASS_SECRET", SECRET),
                ("HALLPASS_DATA_DIR", folder.join("data").to_str().unwrap()),
                ("RUST_LOG", "warn,hallpass::server=info,hallpass::server::telemetry=off"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self { address, folder, settings: all, within: Vec::new(), child: None }
    }

    /// Runs inside another program, such as one that sets a limit.
    pub fn within(mut self, command: &[&str]) -> Self {
        self.within = command.iter().map(|&word| word.to_owned()).collect();
        self
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Makes the accounts that everybody here uses.
    pub fn add_people(&self) {
        for name in PEOPLE {
            let mut add = self.command(&["user", "add", name]).stdin(Stdio::piped()).spawn().unwrap();
            add.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
            assert!(add.wait().unwrap().success(), "the account {name}");
        }
    }

    /// Returns when it listens.
    pub fn start(&mut self) {
        let before = self.log_length();
        self.spawn();
        wait_for("a server that listens", READY, || {
            assert!(self.is_running(), "the server ended: {}", self.log_since(before));
            self.log_since(before).contains("\"listening\"")
        });
    }

    /// Starts it where it must not start; what it said when it ended.
    pub fn fail_to_start(&mut self) -> String {
        let before = self.log_length();
        self.spawn();
        wait_for("a server that does not start", READY, || !self.is_running());
        self.child = None;
        self.log_since(before)
    }

    fn spawn(&mut self) {
        self.child = Some(self.command(&["serve"]).stdin(Stdio::null()).spawn().unwrap());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let binary = std::env::current_dir().unwrap().join("target/release/hallpass");
        let words: Vec<String> = self.within.iter().cloned().chain([binary.to_string_lossy().into_owned()]).collect();
        let mut command = Command::new(&words[0]);
        // Nothing of this process's environment: the server refuses variables that it does not know.
        command.args(&words[1..]).args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(&self.settings).current_dir(&self.folder);
        command.stdout(Stdio::null()).stderr(self.log());
        command
    }

    pub fn process(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    pub fn signal(&self, name: &str) {
        signal(name, &[self.process()]);
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) {
        self.signal("TERM");
        wait_for("a server that stops", Duration::from_secs(40), || !self.is_running());
        self.child = None;
    }

    /// Ends it in the midst of whatever it does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The most memory that it had so far, in MB.
    pub fn peak_mb(&self) -> u64 {
        self.status_kb("VmHWM:") / 1024
    }

    /// From now on it may have so many more MB of addresses than it has at present.
    pub fn leave_addresses(&self, mb: u64) {
        let most = (self.status_kb("VmSize:") + mb * 1024) * 1024;
        let limit = [format!("--pid={}", self.process()), format!("--as={most}:")];
        // If it has ended, that is noticed elsewhere.
        let _ = Command::new("prlimit").args(limit).stderr(Stdio::null()).status();
    }

    /// How many files and connections it has open.
    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process())).map_or(0, Iterator::count)
    }

    /// A line of what the kernel says of it (proc(5)).
    fn status_kb(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn log(&self) -> File {
        OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap()
    }

    fn log_length(&self) -> u64 {
        length(&self.log_file())
    }

    fn log_since(&self, begin: u64) -> String {
        let mut text = String::new();
        if let Ok(mut file) = File::open(self.log_file()) {
            file.seek(SeekFrom::Start(begin)).unwrap();
            file.read_to_string(&mut text).unwrap();
        }
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}
