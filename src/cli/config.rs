//! `hallpass config check`.

use clap::{ArgMatches, Args, FromArgMatches, Subcommand, parser::ValueSource};
use serde_json::{Value, json};

use super::{
    failure::{Done, Failure},
    lists::Format,
    output::{say, say_json, table},
    settings::{all, understand},
};
use crate::{
    server::{self, Findings, Kept, config::Flags},
    store::Tables,
};

#[derive(Subcommand)]
pub enum Command {
    /// Say whether a server would start with this configuration; nothing is changed
    ///
    /// The configuration is understood, the database reached, its tables compared with those of this version, and the secret read. Then the
    /// settings are listed, with where each comes from; secrets are not shown.
    Check(Check),
}

#[derive(clap::Args)]
pub struct Check {
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    told: Told,
}

/// The settings, and how each came to be what it is.
pub struct Told {
    flags: Flags,
    settings: Vec<Setting>,
}

struct Setting {
    variable: String,
    /// `None`: it is not said.
    value: Option<Said>,
    from: &'static str,
}

enum Said {
    Shown(String),
    /// It is a secret, or may hold one.
    Hidden,
}

impl Command {
    pub async fn run(self) -> Done {
        let Self::Check(asked) = self;
        asked.run().await
    }
}

impl Check {
    async fn run(self) -> Done {
        let Told { flags, mut settings } = self.told;
        let config = understand(&flags)?;
        // What is not said and follows from what is.
        let public_url = settings.iter_mut().find(|setting| setting.variable == "HALLPASS_PUBLIC_URL");
        if let Some(setting) = public_url.filter(|setting| setting.value.is_none() && config.addr.port() != 0) {
            setting.value = Some(Said::Shown(config.public_url(config.addr.port())));
        }
        let found = server::check(&config).await;
        if self.format.json {
            say_json(&document(&found, &settings))?;
        } else {
            say(&in_words(&found, &settings))?;
        }
        if found.problems.is_empty() {
            return Ok(());
        }
        let problems: Vec<_> = found.problems.iter().map(ToString::to_string).collect();
        Err(Failure::new(problems.join("\nhallpass: ")))
    }
}

fn in_words(found: &Findings, settings: &[Setting]) -> String {
    let secret = match found.secret {
        Kept::Given => "given with the settings",
        Kept::InTheFolder => "in the data folder",
        Kept::Nowhere => "not there yet; it is made at the first start",
    };
    let rows: Vec<_> = settings
        .iter()
        .map(|setting| {
            let value = match &setting.value {
                Some(Said::Shown(value)) => value.clone(),
                Some(Said::Hidden) => "(not shown)".to_owned(),
                None => "-".to_owned(),
            };
            [setting.variable.clone(), value, setting.from.to_owned()]
        })
        .collect();
    let database = format!("{}: {}", crate::printable::printable(&found.database), state(found).1);
    format!("database  {database}\nsecret    {secret}\n\n{}", table(["SETTING", "VALUE", "FROM"], &rows))
}

/// Of the tables: for programs and for people.
fn state(found: &Findings) -> (&'static str, String) {
    if found.problems.iter().any(server::Problem::is_of_the_database) {
        return ("unusable", "cannot be used".to_owned());
    }
    match found.tables {
        None => ("missing", "not there yet; it is made at the first start".to_owned()),
        Some(Tables { found: None, .. }) => ("empty", "reached; its tables are made at the first start".to_owned()),
        Some(Tables { missing: 0, known, .. }) => ("current", format!("reached, and up to date (migration {known})")),
        Some(Tables { missing, .. }) => {
            ("older", format!("reached; its tables are brought up to date at the next start ({missing} migrations)"))
        }
    }
}

fn document(found: &Findings, settings: &[Setting]) -> Value {
    let secret = match found.secret {
        Kept::Given => "given",
        Kept::InTheFolder => "in_the_data_folder",
        Kept::Nowhere => "missing",
    };
    let settings = settings.iter().map(|setting| {
        let (value, hidden) = match &setting.value {
            Some(Said::Shown(value)) => (Some(value), false),
            Some(Said::Hidden) => (None, true),
            None => (None, false),
        };
        json!({ "variable": setting.variable, "value": value, "hidden": hidden, "from": setting.from })
    });
    json!({
        "usable": found.problems.is_empty(),
        "problems": found.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "database": { "place": found.database, "state": state(found).0, "migration": found.tables.and_then(|tables| tables.found) },
        "secret": secret,
        "settings": settings.collect::<Vec<_>>(),
    })
}

impl Args for Told {
    fn augment_args(command: clap::Command) -> clap::Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Flags::augment_args_for_update(command)
    }
}

impl FromArgMatches for Told {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let settings = all().iter().map(|setting| Setting::of(setting, matches)).collect();
        Ok(Self { flags: Flags::from_arg_matches(matches)?, settings })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Setting {
    /// What must not be in the help is not shown here either.
    fn of(setting: &clap::Arg, matches: &ArgMatches) -> Self {
        let id = setting.get_id().as_str();
        let said = matches.get_raw(id).and_then(|mut values| values.next());
        let value = said.map(|said| {
            if setting.is_hide_env_values_set() {
                Said::Hidden
            } else {
                Said::Shown(said.to_string_lossy().into_owned())
            }
        });
        let from = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => "flag",
            Some(ValueSource::EnvVariable) => "environment",
            _ => "default",
        };
        let variable = setting.get_env().unwrap_or_default().to_string_lossy().into_owned();
        Self { variable, value, from }
    }
}
