//! `hallpass key`: the keys that sign access tokens.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    failure::Done,
    lists::Format,
    output::{say, say_json, table, time},
    settings::Settings,
};
use crate::auth::keys::{KeyState, Role, Rotated};

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
        let auth = self.settings.open().await?;
        let keys = auth.signing_keys();
        auth.close().await;
        show(&keys, &self.format)
    }
}

impl Rotate {
    async fn run(self) -> Done {
        let auth = self.settings.open().await?;
        let keys = if self.now {
            let replaced = auth.replace_keys().await;
            replaced.map(|keys| (keys, "a new key signs, and what any other signed is refused from now on".to_owned()))
        } else {
            auth.rotate_keys().await.map(|rotated| match rotated {
                Rotated::Published(key) => (vec![key.clone()], said("published", &key)),
                Rotated::OnItsWay(key) => (vec![key.clone()], said("the next key was published before:", &key)),
            })
        };
        auth.close().await;
        let (keys, said) = keys?;
        eprintln!("{said}");
        show(&keys, &self.format)
    }
}

fn said(what: &str, key: &KeyState) -> String {
    format!("{what} {}; it signs from {}", key.kid, time(key.signs_from))
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
