//! The secret, and those that are accepted beside it while it is being replaced.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Flags, values::Checked};
use crate::{
    auth::{secret::ServerSecret, secrets::Secrets},
    server::data_dir,
    store::UnixMillis,
};

/// What is accepted beside the secret in use.
#[derive(Default)]
pub struct Beside {
    previous: Option<(ServerSecret, UnixMillis)>,
    next: Option<ServerSecret>,
}

impl Beside {
    pub fn has_previous(&self) -> bool {
        self.previous.is_some()
    }

    pub fn with(&self, current: ServerSecret) -> Secrets {
        let mut secrets = Secrets::from(current);
        if let Some((previous, until)) = &self.previous {
            secrets = secrets.after(previous.again(), *until);
        }
        if let Some(next) = &self.next {
            secrets = secrets.before(next.again());
        }
        secrets
    }
}

pub fn current(flags: &Flags) -> Checked<Option<ServerSecret>> {
    let allowed = "at least 32 bytes that nobody can guess, from HALLPASS_SECRET or from HALLPASS_SECRET_FILE but not from both; `openssl rand -base64 48` makes one";
    given(flags.secret.as_ref(), flags.secret_file.as_ref(), "HALLPASS_SECRET_FILE", allowed)
}

pub fn next(flags: &Flags) -> Checked<Option<ServerSecret>> {
    let allowed =
        "the secret that will follow HALLPASS_SECRET, from here or from HALLPASS_SECRET_NEXT_FILE but not from both";
    given(flags.secret_next.as_ref(), flags.secret_next_file.as_ref(), "HALLPASS_SECRET_NEXT_FILE", allowed)
}

pub fn previous(flags: &Flags) -> Checked<Option<ServerSecret>> {
    let allowed =
        "the secret that was HALLPASS_SECRET before, from here or from HALLPASS_SECRET_PREVIOUS_FILE but not from both";
    let (text, file) = (flags.secret_previous.as_ref(), flags.secret_previous_file.as_ref());
    given(text, file, "HALLPASS_SECRET_PREVIOUS_FILE", allowed)
}

/// Without a time it would be accepted for ever, because nobody would remember to take it away.
pub fn previous_until(flags: &Flags) -> Checked<Option<UnixMillis>> {
    let allowed = "with a previous secret, the time until which it is accepted, such as 2027-01-31T12:00:00Z; without one, nothing";
    let there_is_one = flags.secret_previous.is_some() || flags.secret_previous_file.is_some();
    match &flags.secret_previous_until {
        None if there_is_one => Err(("is not set, and there is a previous secret".to_owned(), allowed)),
        Some(_) if !there_is_one => Err(("is set, and there is no previous secret".to_owned(), allowed)),
        None => Ok(None),
        Some(text) => {
            let time = humantime::parse_rfc3339(text);
            time.map(|time| Some(millis(time))).map_err(|_| (format!("is {text:?}, which is no time"), allowed))
        }
    }
}

/// `previous` and `until` were checked to come together.
pub fn beside(previous: Option<ServerSecret>, until: Option<UnixMillis>, next: Option<ServerSecret>) -> Beside {
    Beside { previous: previous.zip(until), next }
}

fn millis(time: SystemTime) -> UnixMillis {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis::try_from(since.as_millis()).unwrap_or(UnixMillis::MAX)
}

/// A secret in a variable or in a file.
fn given(
    text: Option<&String>,
    file: Option<&String>,
    file_variable: &str,
    allowed: &'static str,
) -> Checked<Option<ServerSecret>> {
    let (bytes, from) = match (text, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err((format!("is set, and so is {file_variable}"), allowed)),
        (Some(text), None) => (text.clone().into_bytes(), String::new()),
        (None, Some(file)) => {
            let bytes = fs::read(file)
                .map_err(|error| (format!("cannot be read from {file} ({file_variable}): {error}"), allowed))?;
            data_dir::warn_if_others_can_read(Path::new(file));
            (bytes.trim_ascii_end().to_vec(), format!("in {file} ({file_variable}) "))
        }
    };
    ServerSecret::new(bytes).map(Some).map_err(|weak| (format!("{from}{weak}"), allowed))
}
