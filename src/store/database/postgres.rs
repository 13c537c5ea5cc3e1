//! PostgreSQL, 14 or later: connecting, or saying in words why that does not go.

use std::{fmt, str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, PgConnection,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use super::{Database, held::Connections, migrations, pool::Pool};

/// How long beyond a statement's own time limit the wait for its answer goes on.
const LATE: Duration = Duration::from_secs(1);
/// For the questions that follow what others do.
const FOLLOWERS: u32 = 1;

/// Where it is, and how it is used. Does not print: the URL may hold a password.
#[derive(Clone)]
pub struct PostgresSettings {
    pub(super) options: Box<PgConnectOptions>,
    /// Connections at most.
    pub pool_size: u32,
    /// What a statement may take, the wait for a lock among it.
    pub statement_timeout: Duration,
    /// What the wait for a connection may take.
    pub connect_timeout: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error("PostgreSQL at {place} cannot be reached or used: {source}")]
    Unusable { place: String, source: sqlx::Error },
    #[error(
        "the database at {place} was brought up to date by a newer version of hallpass (migration {found}, this one knows up to {known}); run that version"
    )]
    Newer { place: String, found: i64, known: i64 },
    #[error("the tables at {place} could not be brought up to date: {source}")]
    Migrate { place: String, source: MigrateError },
}

impl PostgresSettings {
    /// `None`: it is no URL of a PostgreSQL database.
    pub fn of(url: &str) -> Option<Self> {
        let options = PgConnectOptions::from_str(url).ok()?.application_name("hallpass").disable_statement_logging();
        // What leaves this machine is encrypted, and goes to whom the certificate names, unless the URL says otherwise.
        let says = url.contains("sslmode=") || url.contains("ssl-mode=");
        let options = if says || is_local(&options) { options } else { options.ssl_mode(PgSslMode::VerifyFull) };
        let [statement_timeout, connect_timeout] = [5, 3].map(Duration::from_secs);
        Some(Self { options: Box::new(options), pool_size: 10, statement_timeout, connect_timeout })
    }

    /// In words, without who connects and with which password.
    pub fn place(&self) -> String {
        let Self { options, .. } = self;
        format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or_default())
    }
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_matches(['[', ']']);
    let loopback = || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    options.get_socket().is_some() || host == "localhost" || host.starts_with('/') || loopback()
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresSettings({})", self.place())
    }
}

impl Database {
    pub async fn connect(settings: &PostgresSettings) -> Result<Self, PostgresError> {
        let place = settings.place();
        let timeout = settings.statement_timeout.as_millis();
        // `synchronous_commit`, since what was acknowledged must survive a power cut whatever the server's default is.
        let options = (*settings.options).clone().options([
            ("statement_timeout", timeout.to_string().as_str()),
            ("idle_in_transaction_session_timeout", (2 * timeout).to_string().as_str()),
            ("synchronous_commit", "on"),
        ]);
        let [connections, follower] = [settings.pool_size, FOLLOWERS].map(|size| {
            let pool = Pool::new(options.clone(), size, settings.connect_timeout);
            Connections::new(pool, settings.statement_timeout + LATE)
        });
        let unusable = |source| PostgresError::Unusable { place: place.clone(), source };
        let mut first = connections.pool().get().await.map_err(unusable)?;
        migrate(&mut first, place).await?;
        drop(first);
        let listened = PgPoolOptions::new().max_connections(1).acquire_timeout(settings.connect_timeout);
        Ok(Self::Postgres { connections, follower, listened: listened.connect_lazy_with(options) })
    }
}

/// Under a lock of the database, so that of several instances that start at once one does it.
async fn migrate(connection: &mut PgConnection, place: String) -> Result<(), PostgresError> {
    let run = async { migrations::migrator().await?.run(connection).await };
    run.await.map_err(|source| match source {
        MigrateError::VersionMissing(found) => PostgresError::Newer { place, found, known: migrations::newest() },
        source => PostgresError::Migrate { place, source },
    })
}
