//! HTTP/1.1 over one connection that is kept: as little as a load generator needs, so that it costs little.

use std::time::{Duration, Instant};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Outcome;

/// Node closes a connection that was idle for 5 s.
const IDLE: Duration = Duration::from_secs(4);

pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
    used: Instant,
}

/// An answer that has arrived whole.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a str,
    /// As it came: in chunks, if it came in chunks.
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address: address.to_owned(), stream, buffer: Vec::with_capacity(16 * 1024), used: Instant::now() })
    }

    pub async fn ask(&mut self, request: &str) -> Outcome<Answer<'_>> {
        if self.used.elapsed() > IDLE {
            *self = Self::open(&self.address).await?;
        }
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let head_end = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(format!("the connection was closed instead of an answer to: {request}").into());
            }
            if let Some(head_end) = whole(&self.buffer) {
                break head_end;
            }
        };
        self.used = Instant::now();
        Answer::read(&self.buffer, head_end)
    }
}

impl<'a> Answer<'a> {
    fn read(bytes: &'a [u8], head_end: usize) -> Outcome<Self> {
        let head = std::str::from_utf8(&bytes[..head_end])?;
        let status = head.get(9..12).unwrap_or_default().parse()?;
        Ok(Self { status, head, body: &bytes[head_end..] })
    }

    pub fn header(&self, name: &str) -> Option<&'a str> {
        header(self.head, name)
    }

    /// The new value of a cookie, where the answer sets it.
    pub fn cookie(&self, name: &str) -> Option<&'a str> {
        let value = self.header("set-cookie")?.strip_prefix(name)?.strip_prefix('=')?;
        value.split(';').next()
    }

    pub fn text(&self) -> &'a str {
        std::str::from_utf8(self.body).unwrap_or_default()
    }
}

/// Where the body begins, once all of the answer is there: with a length, in chunks, or without a body.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head_end = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..head_end]).ok()?;
    let body = &bytes[head_end..];
    let all = match header(head, "content-length") {
        Some(length) => body.len() >= length.parse().ok()?,
        None => header(head, "transfer-encoding").is_none() || body.ends_with(b"0\r\n\r\n"),
    };
    all.then_some(head_end)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
