//! `hallpass key`: the keys that sign access tokens.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    failure::{Done, Failure},
    lists::Format,
    output::{say, say_json, table, time},
    settings::Settings,
    user::by,
};
use crate::auth::{
    Auth,
    keys::{KeyState, Role, Rotated},
};

#[derive(Subcommand)]
pub enum Command {
    /// List the keys, and say which one signs
    List(List),
    /// Publish the next key; it signs ten minutes later, when everybody can know it
    ///
    /// Running servers learn of it within a second, and no request is refused for it. The key before is believed until the last token that it signed has run out.
    Rotate(Rotate),
}

#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
pub struct Rotate {
    /// For when somebody may have a private key: a new one signs at once, and nothing that others signed is believed any more
    ///
    /// Nobody is signed out: every page and program renews its access token. Other services that verify access tokens go on believing the old keys for as
    /// long as they keep them, 5 minutes at most, and learn of the new one when they meet it.
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

impl Command {
    pub async fn run(self) -> Done {
        match self {
            Self::List(asked) => asked.run().await,
            Self::Rotate(asked) => asked.run().await,
        }
    }
}

impl List {
    async fn run(self) -> Done {
        let keys = self.settings.with(async |auth| Ok(auth.signing_keys())).await?;
        show(&keys, &self.format)
    }
}

impl Rotate {
    async fn run(self) -> Done {
        let (keys, said) = self.settings.with(async |auth| self.rotate(auth).await).await?;
        eprintln!("{said}");
        show(&keys, &self.format)
    }

    /// The keys that it is about, and what was done in words.
    async fn rotate(&self, auth: &Auth) -> Result<(Vec<KeyState>, String), Failure> {
        if self.now {
            let said = "a new key signs, and what any other signed is refused from now on";
            return Ok((auth.replace_keys(&by("hallpass key rotate --now")).await?, said.to_owned()));
        }
        let (key, what) = match auth.rotate_keys(&by("hallpass key rotate")).await? {
            Rotated::Published(key) => (key, "published"),
            Rotated::OnItsWay(key) => (key, "the next key was published before:"),
        };
        let said = format!("{what} {}; it signs from {}", key.kid, time(key.signs_from));
        Ok((vec![key], said))
    }
}

fn show(keys: &[KeyState], format: &Format) -> Done {
    if format.json {
        return say_json(&json!({ "keys": keys.iter().map(document).collect::<Vec<_>>() }));
    }
    let heads = ["ID", "STATE", "PUBLISHED", "SIGNS FROM", "BELIEVED UNTIL"];
    say(&table(heads, &keys.iter().map(row).collect::<Vec<_>>()))
}

fn row(key: &KeyState) -> [String; 5] {
    let believed = key.believed_until.map_or("-".to_owned(), time);
    [key.kid.clone(), role(key.role).to_owned(), time(key.created_at), time(key.signs_from), believed]
}

fn document(key: &KeyState) -> Value {
    json!({
        "kid": key.kid,
        "role": role(key.role),
        "published_at": time(key.created_at),
        "signs_from": time(key.signs_from),
        "believed_until": key.believed_until.map(time),
    })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Next => "next",
        Role::Signing => "signing",
        Role::Retiring => "retiring",
    }
}
