//! As much of HTTP/1.1 as a program needs that asks once a connection.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// When a client gives a request up.
const PATIENCE: Duration = Duration::from_secs(9);

pub struct Request<'a> {
    pub method: &'static str,
    pub path: &'static str,
    pub bearer: Option<&'a str>,
    /// JSON.
    pub body: Option<String>,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// `None`: no answer, or not all of one.
pub async fn ask(at: SocketAddr, request: &Request<'_>) -> Option<Answer> {
    timeout(PATIENCE, exchange(at, request)).await.ok().flatten()
}

async fn exchange(at: SocketAddr, request: &Request<'_>) -> Option<Answer> {
    let mut stream = TcpStream::connect(at).await.ok()?;
    stream.write_all(text(request).as_bytes()).await.ok()?;
    let mut answer = Vec::with_capacity(2048);
    // Whoever is cut off in the midst of an answer may have got all of it.
    let _ = stream.read_to_end(&mut answer).await;
    whole(&answer)
}

fn text(request: &Request<'_>) -> String {
    let Request { method, path, bearer, body } = request;
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let kind = if body.is_some() { "Content-Type: application/json\r\n" } else { "" };
    let body = body.as_deref().unwrap_or_default();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{bearer}{kind}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn whole(bytes: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.get(9..12)?.parse().ok()?;
    let length = head.lines().filter_map(|line| line.split_once(": "));
    let length =
        length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).find_map(|(_, n)| n.parse().ok());
    (body.len() >= length.unwrap_or(0)).then(|| Answer { status, body: body.to_owned() })
}
