//! `hallpass key`: the keys that sign access tokens.

use std::{
    process::ExitCode,
    time::{Duration, UNIX_EPOCH},
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{fail, understand};
use crate::{
    auth::keys::{KeyState, Role, Rotated},
    server::{self, ManageKeysError, StartError, config::Flags},
    store::UnixMillis,
};

#[derive(Subcommand)]
pub enum KeyCommand {
    /// List the keys, and say which one signs
    List(List),
    /// Publish the next key; it signs ten minutes later, when everybody can know it
    ///
    /// Running servers learn of it within a second, and no request is refused for it. The key before is believed until the last token that it signed has run out.
    Rotate(Rotate),
}

#[derive(Args)]
pub struct List {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Args)]
pub struct Rotate {
    /// For when somebody may have a private key: a new one signs at once, and nothing that others signed is believed any more
    ///
    /// Nobody is signed out: every page and program renews its access token. Other services that verify access tokens go on believing the old keys for as
    /// long as they keep them, 5 minutes at most, and learn of the new one when they meet it.
    #[arg(long)]
    now: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

pub async fn run(command: KeyCommand) -> ExitCode {
    let done = match command {
        KeyCommand::List(List { json, flags }) => list(&flags, json).await,
        KeyCommand::Rotate(Rotate { now, json, flags }) => rotate(&flags, now, json).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ ManageKeysError::Start(StartError::Config(_))) => fail(&error.to_string(), 2),
        Err(error) => fail(&error.to_string(), 1),
    }
}

async fn list(flags: &Flags, json: bool) -> Result<(), ManageKeysError> {
    let keys = server::keys(&understand(flags).map_err(StartError::from)?).await?;
    print(&keys, json);
    Ok(())
}

async fn rotate(flags: &Flags, now: bool, json: bool) -> Result<(), ManageKeysError> {
    let config = understand(flags).map_err(StartError::from)?;
    let keys = if now {
        let keys = server::replace_keys(&config).await?;
        eprintln!("a new key signs, and what any other signed is refused from now on");
        keys
    } else {
        match server::rotate_keys(&config).await? {
            Rotated::Published(key) => {
                eprintln!("published {}; it signs from {}", key.kid, utc(key.signs_from));
                vec![key]
            }
            Rotated::OnItsWay(key) => {
                eprintln!("the next key was published before: {}; it signs from {}", key.kid, utc(key.signs_from));
                vec![key]
            }
        }
    };
    print(&keys, json);
    Ok(())
}

fn print(keys: &[KeyState], json: bool) {
    if json {
        println!("{}", json!({ "keys": keys.iter().map(in_json).collect::<Vec<_>>() }));
        return;
    }
    for key in keys {
        let believed = key.believed_until.map(|until| format!(", believed until {}", utc(until))).unwrap_or_default();
        println!("{}  {}  signs from {}{believed}", key.kid, role(key.role), utc(key.signs_from));
    }
}

fn in_json(key: &KeyState) -> Value {
    json!({
        "kid": key.kid,
        "role": role(key.role),
        "published_at": utc(key.created_at),
        "signs_from": utc(key.signs_from),
        "believed_until": key.believed_until.map(utc),
    })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Next => "next",
        Role::Signing => "signing",
        Role::Retiring => "retiring",
    }
}

fn utc(at: UnixMillis) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(at.try_into().unwrap_or_default())).to_string()
}
