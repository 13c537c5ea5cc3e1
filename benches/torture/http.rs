//! As much of HTTP/1.1 as a program needs that asks once a connection, or keeps it.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// When a client gives a request up.
const PATIENCE: Duration = Duration::from_secs(9);
/// Whoever ends a connection closes it right afterwards, and only then is what was not read known.
const CLOSED_AFTER: Duration = Duration::from_millis(200);

pub struct Request<'a> {
    pub method: &'static str,
    pub path: &'a str,
    pub bearer: Option<&'a str>,
    /// JSON.
    pub body: Option<String>,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    /// Whether it has a `Retry-After`.
    pub says_when: bool,
}

/// Why there is no answer, as far as its client can know.
///
/// That a connection was made says nothing: the kernel makes it, and the server may never take it. But a request here is one write and one segment, which a
/// server reads whole or not at all, and its kernel tells which. It resets a connection that was never taken, and one that was closed while the request lay in
/// it unread or was still to come; if the server had said before that it ends, the client reads that end, and its socket remembers the reset. What is left is
/// an end without a reset: all that was sent had been read. Behind a proxy this tells what became of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nobody was at the door, or nobody read. Nothing has happened, and it may be asked again.
    Unread,
    /// It was read, and the connection ended without an answer or in the midst of one.
    Dropped,
    /// Nothing was said for [`PATIENCE`]. It may have been read, or be so later.
    Open,
}

pub async fn ask(at: SocketAddr, request: &Request<'_>) -> Result<Answer, Silence> {
    timeout(PATIENCE, exchange(at, request)).await.unwrap_or(Err(Silence::Open))
}

async fn exchange(at: SocketAddr, request: &Request<'_>) -> Result<Answer, Silence> {
    let mut stream = TcpStream::connect(at).await.map_err(|_| Silence::Unread)?;
    stream.write_all(text(request, "close").as_bytes()).await.map_err(|_| Silence::Unread)?;
    let mut bytes = Vec::with_capacity(2048);
    // Whoever is cut off in the midst of an answer may have got all of it.
    let ended = stream.read_to_end(&mut bytes).await;
    match whole(&bytes) {
        Some(answer) => Ok(answer),
        None => Err(silence(&stream, &bytes, ended.is_err()).await),
    }
}

/// A connection that is kept from one request to the next.
pub struct Kept(TcpStream);

impl Kept {
    pub async fn open(at: SocketAddr) -> Result<Self, Silence> {
        TcpStream::connect(at).await.map(Self).map_err(|_| Silence::Unread)
    }

    pub async fn ask(&mut self, request: &Request<'_>) -> Result<Answer, Silence> {
        timeout(PATIENCE, self.exchange(request)).await.unwrap_or(Err(Silence::Open))
    }

    async fn exchange(&mut self, request: &Request<'_>) -> Result<Answer, Silence> {
        let Self(stream) = self;
        stream.write_all(text(request, "keep-alive").as_bytes()).await.map_err(|_| Silence::Unread)?;
        let mut bytes = Vec::with_capacity(2048);
        loop {
            let read = stream.read_buf(&mut bytes).await;
            if let Some(answer) = whole(&bytes) {
                return Ok(answer);
            }
            if !matches!(read, Ok(1..)) {
                return Err(silence(stream, &bytes, read.is_err()).await);
            }
        }
    }
}

/// Of a connection that ended without a whole answer.
async fn silence(stream: &TcpStream, bytes: &[u8], failed: bool) -> Silence {
    let is_unread = bytes.is_empty() && (failed || is_reset(stream).await);
    if is_unread { Silence::Unread } else { Silence::Dropped }
}

/// Whether a connection that has ended was reset as well.
async fn is_reset(stream: &TcpStream) -> bool {
    sleep(CLOSED_AFTER).await;
    stream.take_error().is_ok_and(|error| error.is_some())
}

fn text(request: &Request<'_>, connection: &str) -> String {
    let Request { method, path, bearer, body } = request;
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let kind = if body.is_some() { "Content-Type: application/json\r\n" } else { "" };
    let body = body.as_deref().unwrap_or_default();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n{bearer}{kind}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn whole(bytes: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.get(9..12)?.parse().ok()?;
    let header = |wanted: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then_some(value))
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let says_when = header("retry-after").is_some();
    (body.len() >= length).then(|| Answer { status, body: body.to_owned(), says_when })
}
