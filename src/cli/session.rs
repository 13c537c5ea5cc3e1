//! `hallpass session`.

use clap::{ArgGroup, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    failure::{Done, Failure},
    lists::{Format, Paged, show},
    output::{counted, say_json, time},
    settings::Settings,
    user::{by, find, nobody},
};
use crate::{
    auth::{Auth, SessionLine, operating::EndedOne},
    printable::printable,
};

const COMMAND: &str = "hallpass session end";

#[derive(Subcommand)]
pub enum Command {
    /// List sessions, those that began last first
    List(List),
    /// End a session, those of a person, or all
    ///
    /// Running servers refuse their access tokens within a second; who had them is told that the people who run the site ended them.
    End(End),
}

#[derive(clap::Args)]
pub struct List {
    /// Only those of the person with this name
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Those too that have ended or run out, as long as they are kept
    #[arg(long)]
    ended: bool,
    #[command(flatten)]
    paged: Paged,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
#[command(group = ArgGroup::new("which").required(true))]
pub struct End {
    /// The session, by its id
    #[arg(group = "which", value_name = "ID")]
    id: Option<Uuid>,
    /// All of the person with this name
    #[arg(long, group = "which", value_name = "NAME")]
    user: Option<String>,
    /// All of everybody; asks for --yes
    #[arg(long, group = "which", requires = "yes")]
    all: bool,
    /// Yes, everybody is to sign in anew
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

impl Command {
    pub async fn run(self) -> Done {
        match self {
            Self::List(asked) => asked.run().await,
            Self::End(asked) => asked.run().await,
        }
    }
}

impl List {
    async fn run(self) -> Done {
        let sessions = async |auth: &Auth| {
            let user = match &self.user {
                Some(name) => Some(find(auth, name).await?.id),
                None => None,
            };
            Ok(auth.all_sessions(user, self.ended, self.paged.asked()).await?)
        };
        let sessions = self.settings.with(sessions).await?;
        let heads = ["ID", "NAME", "SIGNED IN", "LAST SEEN", "STATE", "ADDRESS", "USER AGENT"];
        show(&sessions, "sessions", &self.format, heads, row, line)
    }
}

fn row(session: &SessionLine) -> [String; 7] {
    let state = match (session.ended_at, session.ended_reason.as_deref()) {
        (Some(at), Some(reason)) => format!("{reason} {}", time(at)),
        _ => format!("until {}", time(session.expires_at)),
    };
    let SessionLine { id, username, authenticated_at, last_seen_at, address, user_agent, .. } = session;
    [
        id.to_string(),
        username.clone(),
        time(*authenticated_at),
        time(*last_seen_at),
        state,
        address.clone(),
        user_agent.clone(),
    ]
}

fn line(session: &SessionLine) -> Value {
    json!({
        "id": session.id,
        "user_id": session.user_id,
        "username": session.username,
        "authenticated_at": time(session.authenticated_at),
        "last_seen_at": time(session.last_seen_at),
        "address": session.address,
        "user_agent": session.user_agent,
        "expires_at": time(session.expires_at),
        "ended_at": session.ended_at.map(time),
        "ended_reason": session.ended_reason,
    })
}

impl End {
    async fn run(self) -> Done {
        let (ended, said) = self.settings.with(async |auth| self.end(auth).await).await?;
        if self.format.json {
            return say_json(&json!({ "ended_sessions": ended }));
        }
        eprintln!("{said}");
        Ok(())
    }

    /// How many were ended, and in words.
    async fn end(&self, auth: &Auth) -> Result<(u64, String), Failure> {
        let visit = by(COMMAND);
        if let Some(id) = self.id {
            return match auth.end_one(id, &visit).await? {
                EndedOne::Now => Ok((1, format!("ended {id}"))),
                EndedOne::Before(reason) => Ok((0, format!("{id} had ended before ({})", reason.code()))),
                EndedOne::Unknown => Err(Failure::new(format!("there is no session {id}"))),
            };
        }
        if let Some(name) = &self.user {
            let user = find(auth, name).await?;
            let ended = auth.end_sessions_of(user.id, &visit).await?.ok_or_else(|| nobody(name))?;
            let ended = u64::from(ended);
            return Ok((ended, format!("ended {} of {}", counted(ended, "session"), printable(name))));
        }
        let ended = auth.end_everybodys_sessions(&visit).await?;
        Ok((ended, format!("ended {}; everybody signs in anew", counted(ended, "session"))))
    }
}
