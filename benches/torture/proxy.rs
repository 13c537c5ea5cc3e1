//! nginx before the instances: round robin, no stickiness, and no health checks but what it meets with.
//!
//! It asks the next instance where one does not answer, also with a POST (`non_idempotent`). Here that is right: a refresh that arrives twice is
//! answered twice with the same token, a logout is over already, and a login leaves a session more that nobody holds.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::process::{free_address, is_root, signal, wait_for};

pub struct Proxy {
    pub address: SocketAddr,
    child: Child,
}

impl Proxy {
    pub fn before(instances: &[SocketAddr], folder: &Path) -> Self {
        let address = free_address();
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(address, instances, folder)).unwrap();
        let errors = fs::File::create(folder.join("nginx.log")).unwrap();
        let mut child = Command::new("nginx")
            .args(["-p", folder.to_str().unwrap(), "-e", "stderr", "-c", file.to_str().unwrap()])
            .stdin(Stdio::null())
            .stderr(errors)
            .spawn()
            .unwrap();
        wait_for("nginx that listens", Duration::from_secs(10), || {
            let running = child.try_wait().unwrap().is_none();
            assert!(running, "nginx ended: {}", fs::read_to_string(folder.join("nginx.log")).unwrap_or_default());
            TcpStream::connect(address).is_ok()
        });
        Self { address, child }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // So that its workers end too.
        signal("TERM", &[self.child.id()]);
        let _ = self.child.wait();
    }
}

fn configuration(address: SocketAddr, instances: &[SocketAddr], folder: &Path) -> String {
    let servers = lines(instances.iter().map(|at| format!("    server {at} max_fails=1 fail_timeout=1s;")));
    let user = if is_root() { "user root;" } else { "" };
    let folder = folder.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = lines(kinds.iter().map(|kind| format!("  {kind}_temp_path {folder}/{kind};")));
    format!(
        "daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
{temporary}
  upstream hallpass {{
{servers}
    keepalive 32;
  }}
  server {{
    listen {address} backlog=1024;
    location / {{
      proxy_pass http://hallpass;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_set_header Host $http_host;
      proxy_connect_timeout 1s;
      proxy_read_timeout 2s;
      proxy_next_upstream error timeout http_502 http_503 http_504 non_idempotent;
    }}
  }}
}}
"
    )
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join("\n")
}
