//! The app behind a real socket, and strangers who write to it what they like.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

use super::harness::App;
use crate::server::connections::{self, Limits};

/// Only a test that fails waits for so long.
const LONG: Duration = Duration::from_secs(30);

/// Serves until it is dropped.
pub struct Socket {
    pub at: SocketAddr,
    serving: JoinHandle<()>,
}

/// An answer as it came over the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl App {
    /// On a socket.
    pub async fn listening(&self, limits: Limits) -> Socket {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let serving = connections::serve(listener, self.routes(), limits, std::future::pending());
        Socket { at, serving: tokio::spawn(serving) }
    }
}

impl Socket {
    /// Writes all of it on a new connection, and reads until the server closes that.
    pub async fn told(&self, bytes: &[u8]) -> Vec<Said> {
        answers(&exchange(self.at, bytes).await)
    }
}

/// Writes all of it on a new connection, and reads until that is closed.
pub async fn exchange(at: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(at).await.unwrap();
    // Whoever has heard enough hangs up in the middle.
    let _ = stream.write_all(bytes).await;
    rest(&mut stream).await
}

/// Everything until the end of the connection.
pub async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut read = async || while stream.read_buf(&mut all).await.is_ok_and(|read| read > 0) {};
    timeout(LONG, read()).await.expect("the server closes");
    all
}

/// Takes what came over a connection apart. What comes before an answer (100) is left out.
pub fn answers(mut bytes: &[u8]) -> Vec<Said> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let text = String::from_utf8_lossy(bytes);
        let end =
            bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {text}"));
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.strip_prefix("HTTP/1.1 ").or(head.strip_prefix("HTTP/1.0 ")).and_then(|rest| rest.get(..3));
        let status: u16 = status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {text}"));
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map(|length| length.parse().unwrap());
        let length = length.unwrap_or_else(|| {
            assert!(status < 200 || status == 204, "nothing here is of unknown length: {text}");
            0
        });
        bytes = &bytes[end + 4..];
        assert!(bytes.len() >= length, "an answer that is cut off: {text}");
        let body = String::from_utf8_lossy(&bytes[..length]).into_owned();
        bytes = &bytes[length..];
        if status >= 200 {
            all.push(Said { status, head, body });
        }
    }
    all
}
