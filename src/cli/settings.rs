//! The settings of a command are those of the server, so that both find the same database. In its help stand only those that say where that is.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::failure::Failure;
use crate::{
    auth::Auth,
    server::{
        StartError,
        config::{Config, ConfigErrors, Flags},
        open_for_command,
    },
};

const SHOWN: [&str; 3] = ["HALLPASS_DATA_DIR", "HALLPASS_DATABASE_URL", "HALLPASS_SECRET_FILE"];

/// All settings, most of them unsaid.
#[derive(Clone)]
pub struct Settings(Flags);

impl Settings {
    pub fn understand(&self) -> Result<Config, ConfigErrors> {
        understand(&self.0)
    }

    /// Does something with the database that is there, and closes it whatever comes of it.
    pub async fn with<T>(&self, work: impl AsyncFnOnce(&Auth) -> Result<T, Failure>) -> Result<T, Failure> {
        let config = self.understand().map_err(StartError::from)?;
        let auth = Box::pin(open_for_command(&config)).await?;
        let done = work(&auth).await;
        auth.close().await;
        done
    }
}

pub fn understand(flags: &Flags) -> Result<Config, ConfigErrors> {
    Config::understand(flags, std::env::vars_os().map(|(name, _)| name))
}

/// The arguments of all settings.
pub fn all() -> Vec<Arg> {
    Flags::augment_args(Command::new("settings")).get_arguments().cloned().collect()
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        command.args(all().into_iter().map(|setting| {
            let variable = setting.get_env().and_then(|name| name.to_str()).unwrap_or_default();
            let shown = SHOWN.contains(&variable);
            if shown { setting.help_heading("Settings") } else { setting.hide(true) }
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Flags::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}
