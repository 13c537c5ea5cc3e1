//! Somebody who asks the same thing again and again, and keeps the cookie that comes back.

use std::fmt::Write;

use super::{Outcome, http::Answer};

/// As long as a browser's.
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

#[derive(Clone)]
pub struct Visitor {
    /// The request line and every header but the cookie and the length.
    head: String,
    body: String,
    cookie: Option<(&'static str, String)>,
    wants: Wants,
    request: String,
}

/// What the answer must be, or the benchmark ends.
#[derive(Clone, Copy)]
pub enum Wants {
    /// 200.
    Done,
    /// 200 with another cookie, which is used from then on.
    Renewal,
    /// 200, and the cookie stays.
    NoRenewal,
    /// 200 with this in it.
    Text(&'static str),
    /// 200, or the polite refusal: 503 and when to come again.
    DoneOrBusy,
}

/// What came of asking.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Got {
    Answer,
    Refusal,
}

impl Visitor {
    pub fn get(path: &str) -> Self {
        Self::new("GET", path, String::new())
    }

    pub fn post(path: &str, media_type: &str, body: impl Into<String>) -> Self {
        Self::new("POST", path, body.into()).header("Content-Type", media_type)
    }

    fn new(method: &str, path: &str, body: String) -> Self {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {USER_AGENT}\r\n");
        Self { head, body, cookie: None, wants: Wants::Done, request: String::new() }.rendered()
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.head, "{name}: {value}\r\n");
        self.rendered()
    }

    pub fn cookie(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.cookie = Some((name, value.into()));
        self.rendered()
    }

    pub fn wants(mut self, wants: Wants) -> Self {
        self.wants = wants;
        self
    }

    fn rendered(mut self) -> Self {
        self.render();
        self
    }

    fn render(&mut self) {
        let Self { head, body, cookie, request, .. } = self;
        request.clear();
        request.push_str(head);
        if let Some((name, value)) = cookie {
            let _ = write!(request, "Cookie: {name}={value}\r\n");
        }
        if !body.is_empty() || head.starts_with("POST") {
            let _ = write!(request, "Content-Length: {}\r\n", body.len());
        }
        let _ = write!(request, "\r\n{body}");
    }

    pub fn request(&self) -> &str {
        &self.request
    }

    /// Looks at the answer and keeps what it brought.
    pub fn take(&mut self, answer: &Answer<'_>) -> Outcome<Got> {
        let renewed = self.cookie.as_ref().and_then(|(name, _)| answer.cookie(name));
        let fits = match self.wants {
            Wants::DoneOrBusy if answer.status == 503 && answer.header("retry-after").is_some() => {
                return Ok(Got::Refusal);
            }
            Wants::Done | Wants::DoneOrBusy => true,
            Wants::Renewal => renewed.is_some(),
            Wants::NoRenewal => renewed.is_none(),
            Wants::Text(text) => answer.text().contains(text),
        };
        if answer.status != 200 || !fits {
            let first = self.head.lines().next().unwrap_or_default();
            let text: String = answer.text().chars().take(500).collect();
            return Err(format!("{first} was answered in another way than expected: {} {text}", answer.status).into());
        }
        if let (Some((_, value)), Some(renewed)) = (&mut self.cookie, renewed) {
            renewed.clone_into(value);
            self.render();
        }
        Ok(Got::Answer)
    }
}
