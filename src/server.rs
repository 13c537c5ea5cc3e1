//! HTTP: the process from its configuration to its end, and the router in between.
//!
//! | room | |
//! |---|---|
//! | [`config`] | what the operator says, checked |
//! | [`data_dir`] | the folder with the database and the secret |
//! | [`checking`] | whether a server could start, found out without starting one |
//! | [`copies`] | backups of it |
//! | [`operating`] | the database opened for a command |
//! | [`connections`] | accepted, served, and seen through at the end
//! | [`router`] | every route and every layer |
//! | [`pages`], [`forms`], [`account_forms`] | the app rendered, and its forms sent without scripts |
//! | [`calls`] | server functions over HTTP: status codes |
//! | [`v1`] | the program's face |
//! | [`site`] | the embedded files |
//! | [`headers`], [`problems`] | what every answer carries, and every refusal looks like |
//! | [`proxies`] | from which address a request comes |
//! | [`well_known`] | whom to tell of a weakness, where to change a password |
//! | [`guards`], [`malformed`] | what stands around every route |
//! | [`telemetry`], [`panics`] | logs, and what is told of a panic |
//! | [`metrics`], [`figures`] | numbers for Prometheus, on a listener of their own |

mod account_forms;
mod calls;
mod checking;
pub mod config;
pub mod connections;
mod copies;
mod data_dir;
mod figures;
mod forms;
mod guards;
mod headers;
mod malformed;
pub mod metrics;
mod operating;
mod pages;
mod panics;
mod problems;
pub mod proxies;
pub mod router;
pub mod site;
pub mod state;
pub mod telemetry;
mod too_many_cookies;
pub mod v1;
mod well_known;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch};

use crate::{
    auth::{
        Auth, Policy,
        clock::{Clock, DatabaseClock, SystemClock},
        keys::KeysError,
        rng::{Rng, SystemRng},
    },
    own::FIELDS,
    store::{OpenError, PostgresError, Store},
};
use config::{Config, ConfigErrors, Place};
use data_dir::{DataDir, DataDirError, NoSecret};
use state::AppState;

pub use checking::{Findings, Kept, Problem, check};
pub use copies::{CopiesError, Restored, backup, restore};
pub use operating::{open_for_command, open_or_make};
pub use telemetry::{start as start_logging, start_if_asked as start_logging_if_asked};

/// How often what others did is asked for, at least.
const KEPT_UP_EVERY: Duration = Duration::from_millis(250);

/// What is told meanwhile is asked for once.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(20);

/// How long a stopping server waits for the requests that it has begun.
const GRACE: Duration = Duration::from_secs(30);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("cannot listen on {addr}: {source}")]
    Bind { addr: SocketAddr, source: io::Error },
    #[error("the server stopped: {0}")]
    Serve(io::Error),
    #[error(transparent)]
    NoSecret(#[from] NoSecret),
    #[error("there is no database {0}; a server makes it when it starts, and so does `hallpass user add`")]
    NoDatabase(String),
}

/// Serves until the process is told to stop.
pub async fn serve(config: Config) -> Result<(), StartError> {
    let addr = config.addr;
    let listener = TcpListener::bind(addr).await.map_err(|source| StartError::Bind { addr, source })?;
    run(listener, config, stop_signal()).await
}

/// Serves on a listener until `stop` resolves; then finishes what is in flight and closes the database.
pub async fn run(
    listener: TcpListener,
    config: Config,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let local = listener.local_addr().map_err(StartError::Serve)?;
    let metrics = match config.metrics_addr {
        Some(addr) => Some(TcpListener::bind(addr).await.map_err(|source| StartError::Bind { addr, source })?),
        None => None,
    };
    let public_url = config.public_url(local.port());
    let (auth, clock) = open(&config, public_url.clone()).await?;
    let auth = Arc::new(auth);
    let state = AppState::new(Arc::clone(&auth), &public_url)
        .behind(config.proxies.clone())
        .reported_to(config.security_contact.as_deref());
    let app = router::router(state.clone());
    let mut beside = vec![tokio::spawn(tidy(Arc::clone(&auth))), tokio::spawn(keep_up(Arc::clone(&auth), clock))];
    if config.forgets_its_proxy() {
        tracing::warn!(
            "people come over https, so through a proxy, and HALLPASS_TRUSTED_PROXIES names none: all of them seem to come from its address, and share what one may fail at"
        );
    }
    tracing::info!(address = %local, url = %public_url, "listening");
    if let Some(listener) = metrics {
        tracing::info!(address = %listener.local_addr().map_err(StartError::Serve)?, "serving metrics");
        beside.push(tokio::spawn(metrics::serve(listener, state.clone())));
    }

    let drain = Duration::from_millis(config.drain.unsigned_abs());
    let (stopping, stopped) = watch::channel(false);
    let stop = async move {
        stop.await;
        state.drain();
        if !drain.is_zero() {
            tracing::info!("stopping soon: /readyz says so, and new connections are still served");
            tokio::time::sleep(drain).await;
        }
        tracing::info!("stopping: no new connections, finishing what is in flight");
        let _ = stopping.send(true);
    };
    let serving = connections::serve(listener, app, connections::Limits::default(), stop);
    tokio::select! {
        () = serving => {}
        () = out_of_patience(stopped) => tracing::warn!("some requests did not finish in time"),
    }
    for task in beside {
        task.abort();
    }
    auth.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn open(config: &Config, issuer: String) -> Result<(Auth, Option<Arc<DatabaseClock>>), StartError> {
    let data_dir = data_dir::prepare(&config.data_dir)?;
    let place = config.database(&data_dir);
    start(config, &data_dir, place, issuer, Arc::new(SystemClock)).await
}

/// Opens a database and all that stands on it. `own`: this machine's clock, for a database that nobody shares.
async fn start(
    config: &Config,
    data_dir: &DataDir,
    place: Place,
    issuer: String,
    own: Arc<dyn Clock>,
) -> Result<(Auth, Option<Arc<DatabaseClock>>), StartError> {
    let rng: Arc<dyn Rng> = Arc::new(SystemRng);
    if !config.has_secret(data_dir)? && !config.replaces_secret() && !Box::pin(checking::is_new(&place)).await? {
        return Err(NoSecret(config.data_dir.display().to_string()).into());
    }
    let secret = config.secrets(data_dir, &*rng)?;
    let store = match place {
        Place::File(path) => Box::pin(Store::open(&path)).await?,
        Place::Postgres(settings) => Box::pin(Store::connect(&settings)).await?,
    };
    let shared = DatabaseClock::start(store.clone()).await.map_err(KeysError::from)?.map(Arc::new);
    let clock: Arc<dyn Clock> = match &shared {
        Some(clock) => clock.clone(),
        None => own,
    };
    match secret.previous_until() {
        Some(until) if until <= clock.now() => {
            tracing::warn!(
                "the previous secret opens nothing any more, since its time has passed: take its settings away"
            );
        }
        Some(_) => tracing::info!("the previous secret is accepted beside the one in use"),
        None => {}
    }
    let policy = Policy {
        issuer,
        access_ttl: config.access_ttl,
        key_rotation: config.key_rotation,
        idle_ttl: config.idle_ttl,
        absolute_ttl: config.absolute_ttl,
        settle: config.settle,
        retention: config.retention,
        signup_open: config.signup_open,
        fields: FIELDS,
        cores: std::thread::available_parallelism().map_or(1, Into::into),
    };
    // Boxed, or every command would be as large as this.
    Ok((Box::pin(Auth::new(policy, &secret, store, clock, rng)).await?, shared))
}

/// The work beside the requests.
async fn tidy(auth: Arc<Auth>) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        if let Err(error) = auth.tidy().await {
            tracing::error!(%error, "tidying failed, and will be tried again");
        }
    }
}

/// Keeps up with what other instances and the operator's commands do, and with the clock that they share.
async fn keep_up(auth: Arc<Auth>, clock: Option<Arc<DatabaseClock>>) {
    let mut ears = auth.ears();
    let mut failing = false;
    loop {
        let kept_up = async {
            if let Some(clock) = &clock {
                clock.follow().await?;
            }
            auth.follow().await
        };
        let kept_up = kept_up.await;
        match &kept_up {
            Ok(()) if failing => tracing::info!("the database says again which sessions have ended"),
            Err(error) if !failing => tracing::error!(%error, "the database does not say which sessions have ended"),
            _ => {}
        }
        failing = kept_up.is_err();
        tokio::time::sleep(BETWEEN_ROUNDS).await;
        ears.listen(KEPT_UP_EVERY).await;
    }
}

async fn out_of_patience(mut stopped: watch::Receiver<bool>) {
    // If the sender is gone the server is stopping of itself.
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(GRACE).await;
}

/// SIGTERM, or Ctrl-C.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
