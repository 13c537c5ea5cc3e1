//! The operator's commands.

mod keys;

use std::{
    io::{self, BufRead, IsTerminal},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};

use crate::auth::clock::SystemClock;
use crate::server::{
    self, CopiesError, Restored, StartError,
    config::{Config, Flags},
};

/// Sign-in for Leptos apps, in one binary.
///
/// Every option is an environment variable as well: `--access-ttl` is `HALLPASS_ACCESS_TTL`.
#[derive(Parser)]
#[command(name = "hallpass", version, args_conflicts_with_subcommands = true)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the app; what is done when no command is given
    Serve(Flags),
    /// Copy the database into a file, also while a server runs
    ///
    /// The copy is for its owner alone, checked, and there whole or not at all. It does not hold the secret in the data folder, without which
    /// nobody can use it, you included: keep that too, and somewhere else. With PostgreSQL use `pg_dump`.
    Backup(Backup),
    /// Put a backup in the place of the database; no server may run
    ///
    /// The backup is checked first, and what was there before stays beside it. All sessions in the backup are ended: people who have renewed
    /// theirs since would otherwise be taken for thieves, because their browsers know of tokens that the backup has not seen, and sessions that
    /// were ended since would live again. With PostgreSQL use `pg_restore`.
    Restore(Restore),
    /// Manage accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Manage the keys that sign access tokens
    #[command(subcommand)]
    Key(keys::KeyCommand),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add an account; the password is read from standard input
    Add(AddUser),
}

#[derive(Args)]
struct Backup {
    /// The file to write
    file: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Args)]
struct Restore {
    /// What `hallpass backup` wrote
    file: PathBuf,
    /// Leave the sessions in the backup as they are, if it was made while nobody could sign in, refresh or sign out since
    #[arg(long)]
    keep_sessions: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Args)]
struct AddUser {
    /// The name to sign in with
    name: String,
    #[command(flatten)]
    flags: Flags,
}

/// Parses the command line and does what it says.
///
/// Exit codes: 0 done; 1 failed; 2 a command line or configuration that makes no sense.
pub fn run() -> ExitCode {
    let line = Line::parse();
    let command = line.command.unwrap_or(Command::Serve(line.flags));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the system gave no threads: {error}"), 1),
    };
    runtime.block_on(async {
        match command {
            Command::Serve(flags) => {
                server::start_logging();
                match serve(&flags).await {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error @ StartError::Config(_)) => fail(&error.to_string(), 2),
                    Err(error) => fail(&error.to_string(), 1),
                }
            }
            Command::Key(command) => keys::run(command).await,
            Command::Backup(asked) => copied(backup(&asked).await),
            Command::Restore(asked) => copied(restore(&asked).await),
            Command::User(UserCommand::Add(AddUser { name, flags })) => match add_user(&flags, name).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(message) => fail(&message, 1),
            },
        }
    })
}

async fn serve(flags: &Flags) -> Result<(), StartError> {
    server::serve(understand(flags)?).await
}

fn copied(done: Result<(), CopiesError>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ CopiesError::Start(StartError::Config(_))) => fail(&error.to_string(), 2),
        Err(error) => fail(&error.to_string(), 1),
    }
}

async fn backup(Backup { file, force, flags }: &Backup) -> Result<(), CopiesError> {
    let config = understand(flags).map_err(StartError::from)?;
    let size = server::backup(&config, file, *force).await?;
    eprintln!("backed up into {} ({size} bytes); keep the secret too, and somewhere else", file.display());
    Ok(())
}

async fn restore(Restore { file, keep_sessions, flags }: &Restore) -> Result<(), CopiesError> {
    let config = understand(flags).map_err(StartError::from)?;
    let Restored { aside, ended } = server::restore(&config, file, *keep_sessions, Arc::new(SystemClock)).await?;
    eprintln!("restored {}", file.display());
    if let Some(aside) = aside {
        eprintln!("what was there before is in {}", aside.display());
    }
    if *keep_sessions {
        eprintln!(
            "its sessions were kept: one that was renewed since the backup will be taken for stolen, and one that was ended since lives again"
        );
    } else {
        eprintln!("{ended} sessions in it were ended, and everybody signs in anew");
    }
    Ok(())
}

async fn add_user(flags: &Flags, name: String) -> Result<(), String> {
    let config = understand(flags).map_err(|error| error.to_string())?;
    let password = read_password().map_err(|error| format!("the password could not be read: {error}"))?;
    server::add_user(config, name.clone(), &password).await.map_err(|error| in_words(&error))?;
    eprintln!("added {name}");
    Ok(())
}

fn in_words(error: &server::AddUserError) -> String {
    use crate::auth::login::SignupError;
    match error {
        server::AddUserError::Refused(SignupError::Unacceptable { username, password }) => {
            let username = username.map(|why| why.to_string());
            let password = password.as_ref().map(ToString::to_string);
            username.into_iter().chain(password).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// The first line of standard input, without its end.
fn read_password() -> io::Result<String> {
    if io::stdin().is_terminal() {
        eprint!("Password: ");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

fn understand(flags: &Flags) -> Result<Config, server::config::ConfigErrors> {
    Config::understand(flags, std::env::vars_os().map(|(name, _)| name))
}

fn fail(message: &str, code: u8) -> ExitCode {
    eprintln!("hallpass: {message}");
    ExitCode::from(code)
}
