//! What the operator says, by flag or by environment, checked before anything is done with it.

mod secrets;

use std::{
    ffi::OsStr,
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use http::Uri;

use super::{
    data_dir::{DataDir, DataDirError},
    proxies::{NoProxy, Proxies},
};
use crate::{
    auth::{keys::schedule, purging::Retention, rng::Rng, secret::ServerSecret, secrets::Secrets},
    store::{PostgresSettings, UnixMillis},
};

/// The flags of `hallpass serve`. Every one is an environment variable as well. All are text here, so that a bad value is
/// reported by its variable, with all the others, and a secret never.
#[derive(Args, Clone, Default)]
pub struct Flags {
    /// Address to listen on; port 0 picks a free one and logs it
    #[arg(long, env = "HALLPASS_ADDR", default_value = "127.0.0.1:3000", value_name = "ADDRESS:PORT")]
    pub addr: String,
    /// The origin people use; https unless the host is this machine [default: http://localhost:PORT]
    #[arg(long, env = "HALLPASS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Address to serve Prometheus metrics on, for the operator alone; port 0 picks a free one and logs it [default: none]
    #[arg(long, env = "HALLPASS_METRICS_ADDR", value_name = "ADDRESS:PORT")]
    pub metrics_addr: Option<String>,
    /// Reverse proxies whose X-Forwarded-For is believed, as addresses and networks with commas between [default: none]
    #[arg(long, env = "HALLPASS_TRUSTED_PROXIES", value_name = "ADDRESSES")]
    pub trusted_proxies: Option<String>,
    /// Folder for the SQLite file and the generated secret
    #[arg(long, env = "HALLPASS_DATA_DIR", default_value = "data", value_name = "FOLDER")]
    pub data_dir: String,
    /// The database, as `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME` [default: hallpass.db in the data folder]
    #[arg(long, env = "HALLPASS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// PostgreSQL: how many connections at most
    #[arg(long, env = "HALLPASS_DATABASE_POOL", default_value = "10", value_name = "NUMBER")]
    pub database_pool: String,
    /// PostgreSQL: how long a statement may take
    #[arg(long, env = "HALLPASS_DATABASE_TIMEOUT", default_value = "5s", value_name = "TIME")]
    pub database_timeout: String,
    /// PostgreSQL: how long to wait for a connection
    #[arg(long, env = "HALLPASS_DATABASE_CONNECT_TIMEOUT", default_value = "3s", value_name = "TIME")]
    pub database_connect_timeout: String,
    /// The server's secret, at least 32 bytes [default: generated once into the data folder]
    #[arg(long, env = "HALLPASS_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub secret: Option<String>,
    /// A file with the server's secret, instead of the secret itself
    #[arg(long, env = "HALLPASS_SECRET_FILE", value_name = "FILE")]
    pub secret_file: Option<String>,
    /// The secret that will follow, accepted already; for several instances that are restarted one by one [default: none]
    #[arg(long, env = "HALLPASS_SECRET_NEXT", value_name = "TEXT", hide_env_values = true)]
    pub secret_next: Option<String>,
    /// A file with the secret that will follow
    #[arg(long, env = "HALLPASS_SECRET_NEXT_FILE", value_name = "FILE")]
    pub secret_next_file: Option<String>,
    /// The secret before, accepted until a time [default: none]
    #[arg(long, env = "HALLPASS_SECRET_PREVIOUS", value_name = "TEXT", hide_env_values = true)]
    pub secret_previous: Option<String>,
    /// A file with the secret before
    #[arg(long, env = "HALLPASS_SECRET_PREVIOUS_FILE", value_name = "FILE")]
    pub secret_previous_file: Option<String>,
    /// Until when the secret before is accepted, such as 2027-01-31T12:00:00Z
    #[arg(long, env = "HALLPASS_SECRET_PREVIOUS_UNTIL", value_name = "TIME")]
    pub secret_previous_until: Option<String>,
    /// How long a key signs access tokens before the next one does; never: until `hallpass key rotate`
    #[arg(long, env = "HALLPASS_KEY_ROTATION", default_value = "30d", value_name = "TIME|never")]
    pub key_rotation: String,
    /// How long an access token lives
    #[arg(long, env = "HALLPASS_ACCESS_TTL", default_value = "15m", value_name = "TIME")]
    pub access_ttl: String,
    /// A session not refreshed this long ends
    #[arg(long, env = "HALLPASS_IDLE_TTL", default_value = "7d", value_name = "TIME")]
    pub idle_ttl: String,
    /// A session ends then, whatever happens
    #[arg(long, env = "HALLPASS_ABSOLUTE_TTL", default_value = "30d", value_name = "TIME")]
    pub absolute_ttl: String,
    /// How long a new refresh token takes to settle before its parent is dead; 0s is strict mode
    #[arg(long, env = "HALLPASS_ROTATION_SETTLE", default_value = "120s", value_name = "TIME")]
    pub rotation_settle: String,
    /// How long an ended session is kept, to explain itself to whoever comes with it
    #[arg(long, env = "HALLPASS_SESSION_RETENTION", default_value = "30d", value_name = "TIME")]
    pub session_retention: String,
    /// How long is kept what happened to an account, for its person to read
    #[arg(long, env = "HALLPASS_EVENT_RETENTION", default_value = "365d", value_name = "TIME")]
    pub event_retention: String,
    /// Whether people may make accounts: open or closed
    #[arg(long, env = "HALLPASS_SIGNUP", default_value = "open", value_name = "open|closed")]
    pub signup: String,
    /// Whom to tell of a weakness, for /.well-known/security.txt, as a URI such as mailto:security@example.com [default: none]
    #[arg(long, env = "HALLPASS_SECURITY_CONTACT", value_name = "URI")]
    pub security_contact: Option<String>,
}

const VARIABLES: [&str; 25] = [
    "HALLPASS_ADDR",
    "HALLPASS_PUBLIC_URL",
    "HALLPASS_METRICS_ADDR",
    "HALLPASS_TRUSTED_PROXIES",
    "HALLPASS_DATA_DIR",
    "HALLPASS_DATABASE_URL",
    "HALLPASS_DATABASE_POOL",
    "HALLPASS_DATABASE_TIMEOUT",
    "HALLPASS_DATABASE_CONNECT_TIMEOUT",
    "HALLPASS_SECRET",
    "HALLPASS_SECRET_FILE",
    "HALLPASS_SECRET_NEXT",
    "HALLPASS_SECRET_NEXT_FILE",
    "HALLPASS_SECRET_PREVIOUS",
    "HALLPASS_SECRET_PREVIOUS_FILE",
    "HALLPASS_SECRET_PREVIOUS_UNTIL",
    "HALLPASS_KEY_ROTATION",
    "HALLPASS_ACCESS_TTL",
    "HALLPASS_IDLE_TTL",
    "HALLPASS_ABSOLUTE_TTL",
    "HALLPASS_ROTATION_SETTLE",
    "HALLPASS_SESSION_RETENTION",
    "HALLPASS_EVENT_RETENTION",
    "HALLPASS_SIGNUP",
    "HALLPASS_SECURITY_CONTACT",
];

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

type Checked<T> = Result<T, (String, &'static str)>;

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
        };
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
    }

    /// The origin people use, without a slash at its end. `port`: the one listened on.
    pub fn public_url(&self, port: u16) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://localhost:{port}"))
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
    let ours = |name: &str| name.starts_with("HALLPASS_") && !VARIABLES.contains(&name);
    let mut unknown: Vec<String> =
        environment.map(|name| name.as_ref().to_string_lossy().into_owned()).filter(|name| ours(name)).collect();
    unknown.sort();
    unknown
        .into_iter()
        .map(|variable| ConfigError {
            variable,
            problem: "is set, and means nothing to this version".to_owned(),
            allowed: VARIABLES.join(", "),
        })
        .collect()
}

fn address(text: &str) -> Checked<SocketAddr> {
    let allowed = "an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000";
    text.parse().map_err(|_| (format!("is {text:?}, which is no address to listen on"), allowed))
}

/// Not the public one: what stands there is nobody's business.
fn metrics_address(flags: &Flags) -> Checked<Option<SocketAddr>> {
    let Some(text) = &flags.metrics_addr else { return Ok(None) };
    let metrics = address(text)?;
    if metrics.port() != 0 && flags.addr.parse() == Ok(metrics) {
        return Err((format!("is {text:?}, and so is HALLPASS_ADDR"), "an address or a port of its own"));
    }
    Ok(Some(metrics))
}

fn public_url(text: &str) -> Checked<String> {
    let allowed =
        "an origin such as https://example.com, without a path; http only for localhost and loopback addresses";
    let wrong = |problem: &str| (format!("is {text:?}, which {problem}"), allowed);
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| wrong("is no URL"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong("is no URL")) };
    if authority.as_str().contains('@') {
        // And maybe a password, so it is not repeated.
        return Err(("holds a username".to_owned(), allowed));
    }
    if uri.path_and_query().is_some_and(|rest| rest.as_str() != "/") {
        return Err(wrong("has a path"));
    }
    let host = authority.host().trim_matches(['[', ']']);
    let loopback =
        host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match scheme {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err(wrong("is not https")),
        _ => return Err(wrong("is neither http nor https")),
    }
    // As a browser writes it in `Origin`.
    let authority = authority.as_str().to_ascii_lowercase();
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    Ok(format!("{scheme}://{}", authority.strip_suffix(default_port).unwrap_or(&authority)))
}

fn proxies(text: Option<&str>) -> Checked<Proxies> {
    let allowed = "the addresses of your reverse proxies and the networks that they are in, with commas between, such as 127.0.0.1, 10.1.0.0/16, fd00::/8";
    let Some(text) = text else { return Ok(Proxies::default()) };
    Proxies::named(text).map_err(|NoProxy { text, why }| (format!("names {text:?}, which {why}"), allowed))
}

fn folder(text: &str) -> Checked<PathBuf> {
    if text.is_empty() { Err(("is empty".to_owned(), "a folder")) } else { Ok(text.into()) }
}

/// The URL may hold a password, so it is not repeated.
fn database(text: &str) -> Checked<Place> {
    let allowed = "sqlite: and the path of a file, such as sqlite:/var/lib/hallpass/hallpass.db, or the URL of a PostgreSQL database, such as postgres://hallpass@localhost/hallpass";
    if text.starts_with("postgres:") || text.starts_with("postgresql:") {
        let settings = PostgresSettings::of(text);
        return settings.map(Place::Postgres).ok_or_else(|| ("is no URL of a PostgreSQL database".to_owned(), allowed));
    }
    let path = text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)).unwrap_or_default();
    if path.is_empty() || path.contains(':') || path.contains('?') {
        return Err(("does not name a file".to_owned(), allowed));
    }
    Ok(Place::File(path.into()))
}

fn pool_size(text: &str) -> Checked<u32> {
    let size = text.parse().ok().filter(|size| (2..=1_000).contains(size));
    size.ok_or_else(|| (format!("is {text:?}"), "a number from 2 to 1000"))
}

fn time(text: &str, least: UnixMillis, most: UnixMillis, allowed: &'static str) -> Checked<UnixMillis> {
    let wrong = |problem: &str| (format!("is {text:?}, which {problem}"), allowed);
    let time: Duration = humantime::parse_duration(text).map_err(|_| wrong("is no time"))?;
    let millis = UnixMillis::try_from(time.as_millis()).unwrap_or(UnixMillis::MAX);
    match millis {
        _ if millis % 1_000 != 0 => Err(wrong("is not in whole seconds")),
        _ if millis < least => Err(wrong("is too short")),
        _ if millis > most => Err(wrong("is too long")),
        _ => Ok(millis),
    }
}

fn key_rotation(text: &str) -> Checked<Option<UnixMillis>> {
    if text == "never" || text == "0" {
        return Ok(None);
    }
    time(text, schedule::SHORTEST, 3_650 * 86_400_000, "a time from 1h to 3650d, such as 30d, or never").map(Some)
}

fn retention(text: &str) -> Checked<UnixMillis> {
    let day = 86_400_000;
    time(text, day, 3_650 * day, "a time from 1d to 3650d, such as 30d")
}

fn signup(text: &str) -> Checked<bool> {
    match text {
        "open" => Ok(true),
        "closed" => Ok(false),
        _ => Err((format!("is {text:?}"), "open or closed")),
    }
}

/// RFC 9116, section 2.5.3. In one line of visible characters, since it becomes one.
fn security_contact(text: &str) -> Checked<String> {
    let rest = ["mailto:", "https://", "tel:"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    if rest.is_some_and(|rest| !rest.is_empty()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    let allowed = "a URI such as mailto:security@example.com, https://example.com/report or tel:+1-201-555-0123";
    Err((format!("is {text:?}"), allowed))
}

#[cfg(test)]
#[path = "config_tests.rs"]
pub mod tests;
