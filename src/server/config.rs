//! What the operator says, by flag or by environment, checked before anything is done with it.

mod flags;
mod secrets;
mod values;

use std::{ffi::OsStr, fmt, net::SocketAddr, path::PathBuf, time::Duration};

use super::{
    data_dir::{DataDir, DataDirError},
    proxies::Proxies,
};
use crate::{
    auth::{purging::Retention, rng::Rng, secret::ServerSecret, secrets::Secrets},
    store::{PostgresSettings, UnixMillis},
};
pub use flags::Flags;
use values::{
    address, database, folder, key_rotation, metrics_address, pool_size, proxies, public_url, retention,
    security_contact, signup, time,
};

/// What was said, understood. Times in milliseconds.
pub struct Config {
    pub addr: SocketAddr,
    public_url: Option<String>,
    pub metrics_addr: Option<SocketAddr>,
    pub proxies: Proxies,
    pub data_dir: PathBuf,
    database: Option<Place>,
    pool: Pool,
    secret: Option<ServerSecret>,
    beside: secrets::Beside,
    pub key_rotation: Option<UnixMillis>,
    pub access_ttl: UnixMillis,
    pub idle_ttl: UnixMillis,
    pub absolute_ttl: UnixMillis,
    pub settle: UnixMillis,
    pub retention: Retention,
    pub signup_open: bool,
    pub security_contact: Option<String>,
    pub drain: UnixMillis,
}

/// Where the database is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    File(PathBuf),
    Postgres(PostgresSettings),
}

/// How PostgreSQL is used. Times in milliseconds.
#[derive(Clone, Copy)]
struct Pool {
    size: u32,
    statement: UnixMillis,
    connect: UnixMillis,
}

/// One thing that is wrong with what was said.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    variable: String,
    problem: String,
    allowed: String,
}

/// Everything that is wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not usable")?;
        for ConfigError { variable, problem, allowed } in &self.0 {
            write!(f, "\n  {variable} {problem}\n    allowed: {allowed}")?;
        }
        Ok(())
    }
}

impl Config {
    /// Understands what was said, or says everything that is wrong with it. `environment`: the names of all variables, since a misspelt
    /// one must not pass silently.
    pub fn understand(
        flags: &Flags,
        environment: impl Iterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = unknown(environment);
        let mut check = |variable: &str, problem: (String, &str)| {
            let (problem, allowed) = problem;
            errors.push(ConfigError { variable: variable.to_owned(), problem, allowed: allowed.to_owned() });
        };
        macro_rules! take {
            ($variable:literal, $checked:expr, $otherwise:expr) => {
                $checked.unwrap_or_else(|problem| {
                    check($variable, problem);
                    $otherwise
                })
            };
        }
        let second = 1_000;
        let day = 86_400 * second;
        let config = Self {
            addr: take!("HALLPASS_ADDR", address(&flags.addr), SocketAddr::from(([127, 0, 0, 1], 0))),
            public_url: take!("HALLPASS_PUBLIC_URL", flags.public_url.as_deref().map(public_url).transpose(), None),
            metrics_addr: take!("HALLPASS_METRICS_ADDR", metrics_address(flags), None),
            proxies: take!("HALLPASS_TRUSTED_PROXIES", proxies(flags.trusted_proxies.as_deref()), Proxies::default()),
            data_dir: take!("HALLPASS_DATA_DIR", folder(&flags.data_dir), PathBuf::new()),
            database: take!("HALLPASS_DATABASE_URL", flags.database_url.as_deref().map(database).transpose(), None),
            pool: Pool {
                size: take!("HALLPASS_DATABASE_POOL", pool_size(&flags.database_pool), 1),
                statement: take!(
                    "HALLPASS_DATABASE_TIMEOUT",
                    time(&flags.database_timeout, second, 600 * second, "a time from 1s to 10m, such as 5s"),
                    second
                ),
                connect: take!(
                    "HALLPASS_DATABASE_CONNECT_TIMEOUT",
                    time(&flags.database_connect_timeout, second, 60 * second, "a time from 1s to 1m, such as 3s"),
                    second
                ),
            },
            secret: take!("HALLPASS_SECRET", secrets::current(flags), None),
            beside: secrets::beside(
                take!("HALLPASS_SECRET_PREVIOUS", secrets::previous(flags), None),
                take!("HALLPASS_SECRET_PREVIOUS_UNTIL", secrets::previous_until(flags), None),
                take!("HALLPASS_SECRET_NEXT", secrets::next(flags), None),
            ),
            key_rotation: take!("HALLPASS_KEY_ROTATION", key_rotation(&flags.key_rotation), None),
            access_ttl: take!(
                "HALLPASS_ACCESS_TTL",
                time(&flags.access_ttl, second, day, "a time from 1s to 1d, such as 15m"),
                second
            ),
            idle_ttl: take!(
                "HALLPASS_IDLE_TTL",
                time(&flags.idle_ttl, second, 400 * day, "a time from 1s to 400d, such as 7d"),
                day
            ),
            absolute_ttl: take!(
                "HALLPASS_ABSOLUTE_TTL",
                time(&flags.absolute_ttl, second, 400 * day, "a time from 1s to 400d, such as 30d"),
                day
            ),
            settle: take!(
                "HALLPASS_ROTATION_SETTLE",
                time(&flags.rotation_settle, 0, day, "a time from 0s to 1d, such as 120s"),
                0
            ),
            retention: Retention {
                sessions: take!("HALLPASS_SESSION_RETENTION", retention(&flags.session_retention), day),
                events: take!("HALLPASS_EVENT_RETENTION", retention(&flags.event_retention), day),
            },
            signup_open: take!("HALLPASS_SIGNUP", signup(&flags.signup), false),
            security_contact: take!(
                "HALLPASS_SECURITY_CONTACT",
                flags.security_contact.as_deref().map(security_contact).transpose(),
                None
            ),
            drain: take!("HALLPASS_DRAIN", time(&flags.drain, 0, 300 * second, "a time from 0s to 5m, such as 5s"), 0),
        };
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
    }

    /// The origin people use, without a slash at its end. `port`: the one listened on.
    pub fn public_url(&self, port: u16) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://localhost:{port}"))
    }

    /// Whether people must come through a proxy, and none is named.
    pub(super) fn forgets_its_proxy(&self) -> bool {
        self.proxies.are_none() && self.public_url.as_deref().is_some_and(|url| url.starts_with("https:"))
    }

    pub(super) fn database(&self, data_dir: &DataDir) -> Place {
        match &self.database {
            None => Place::File(data_dir.database()),
            Some(Place::File(path)) => Place::File(path.clone()),
            Some(Place::Postgres(settings)) => {
                let Pool { size, statement, connect } = self.pool;
                let duration = |time: UnixMillis| Duration::from_millis(time.unsigned_abs());
                let mut settings = settings.clone();
                (settings.pool_size, settings.statement_timeout, settings.connect_timeout) =
                    (size, duration(statement), duration(connect));
                Place::Postgres(settings)
            }
        }
    }

    /// Whether the secret comes from the operator and not from the data folder.
    pub(super) fn is_given_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether the secret need not be made first.
    pub(super) fn has_secret(&self, data_dir: &DataDir) -> Result<bool, DataDirError> {
        Ok(self.secret.is_some() || data_dir.has_secret()?)
    }

    /// Whether a database may be there already when the secret is made: the one before is accepted beside it.
    pub(super) fn replaces_secret(&self) -> bool {
        self.beside.has_previous()
    }

    /// The secret that was given, or the one in the data folder, made at the first start; and what is accepted beside it.
    pub(super) fn secrets(&self, data_dir: &DataDir, rng: &dyn Rng) -> Result<Secrets, DataDirError> {
        let current = match &self.secret {
            Some(given) => given.again(),
            None => data_dir.secret(rng)?,
        };
        Ok(self.beside.with(current))
    }
}

fn unknown(environment: impl Iterator<Item = impl AsRef<OsStr>>) -> Vec<ConfigError> {
    let known = Flags::variables();
    let ours = |name: &str| name.starts_with("HALLPASS_") && !known.iter().any(|variable| variable == name);
    let mut unknown: Vec<String> =
        environment.map(|name| name.as_ref().to_string_lossy().into_owned()).filter(|name| ours(name)).collect();
    unknown.sort();
    unknown
        .into_iter()
        .map(|variable| ConfigError {
            variable,
            problem: "is set, and means nothing to this version".to_owned(),
            allowed: known.join(", "),
        })
        .collect()
}

#[cfg(test)]
#[path = "config_tests.rs"]
pub mod tests;
