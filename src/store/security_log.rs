//! An event as a line of the log: which, who, on which session, from where, and what came of it; when and within which request is added to every
//! line. What a visitor wrote is not in it, but for the address, and that can forge nothing.

use uuid::Uuid;

use super::{EventKind, NewEvent, Severity};
use crate::printable::printable;

/// By which the lines of this kind are told from others.
pub const TARGET: &str = "hallpass::security";

pub struct Line {
    kind: EventKind,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    address: String,
    detail: String,
}

macro_rules! say {
    ($level:ident, $line:expr, $name:expr) => {
        tracing::$level!(
            target: TARGET,
            event = $name,
            outcome = $line.kind.outcome().name(),
            user = $line.user_id.map(tracing::field::display),
            session = $line.session_id.map(tracing::field::display),
            by = if $line.address.is_empty() { "operator" } else { "visitor" },
            address = $line.address,
            detail = (!$line.detail.is_empty()).then_some($line.detail.as_str()),
            "security event"
        )
    };
}

impl Line {
    pub fn of(event: &NewEvent<'_>) -> Self {
        Self {
            kind: event.kind,
            user_id: event.user_id,
            session_id: event.session_id,
            address: printable(event.address).into_owned(),
            detail: event.detail.to_owned(),
        }
    }

    pub fn write(&self) {
        self.write_as(self.kind.name());
        // What the vocabulary has two names for is stored once.
        if self.kind == EventKind::LoginSuccess {
            self.write_as("session_created");
        }
    }

    fn write_as(&self, name: &'static str) {
        match self.kind.severity() {
            Severity::Info => say!(info, self, name),
            Severity::Warning => say!(warn, self, name),
            Severity::Critical => say!(error, self, name),
        }
    }
}
