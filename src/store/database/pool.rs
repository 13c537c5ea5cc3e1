//! Connections that are used again. A pool of sqlx's own asks the database of each connection that is given back whether it is still there, which is a
//! second question for each one that was wanted.

use std::{fmt, io, time::Duration};

use deadpool::managed::{self, Manager, Metrics, PoolError, RecycleError, RecycleResult};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{sleep, timeout};

/// What was idle for longer is tried before it is used: the database may have been restarted.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// An older one is replaced, so that what it has gathered at the database goes, and a database that has moved is found.
const OLDEST: Duration = Duration::from_mins(30);
/// A database that refuses connections is asked again after so long: it may be starting.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// At most so many connections, made as they are wanted.
pub struct Pool<C: Connection> {
    idle: managed::Pool<Maker<C>>,
    /// What the wait for one may take.
    patience: Duration,
}

/// A connection that goes back into its pool when it is dropped.
pub type Pooled<C> = managed::Object<Maker<C>>;

pub struct Maker<C: Connection> {
    options: C::Options,
}

impl<C: Connection> Pool<C> {
    pub fn new(options: C::Options, size: u32, patience: Duration) -> Self {
        let size = size.try_into().unwrap_or(usize::MAX);
        let idle = managed::Pool::builder(Maker { options }).max_size(size).build();
        Self { idle: idle.expect("without time limits of its own it needs no runtime"), patience }
    }

    pub async fn get(&self) -> Result<Pooled<C>, sqlx::Error> {
        match timeout(self.patience, self.idle.get()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(PoolError::Closed)) => Err(sqlx::Error::PoolClosed),
            Ok(Err(_)) | Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// How many are open, and how many of these nobody uses.
    pub fn size(&self) -> (usize, usize) {
        let status = self.idle.status();
        (status.size, status.available)
    }

    /// Says goodbye to the database, too.
    pub async fn close(&self) {
        for connection in self.idle.retain(|_, _| false).removed {
            // It is gone either way.
            let _ = connection.close().await;
        }
        self.idle.close();
    }
}

impl<C: Connection> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self { idle: self.idle.clone(), patience: self.patience }
    }
}

impl<C: Connection> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({})", self.size().0)
    }
}

impl<C: Connection> Manager for Maker<C> {
    type Type = C;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<C, sqlx::Error> {
        loop {
            match self.options.connect().await {
                Err(sqlx::Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    sleep(BETWEEN_TRIES).await;
                }
                made => return made,
            }
        }
    }

    async fn recycle(&self, connection: &mut C, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.age() > OLDEST {
            return Err(RecycleError::message("it is old"));
        }
        if metrics.last_used() > TRUSTED_FOR {
            connection.ping().await?;
        }
        Ok(())
    }
}
