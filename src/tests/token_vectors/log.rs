//! What the server logs on this thread, kept to be looked at.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::{fmt, prelude::*};

/// As the server writes it, while this lives.
pub struct Log {
    text: Text,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub fn start() -> Self {
        let text = Text::default();
        let writer = text.clone();
        let layer = fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(tracing_subscriber::filter::LevelFilter::INFO).with(layer);
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub fn forget(&self) {
        self.text.0.lock().unwrap().clear();
    }

    fn text(&self) -> String {
        String::from_utf8(self.text.0.lock().unwrap().clone()).unwrap()
    }

    /// A field of every line with this message. A line that is neither that nor the one of every request fails the test.
    fn told(&self, message: &str, field: &str) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told = lines.filter(|line| line["message"] != "answered").map(|line| {
            assert_eq!(line["message"], message, "{line}");
            line[field].as_str().unwrap().to_owned()
        });
        told.collect()
    }

    pub fn keys_of_strangers(&self) -> Vec<String> {
        self.told("a signing key in the database does not open under the server's secret, and is not believed", "kid")
    }

    pub fn disbeliefs(&self) -> Vec<String> {
        self.told("security event", "detail")
    }

    pub fn refused_cookies(&self) -> Vec<String> {
        self.told("a refresh cookie was not honoured", "why")
    }

    pub fn refused_refreshes(&self) -> Vec<String> {
        self.told("a refresh was refused", "why")
    }

    /// No part of a token that anybody could use, or tell it by.
    pub fn assert_knows_nothing_of(&self, token: &str, name: &str) {
        let text = self.text();
        assert!(!text.is_empty(), "{name}: the request itself is logged");
        for part in token.split('.').filter(|part| part.len() >= 16) {
            let from = part.char_indices().nth(part.chars().count() - 12).map_or(0, |(at, _)| at);
            assert!(!text.contains(&part[from..]), "{name}: {text}");
            assert!(!text.contains(part), "{name}: {text}");
        }
    }
}
