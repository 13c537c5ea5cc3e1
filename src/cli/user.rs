//! `hallpass user`.

use std::io::{self, BufRead, IsTerminal, Read};

use clap::Subcommand;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    failure::{Done, Failure},
    lists::{Format, Paged, show},
    output::{counted, say, say_json, time},
    settings::Settings,
};
use crate::{
    auth::{Auth, UserDetails, UserLine, Visit, limits::in_a_row, login::Credentials, password::Password},
    fields::{Asked, Fields, Filled},
    own::FIELDS,
    printable::printable,
    server::open_or_make,
    store::Who,
};

/// Longer lines than this are no password.
const LONGEST_LINE: u64 = 64 * 1024;

#[derive(Subcommand)]
pub enum Command {
    /// Add an account; the password is read from standard input
    Add(Named),
    /// List accounts, those made last first
    List(List),
    /// Show an account
    Show(Named),
    /// Close an account: end its sessions, and refuse its password
    ///
    /// Running servers refuse its access tokens within a second. Whoever tries to sign in is told what everybody is told who has the wrong
    /// password.
    Disable(Named),
    /// Open an account again that was closed; its sessions stay ended
    Enable(Named),
    /// Give an account another password, read from standard input, and end its sessions
    ///
    /// It must be one that the person could choose.
    SetPassword(Named),
    /// Fill in a field that accounts have beside a name and a password
    ///
    /// Access tokens that carry it say so from the next one on.
    SetField(SetField),
    /// Forget the failures to sign in to an account, so that its password is taken from everywhere again
    Unlock(Named),
    /// Delete an account with its sessions and all that was noted of it; it cannot be brought back
    ///
    /// Running servers refuse its access tokens within a second. What stays is the event that says so, with an id that names nobody any more.
    Remove(Named),
}

#[derive(clap::Args)]
pub struct Named {
    /// The name that the person signs in with
    name: String,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
pub struct SetField {
    #[command(flatten)]
    user: Named,
    /// Which
    field: String,
    /// What to put into it; '' for nothing
    value: String,
}

#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    paged: Paged,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

impl Command {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(asked) => asked.add().await,
            Self::List(asked) => asked.run().await,
            Self::Show(asked) => asked.show().await,
            Self::Disable(asked) => asked.disable().await,
            Self::Enable(asked) => asked.enable().await,
            Self::SetPassword(asked) => asked.set_password().await,
            Self::SetField(asked) => asked.run().await,
            Self::Unlock(asked) => asked.unlock().await,
            Self::Remove(asked) => asked.remove().await,
        }
    }
}

impl Named {
    async fn add(self) -> Done {
        let config = self.settings.understand()?;
        let credentials = Credentials { username: self.name.clone(), password: read_password()? };
        let auth = open_or_make(&config).await?;
        let added = auth.add_user(credentials, &by("hallpass user add")).await;
        auth.close().await;
        let id = added?;
        let name = printable(&self.name);
        let empty: Vec<_> =
            FIELDS.iter().filter(|field| field.asked == Asked::Needed).map(|field| field.name).collect();
        let left =
            empty.iter().map(|field| format!(", whose {field} is yet to be filled in (hallpass user set-field)"));
        let said = format!("added {name}{}", left.collect::<String>());
        self.done(&said, || json!({ "id": id, "username": self.name, "unfilled": empty }))
    }

    async fn show(self) -> Done {
        let found = async |auth: &Auth| {
            let user = find(auth, &self.name).await?;
            Ok((auth.user_details(user.id).await?, auth.fields(user.id).await?, user))
        };
        let (details, fields, user) = self.settings.with(found).await?;
        if self.format.json {
            return say_json(&described(&user, details, &fields));
        }
        let fields = fields.iter().map(|Filled { name, value }| format!("{name:<18}{}\n", printable(value)));
        let UserDetails { live_sessions, last_seen_at, stranger_failures, known_failures } = details;
        say(&format!(
            "name              {}\nid                {}\nmade              {}\npassword changed  {}\nstate             {}\nsessions          {}\nlast seen         {}\nwrong in a row    {} by strangers, {} on devices that are known{}\n{}",
            printable(&user.username),
            user.id,
            time(user.created_at),
            time(user.password_changed_at),
            user.disabled_at.map_or("enabled".to_owned(), |at| format!("disabled since {}", time(at))),
            live_sessions,
            last_seen_at.map_or("never, as far as is kept".to_owned(), time),
            stranger_failures,
            known_failures,
            if closed(&details) {
                "\nnew devices       refused, until a right password on one that is known or `hallpass user unlock`"
            } else {
                ""
            },
            fields.collect::<String>(),
        ))
    }

    async fn unlock(self) -> Done {
        let forgive = async |auth: &Auth| {
            auth.forgive(&self.name, &by("hallpass user unlock")).await?.ok_or_else(|| nobody(&self.name))
        };
        let forgotten = self.settings.with(forgive).await?;
        let what = if forgotten { "forgot the failures" } else { "there were no failures" };
        self.done(&format!("{what} to sign in as {}", printable(&self.name)), || json!({ "forgotten": forgotten }))
    }

    async fn disable(self) -> Done {
        let disable = async |auth: &Auth| {
            let user = find(auth, &self.name).await?;
            let done = auth.disable_user(user.id, &by("hallpass user disable")).await?;
            done.ok_or_else(|| nobody(&self.name))
        };
        let done = self.settings.with(disable).await?;
        let (name, ended) = (printable(&self.name), u64::from(done.ends.live));
        let said = if done.already {
            format!("{name} was disabled before")
        } else {
            format!("disabled {name} and ended {}", counted(ended, "session"))
        };
        self.done(&said, || json!({ "username": self.name, "changed": !done.already, "ended_sessions": ended }))
    }

    async fn enable(self) -> Done {
        let enable = async |auth: &Auth| {
            let user = find(auth, &self.name).await?;
            Ok(auth.enable_user(user.id, &by("hallpass user enable")).await?)
        };
        let changed = self.settings.with(enable).await?;
        let name = printable(&self.name);
        let said = if changed { format!("enabled {name}") } else { format!("{name} was not disabled") };
        self.done(&said, || json!({ "username": self.name, "changed": changed }))
    }

    async fn set_password(self) -> Done {
        let set = async |auth: &Auth| {
            let user = find(auth, &self.name).await?;
            let password = read_password()?;
            Ok(auth.set_password(&user, password, &by("hallpass user set-password")).await?)
        };
        let ended = self.settings.with(set).await?.into();
        let name = printable(&self.name);
        let said = format!("{name} has a new password, and {} ended", counted(ended, "session"));
        self.done(&said, || json!({ "username": self.name, "ended_sessions": ended }))
    }

    async fn remove(self) -> Done {
        let remove = async |auth: &Auth| {
            let user = find(auth, &self.name).await?;
            let ended = auth.remove_user(user.id, &by("hallpass user remove")).await?;
            Ok((user.id, ended.ok_or_else(|| nobody(&self.name))?))
        };
        let (id, ended) = self.settings.with(remove).await?;
        let ended = u64::from(ended);
        let said = format!("removed {}, who had {}", printable(&self.name), counted(ended, "session"));
        self.done(&said, || json!({ "id": id, "username": self.name, "ended_sessions": ended }))
    }

    /// Says what was done.
    fn done(&self, said: &str, document: impl FnOnce() -> Value) -> Done {
        if self.format.json {
            return say_json(&document());
        }
        eprintln!("{said}");
        Ok(())
    }
}

impl SetField {
    async fn run(self) -> Done {
        let Self { user: named, field, value } = self;
        let set = async |auth: &Auth| {
            let user = find(auth, &named.name).await?;
            let declared = auth.declared().iter().find(|declared| declared.name == field);
            let declared = declared.ok_or_else(|| Failure::new(format!("accounts have no {}", printable(&field))))?;
            Ok(auth.fill_in(user.id, *declared, &value, &by("hallpass user set-field")).await?)
        };
        named.settings.with(set).await?;
        let said = format!("{} of {} is {}", printable(&field), printable(&named.name), printable(&value));
        named.done(&said, || json!({ "username": named.name, "field": field, "value": value.trim() }))
    }
}

impl List {
    async fn run(self) -> Done {
        let users = self.settings.with(async |auth| Ok(auth.users(self.paged.asked()).await?)).await?;
        let row = |user: &UserLine| {
            let state = if user.disabled_at.is_some() { "disabled" } else { "enabled" };
            [user.id.to_string(), time(user.created_at), state.to_owned(), user.username.clone()]
        };
        show(&users, "users", &self.format, ["ID", "MADE", "STATE", "NAME"], row, line)
    }
}

/// The account that a name stands for.
pub async fn find(auth: &Auth, name: &str) -> Result<UserLine, Failure> {
    auth.user_named(name).await?.ok_or_else(|| nobody(name))
}

pub fn nobody(name: &str) -> Failure {
    Failure::new(format!("nobody has the name {}", printable(name)))
}

/// From nowhere, which is how the operator comes.
pub fn by(command: &str) -> Visit {
    Visit { user_agent: command.to_owned(), ..Visit::default() }
}

fn line(user: &UserLine) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "created_at": time(user.created_at),
        "password_changed_at": time(user.password_changed_at),
        "disabled_at": user.disabled_at.map(time),
    })
}

/// Whether failures in a row keep everybody out but those on devices that are known. The limits that time lifts are not among it.
fn closed(details: &UserDetails) -> bool {
    details.stranger_failures >= in_a_row(Who::Stranger)
}

fn described(user: &UserLine, details: UserDetails, fields: &Fields) -> Value {
    let UserDetails { live_sessions, last_seen_at, stranger_failures, known_failures } = details;
    let mut document = line(user);
    document["live_sessions"] = live_sessions.into();
    document["last_seen_at"] = last_seen_at.map(time).into();
    document["failures_in_a_row"] = json!({ "strangers": stranger_failures, "known_devices": known_failures });
    document["closed_to_new_devices"] = closed(&details).into();
    for Filled { name, value } in fields.iter() {
        document["fields"][name] = value.as_str().into();
    }
    document
}

/// The first line of standard input, without its end. On a terminal nobody reads it over the shoulder.
fn read_password() -> Result<Password, Failure> {
    let unreadable = |error| Failure::new(format!("the password could not be read: {error}"));
    if io::stdin().is_terminal() {
        let typed = rpassword::prompt_password("Password: ").map(Zeroizing::new);
        return Ok(Password::new(&typed.map_err(unreadable)?));
    }
    let mut line = Zeroizing::new(String::new());
    let read = io::stdin().lock().take(LONGEST_LINE).read_line(&mut line);
    read.map_err(unreadable)?;
    Ok(Password::new(line.trim_end_matches(['\n', '\r'])))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_account_is_closed_to_new_devices_by_the_eightieth_failure_of_strangers_in_a_row() {
        let user = UserLine {
            id: Uuid::nil(),
            username: "ada".to_owned(),
            created_at: 0,
            password_changed_at: 0,
            disabled_at: None,
        };
        for (stranger_failures, closed) in [(0, false), (79, false), (80, true), (81, true)] {
            let details = UserDetails { stranger_failures, known_failures: 20, ..UserDetails::default() };
            let document = described(&user, details, &Fields::default());
            assert_eq!(document["closed_to_new_devices"], closed, "{stranger_failures}");
            assert_eq!(document["failures_in_a_row"], json!({ "strangers": stranger_failures, "known_devices": 20 }));
        }
    }
}
