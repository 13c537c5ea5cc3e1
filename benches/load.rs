//! Drives the real binary over HTTP and prints requests per second beside a bare axum route, in one run on one machine.
//!
//! Closed loop: each of a number of connections sends its next request when the last is answered. The server under test and the bare
//! route are processes of their own; this one is the third. Figures are for comparing within a run, not across machines.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says where")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::{
    env, fs,
    io::{BufRead, BufReader as LineReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(4);
/// For the memory that sessions take: as many logins, so by default only a few.
const SESSIONS: &str = "1000";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if env::args().any(|argument| argument == "--bare-route") {
        return runtime.block_on(bare_route());
    }
    runtime.block_on(measure());
}

/// What everything is compared with: axum, and two bytes.
async fn bare_route() {
    use axum::serve::ListenerExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    eprintln!("{{\"message\":\"listening\",\"address\":\"{}\"}}", listener.local_addr().unwrap());
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "ok" }));
    axum::serve(listener, router).await.unwrap();
}

async fn measure() {
    let cores = std::thread::available_parallelism().unwrap();
    println!("{cores} cores, {CONNECTIONS} connections, {} s each, closed loop\n", MEASURED.as_secs());
    println!("| | requests/s | of bare axum | p50 ms | p99 ms |\n|---|---|---|---|---|");

    let bare = Server::start(Command::new(env::current_exe().unwrap()).arg("--bare-route"));
    let reference = run(&bare, CONNECTIONS, || Visitor::asking("GET", "/", "", "")).await;
    reference.print("bare axum route", reference.per_second);

    let (server, started) = hallpass(&[]);
    let idle = server.resident_mb();
    let me = run(&server, CONNECTIONS, || Visitor::program("GET /api/v1/me")).await;
    me.print("/api/v1/me", reference.per_second);
    let mint = run(&server, CONNECTIONS, || Visitor::browser("POST /api/refresh")).await;
    mint.print("refresh that mints", reference.per_second);
    let page = run(&server, CONNECTIONS, || Visitor::browser("GET /account")).await;
    page.print("/account rendered, signed in", reference.per_second);
    let form = run(&server, CONNECTIONS, || Visitor::asking("GET", "/login", "", "")).await;
    form.print("/login rendered", reference.per_second);
    let login = run(&server, cores.get() * 2, Visitor::login).await;
    login.print("login", reference.per_second);
    drop(server);

    let (strict, _) = hallpass(&[("HALLPASS_ROTATION_SETTLE", "0s")]);
    let rotate = run(&strict, CONNECTIONS, || Visitor::browser("POST /api/refresh")).await;
    rotate.print("refresh that rotates, durable", reference.per_second);
    drop(strict);

    let sessions: usize = env::var("SESSIONS").unwrap_or_else(|_| SESSIONS.into()).parse().unwrap();
    let (crowded, _) = hallpass(&[]);
    for _ in 0..sessions {
        Visitor::login().once(&crowded).await;
    }
    println!(
        "\nready {} ms after start; resident {idle:.0} MB idle, {:.0} MB after {sessions} sessions",
        started.as_millis(),
        crowded.resident_mb()
    );
}

/// The release binary on a database of its own, with one account.
fn hallpass(settings: &[(&str, &str)]) -> (Server, Duration) {
    let folder = env::temp_dir().join(format!("hallpass-bench-{}-{}", std::process::id(), settings.len()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let binary = env::current_dir().unwrap().join("target/release/hallpass");
    let mut add = Command::new(&binary)
        .args(["user", "add", "ada"])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut add.stdin.take().unwrap(), b"a kettle of purple fish\n").unwrap();
    assert!(add.wait().unwrap().success());
    let start = Instant::now();
    let server = Server::start(
        Command::new(&binary)
            .args(["--addr", "127.0.0.1:0"])
            .envs(settings.iter().copied())
            .env("RUST_LOG", "warn,hallpass::server=info,hallpass::server::telemetry=off")
            .current_dir(&folder),
    );
    (server, start.elapsed())
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts a process and waits until it says where it listens.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = LineReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("\"listening\"")).expect("it says that it listens");
        let address = line.split("\"address\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    fn resident_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody with one connection who asks the same thing again and again, and keeps the cookie that comes back.
#[derive(Clone)]
struct Visitor {
    method: &'static str,
    path: &'static str,
    headers: String,
    body: &'static str,
    cookie: Option<String>,
    /// Whether to log in first, and how the tokens are used.
    enters: bool,
}

const LOGIN_FORM: &str = "username=ada&password=a+kettle+of+purple+fish";
const LOGIN_JSON: &str = r#"{"username":"ada","password":"a kettle of purple fish"}"#;
const FORM: &str = "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n";

impl Visitor {
    fn asking(method: &'static str, path: &'static str, headers: &str, body: &'static str) -> Self {
        Self { method, path, headers: headers.to_owned(), body, cookie: None, enters: false }
    }

    fn login() -> Self {
        Self::asking("POST", "/api/v1/login", "Content-Type: application/json\r\n", LOGIN_JSON)
    }

    fn program(request: &'static str) -> Self {
        let (method, path) = request.split_once(' ').unwrap();
        Self { enters: true, ..Self::asking(method, path, "", "") }
    }

    fn browser(request: &'static str) -> Self {
        let (method, path) = request.split_once(' ').unwrap();
        Self { enters: true, ..Self::asking(method, path, FORM, "") }
    }

    /// Signs in where that is needed, over the connection that it then uses.
    async fn enter(&mut self, connection: &mut Connection) {
        if !self.enters {
            return;
        }
        let login = Self::asking("POST", "/api/login", FORM, LOGIN_FORM);
        let answer = connection.ask(&login).await;
        assert_eq!(answer.status, 200);
        if self.headers.is_empty() {
            let token = answer.body.split("\"access_token\":\"").nth(1).unwrap().split('"').next().unwrap();
            self.headers = format!("Authorization: Bearer {token}\r\n");
        } else {
            self.cookie = answer.cookie;
        }
    }

    async fn once(&self, server: &Server) {
        assert_eq!(Connection::open(server).await.ask(self).await.status, 200);
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

struct Answer {
    status: u16,
    cookie: Option<String>,
    body: String,
}

impl Connection {
    async fn open(server: &Server) -> Self {
        let stream = TcpStream::connect(&server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(16 * 1024) }
    }

    async fn ask(&mut self, visitor: &Visitor) -> Answer {
        let Visitor { method, path, headers, body, cookie, .. } = visitor;
        let cookie = cookie.as_ref().map(|cookie| format!("Cookie: __Host-refresh={cookie}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}{cookie}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.buffer.clear();
        loop {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the connection was closed");
            if let Some(answer) = whole_answer(&self.buffer) {
                return answer;
            }
        }
    }
}

/// An HTTP/1.1 answer, once all of it is there: with a length, or in chunks.
fn whole_answer(bytes: &[u8]) -> Option<Answer> {
    let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..head_end]).unwrap();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let body = &bytes[head_end..];
    let all = match header("content-length: ") {
        Some(length) => body.len() >= length.parse().unwrap(),
        None => !head.contains("transfer-encoding: chunked") || body.ends_with(b"0\r\n\r\n"),
    };
    all.then(|| Answer {
        status: head[9..12].parse().unwrap(),
        cookie: header("set-cookie: __Host-refresh=").map(|cookie| cookie.split(';').next().unwrap().to_owned()),
        body: String::from_utf8_lossy(body).into_owned(),
    })
}

struct Figures {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

/// Everybody asks for as long as it is measured. Any answer but 200 ends the benchmark.
async fn run(server: &Server, connections: usize, visitor: impl Fn() -> Visitor) -> Figures {
    let mut ready = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(server).await;
        let mut visitor = visitor();
        visitor.enter(&mut connection).await;
        ready.push((connection, visitor));
    }
    let begin = Instant::now() + WARM_UP;
    let end = begin + MEASURED;
    let tasks: Vec<_> = ready
        .into_iter()
        .map(|(mut connection, mut visitor)| {
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let sent = Instant::now();
                    if sent >= end {
                        return times;
                    }
                    let answer = connection.ask(&visitor).await;
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    visitor.cookie = answer.cookie.or(visitor.cookie);
                    if sent >= begin {
                        times.push(sent.elapsed());
                    }
                }
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    let at = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index below the length")]
        let index = ((times.len() - 1) as f64 * share) as usize;
        times[index]
    };
    Figures { per_second: times.len() as f64 / MEASURED.as_secs_f64(), p50: at(0.5), p99: at(0.99) }
}

impl Figures {
    fn print(&self, name: &str, reference: f64) {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let ratio = self.per_second / reference;
        println!("| {name} | {:.0} | {ratio:.3} | {:.2} | {:.2} |", self.per_second, ms(self.p50), ms(self.p99));
    }
}
