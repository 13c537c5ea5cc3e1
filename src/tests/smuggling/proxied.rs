//! The same through nginx, with the example of `deploy/`: two readers who must not understand two things.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{net::TcpStream, time::sleep};

use super::{LAST, Stays, Victim, all};
use crate::{
    server::connections::Limits,
    tests::{harness::App, socket::exchange},
};

/// Until it is dropped.
struct Nginx {
    at: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Nginx {
    async fn before(app: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let files = folder.path().display();
        // Itself in the foreground, with files of its own and with little patience; all else is the example.
        let config = format!(
            "daemon off; master_process off; pid {files}/pid; error_log {files}/log;
             events {{}}
             http {{
                 client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s; lingering_close off;
                 log_format passed_on $upstream_status; access_log {files}/passed-on passed_on;
                 client_body_temp_path {files}/body; proxy_temp_path {files}/proxy; fastcgi_temp_path {files}/fastcgi;
                 uwsgi_temp_path {files}/uwsgi; scgi_temp_path {files}/scgi;
                 {}
             }}",
            without_tls(&fs::read_to_string("deploy/nginx.conf").unwrap(), folder.path(), at, app)
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(program());
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file).arg("-e").arg(folder.path().join("log"));
        let nginx = Self { at, process: command.spawn().unwrap(), folder };
        for _ in 0..500 {
            if TcpStream::connect(at).await.is_ok() {
                return nginx;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("nginx does not listen: {}", fs::read_to_string(nginx.folder.path().join("log")).unwrap_or_default());
    }

    /// How many requests it has passed on and had answered.
    fn passed_on(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("passed-on")).unwrap_or_default();
        log.lines().filter(|upstream_status| *upstream_status != "-").count()
    }
}

fn program() -> &'static Path {
    let found =
        ["target/nginx/usr/sbin/nginx", "/usr/sbin/nginx"].map(Path::new).into_iter().find(|path| path.exists());
    found.expect("scripts/setup test brings an nginx")
}

/// On a port of this machine, since what is in doubt is in doubt within TLS as well.
fn without_tls(example: &str, folder: &Path, at: SocketAddr, app: SocketAddr) -> String {
    let of_tls = |line: &&str| line.contains("ssl_") || line.contains("listen [::]");
    let lines: Vec<_> = example.lines().filter(|line| !of_tls(line)).collect();
    let config = lines.join("\n");
    let replaced = [
        ("server 127.0.0.1:3000;", format!("server {app};")),
        ("listen 443 ssl http2;", format!("listen {at};")),
        ("listen 80;", format!("listen unix:{}/plain;", folder.display())),
    ];
    replaced.iter().fold(config, |config, (from, to)| {
        assert!(config.contains(from), "deploy/nginx.conf says {from}");
        config.replace(from, to)
    })
}

/// How many requests have reached the app.
async fn reached(app: &App) -> usize {
    let metrics = app.metrics().await;
    let counts = metrics.lines().filter(|line| line.starts_with("hallpass_http_requests_total{"));
    counts.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_before_it_and_the_app_see_the_same_requests() {
    let app = App::start().await.behind("127.0.0.1");
    let socket = app.listening(Limits::default()).await;
    let nginx = Nginx::before(socket.at).await;
    let mut victim = Victim::named(&app, "ada0").await;
    let fresh = async || {
        let heard = exchange(nginx.at, LAST.as_bytes()).await;
        assert!(heard.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&heard));
    };
    let mut otherwise = 0;
    for (number, case) in all().iter().enumerate() {
        println!("{}", case.name);
        let (passed_on_before, reached_before) = (nginx.passed_on(), reached(&app).await);
        exchange(nginx.at, format!("{}{LAST}", case.hiding(&victim.ending)).as_bytes()).await;
        fresh().await;
        // Beside the fresh one.
        let passed_on = nginx.passed_on() - passed_on_before - 1;
        let reached = reached(&app).await - reached_before - 1;
        // What the app refuses to understand has been passed on, and has not reached it.
        assert!(reached <= passed_on, "{}: nginx passed on {passed_on}, and the app saw {reached}", case.name);
        if passed_on > case.answers.len() + usize::from(case.then == Stays) {
            // To nginx there was nothing hidden: it read two where we would have closed the connection.
            otherwise += 1;
            victim = Victim::named(&app, &format!("ada{}", number + 1)).await;
        }
        assert!(victim.lives(&app).await, "{}: the hidden request was carried out", case.name);
    }
    println!("nginx read {otherwise} otherwise than the app would have");
    exchange(nginx.at, format!("{}{LAST}", victim.ending).as_bytes()).await;
    assert!(!victim.lives(&app).await, "in the open it is carried out");
}
