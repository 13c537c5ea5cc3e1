//! The operator's commands.

use std::{
    io::{self, BufRead, IsTerminal},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::server::{
    self, StartError,
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
    /// Manage accounts
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add an account; the password is read from standard input
    Add(AddUser),
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
