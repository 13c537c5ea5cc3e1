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
/// For the statements that read and write for several at once: one for each that may be under way.
const TOGETHER: u32 = 8;
/// What these wait for another transaction.
const SHORT_WAIT: Duration = Duration::from_millis(50);

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
        let mut parameters = url.split_once('?').map_or("", |(_, query)| query).split('&');
        let says = parameters.any(|parameter| parameter.starts_with("sslmode=") || parameter.starts_with("ssl-mode="));
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
        // Whatever the defaults of the server, the database or the role are: what was acknowledged must survive a power cut, and each statement must
        // see what was committed before it.
        let options = (*settings.options).clone().options([
            ("statement_timeout", timeout.to_string().as_str()),
            ("idle_in_transaction_session_timeout", (2 * timeout).to_string().as_str()),
            ("synchronous_commit", "on"),
            ("default_transaction_isolation", "read committed"),
        ]);
        // One plan for good, by the index and not by what is known of the table today.
        let hasty = options.clone().options([
            ("lock_timeout", SHORT_WAIT.as_millis().to_string().as_str()),
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
        ]);
        let [connections, together, follower] =
            [(&options, settings.pool_size), (&hasty, TOGETHER), (&options, FOLLOWERS)].map(|(options, size)| {
                let pool = Pool::new(options.clone(), size, settings.connect_timeout);
                Connections::new(pool, settings.statement_timeout + LATE)
            });
        let unusable = |source| PostgresError::Unusable { place: place.clone(), source };
        let mut first = connections.pool().get().await.map_err(unusable)?;
        migrate(&mut first, place.clone()).await?;
        leave_room(&mut first).await.map_err(unusable)?;
        drop(first);
        let listened = PgPoolOptions::new().max_connections(1).acquire_timeout(settings.connect_timeout);
        let listened = listened.connect_lazy_with(options);
        Ok(Self::Postgres { connections, together, follower, listened })
    }
}

/// Every refresh writes a session's row anew. With room on its page it stays there, and no index is touched.
async fn leave_room(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let full = "SELECT 1 FROM pg_class WHERE oid = 'sessions'::regclass AND reloptions IS NULL";
    if sqlx::query(full).fetch_optional(&mut *connection).await?.is_some() {
        let leave = "ALTER TABLE sessions SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)";
        sqlx::raw_sql(leave).execute(connection).await?;
    }
    Ok(())
}

/// Under a lock of the database, so that of several instances that start at once one does it.
async fn migrate(connection: &mut PgConnection, place: String) -> Result<(), PostgresError> {
    let run = async { migrations::migrator().await?.run(connection).await };
    run.await.map_err(|source| match source {
        MigrateError::VersionMissing(found) => PostgresError::Newer { place, found, known: migrations::newest() },
        source => PostgresError::Migrate { place, source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> PgSslMode {
        PostgresSettings::of(url).unwrap().options.get_ssl_mode()
    }

    #[test]
    fn what_leaves_this_machine_goes_to_whom_the_certificate_names_unless_the_url_says_otherwise() {
        for url in [
            "postgres://ada@db.example/hallpass",
            "postgres://ada@10.0.0.7/hallpass",
            "postgres://ada@[fd00::7]/x",
            "postgres://ada:sslmode=disable@db.example/hallpass",
            "postgres://ada@db.example/hallpass?application_name=sslmode=disable",
        ] {
            assert!(matches!(mode(url), PgSslMode::VerifyFull), "{url}");
        }
        for url in [
            "postgres://ada@localhost/hallpass",
            "postgres://ada@127.0.0.1/hallpass",
            "postgres://ada@[::1]/hallpass",
            "postgres:///hallpass?host=/run/postgresql",
        ] {
            assert!(!matches!(mode(url), PgSslMode::VerifyFull), "{url}");
        }
        assert!(matches!(mode("postgres://ada@db.example/hallpass?sslmode=disable"), PgSslMode::Disable));
    }
}
