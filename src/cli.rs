//! The operator's commands.
//!
//! | room | |
//! |---|---|
//! | [`settings`] | the settings of a command, which are those of the server |
//! | [`serving`] | `serve` |
//! | [`user`], [`session`], [`event`] | accounts, sessions and what happened to them |
//! | [`key`] | the keys that sign access tokens |
//! | [`copies`] | `backup` and `restore` |
//! | [`config`] | `config check` |
//! | [`lists`], [`output`], [`failure`] | pages, what is said on standard output, and what on standard error |

mod config;
mod copies;
mod event;
mod failure;
mod key;
mod lists;
mod output;
mod serving;
mod session;
mod settings;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::server::{self, config::Flags};
use failure::{Done, Failure};

/// Sign-in for Leptos apps, in one binary.
///
/// Every option is an environment variable as well: `--access-ttl` is `HALLPASS_ACCESS_TTL`.
#[derive(Parser)]
#[command(name = "hallpass", version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 not done, with the reason on standard error; 2 a command line or configuration that makes no sense.";

#[derive(Subcommand)]
enum Command {
    /// Serve the app; what is done when no command is given
    Serve(Flags),
    /// Manage accounts
    #[command(subcommand)]
    User(user::Command),
    /// See and end sessions
    #[command(subcommand)]
    Session(session::Command),
    /// Read what happened
    #[command(subcommand)]
    Event(event::Command),
    /// See and rotate the keys that sign access tokens
    #[command(subcommand)]
    Key(key::Command),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Copy the database into a file, also while a server runs
    ///
    /// The copy is for its owner alone, checked, and there whole or not at all. It does not hold the secret in the data folder, without which
    /// nobody can use it, you included: keep that too, and somewhere else. With PostgreSQL use `pg_dump`.
    Backup(copies::Backup),
    /// Put a backup in the place of the database; no server may run
    ///
    /// The backup is checked first, and what was there before stays beside it. All sessions in the backup are ended: people who have renewed
    /// theirs since would otherwise be taken for thieves, because their browsers know of tokens that the backup has not seen, and sessions that
    /// were ended since would live again. With PostgreSQL use `pg_restore`.
    Restore(copies::Restore),
}

/// Parses the command line and does what it says.
///
/// Exit codes: 0 done; 1 failed; 2 a command line or configuration that makes no sense.
pub fn run() -> ExitCode {
    let line = Line::parse();
    let command = line.command.unwrap_or(Command::Serve(line.flags));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(format!("the system gave no threads: {error}")).exit(),
    };
    match runtime.block_on(carry_out(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}

async fn carry_out(command: Command) -> Done {
    if !matches!(command, Command::Serve(_)) {
        server::start_logging_if_asked();
    }
    match command {
        Command::Serve(flags) => serving::serve(&flags).await,
        Command::User(command) => Box::pin(command.run()).await,
        Command::Session(command) => Box::pin(command.run()).await,
        Command::Event(command) => Box::pin(command.run()).await,
        Command::Key(command) => Box::pin(command.run()).await,
        Command::Config(command) => Box::pin(command.run()).await,
        Command::Backup(asked) => Box::pin(asked.run()).await,
        Command::Restore(asked) => Box::pin(asked.run()).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Line, clap::Error> {
        Line::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Line::command().debug_assert();
    }

    #[test]
    fn a_command_line_that_makes_no_sense_is_told_from_one_that_fails() {
        for line in [
            "hallpass user",
            "hallpass user add",
            "hallpass user list --limit 0",
            "hallpass user list --limit 1001",
            "hallpass user list --after ada",
            "hallpass session end",
            "hallpass session end not-an-id",
            "hallpass session end --user ada --all",
            "hallpass session end --user ada 019a0000-0000-7000-8000-000000000000",
            "hallpass session end --all",
            "hallpass event list --kind nonsense",
            "hallpass event list --since yesterday",
            "hallpass user set-password ada secret",
            "hallpass user set-password ada --password secret",
        ] {
            let error = parse(line).err().unwrap_or_else(|| panic!("{line} was taken"));
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn every_command_is_in_the_operators_document() {
        let document = std::fs::read_to_string("docs/operate.md").unwrap();
        let line = Line::command();
        let mut named = 0;
        for group in line.get_subcommands().filter(|command| command.get_name() != "serve") {
            let within: Vec<_> =
                group.get_subcommands().map(|command| format!("{} {}", group.get_name(), command.get_name())).collect();
            let own = if within.is_empty() { vec![group.get_name().to_owned()] } else { within };
            for command in own {
                let says = document.lines().any(|line| line.starts_with("| `hallpass") && line.contains(&command))
                    || document.contains(&format!("`hallpass {command}"));
                assert!(says, "{command}");
                named += 1;
            }
        }
        assert!(named > 15, "the search finds them: {named}");
    }

    #[test]
    fn help_shows_what_a_command_needs_and_not_every_setting_of_the_server() {
        let mut line = Line::command();
        line.build();
        let help = |line: &mut clap::Command, path: [&str; 2]| {
            let command = path.iter().fold(line, |line, name| line.find_subcommand_mut(name).unwrap());
            command.render_long_help().to_string()
        };
        let disable = help(&mut line, ["user", "disable"]);
        assert!(disable.contains("--data-dir") && disable.contains("--json"), "{disable}");
        assert!(!disable.contains("--idle-ttl"), "{disable}");
        let check = help(&mut line, ["config", "check"]);
        assert!(check.contains("--idle-ttl"), "{check}");
    }
}
