//! `hallpass event`.

use std::time::Duration;

use clap::{Subcommand, builder::PossibleValuesParser};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    failure::Done,
    lists::{Format, Paged, show},
    output::time,
    settings::Settings,
    user::find,
};
use crate::auth::{Auth, EventKind, EventLine, operating::Wanted};

#[derive(Subcommand)]
pub enum Command {
    /// List what happened to accounts and sessions, the last first
    ///
    /// The names are those of the OWASP Logging Vocabulary Cheat Sheet. What has no address was done by the operator.
    List(List),
}

#[derive(clap::Args)]
pub struct List {
    /// Only what happened to the person with this name
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only what happened to this session
    #[arg(long, value_name = "ID")]
    session: Option<Uuid>,
    /// Only events of this name
    #[arg(long, value_parser = PossibleValuesParser::new(EventKind::ALL.map(EventKind::name)))]
    kind: Option<String>,
    /// Only as far back as this, such as 90m or 7d
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    since: Option<Duration>,
    #[command(flatten)]
    paged: Paged,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

impl Command {
    pub async fn run(self) -> Done {
        let Self::List(asked) = self;
        asked.run().await
    }
}

impl List {
    async fn run(self) -> Done {
        let events = async |auth: &Auth| {
            let user_id = match &self.user {
                Some(name) => Some(find(auth, name).await?.id),
                None => None,
            };
            let wanted = Wanted {
                user_id,
                session_id: self.session,
                kind: self.kind.as_deref().unwrap_or_default(),
                within: self.since.map(|since| since.as_millis().try_into().unwrap_or(i64::MAX)),
            };
            Ok(auth.all_events(wanted, self.paged.asked()).await?)
        };
        let events = self.settings.with(events).await?;
        let heads = ["WHEN", "EVENT", "OUTCOME", "DETAIL", "NAME", "SESSION", "ADDRESS", "USER AGENT", "ID"];
        show(&events, "events", &self.format, heads, row, line)
    }
}

/// Nothing, of a kind that only a newer version knows.
fn outcome(event: &EventLine) -> Option<&'static str> {
    EventKind::from_name(&event.kind).map(|kind| kind.outcome().name())
}

fn row(event: &EventLine) -> [String; 9] {
    let EventLine { id, at, kind, user_id, username, session_id, address, user_agent, detail } = event;
    // The account may be gone, and nobody's failures are those of a name that there is not.
    let who = username.clone().or(user_id.map(|id| id.to_string())).unwrap_or_else(|| "-".to_owned());
    [
        time(*at),
        kind.clone(),
        outcome(event).unwrap_or("-").to_owned(),
        if detail.is_empty() { "-".to_owned() } else { detail.clone() },
        who,
        session_id.map_or("-".to_owned(), |id| id.to_string()),
        if address.is_empty() { "operator".to_owned() } else { address.clone() },
        user_agent.clone(),
        id.to_string(),
    ]
}

fn line(event: &EventLine) -> Value {
    json!({
        "id": event.id,
        "at": time(event.at),
        "event": event.kind,
        "outcome": outcome(event),
        "detail": event.detail,
        "user_id": event.user_id,
        "username": event.username,
        "session_id": event.session_id,
        "by": if event.address.is_empty() { "operator" } else { "visitor" },
        "address": event.address,
        "user_agent": event.user_agent,
    })
}
