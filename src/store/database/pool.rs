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
/// One that takes longer to say that it is there is taken for gone.
const PING: Duration = Duration::from_secs(1);
/// What is in use when the pool is closed may take so long to finish.
const FINISH: Duration = Duration::from_secs(5);
/// What has not come yet is asked for again after so long.
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

    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// How many are open, and how many of these nobody uses.
    pub fn size(&self) -> (usize, usize) {
        let status = self.idle.status();
        (status.size, status.available)
    }

    /// Gives out no more, says goodbye on those that are idle, and waits for those that are in use.
    pub async fn close(&self) {
        let idle = self.idle.retain(|_, _| false).removed;
        self.idle.close();
        for connection in idle {
            // It is gone either way.
            let _ = connection.close().await;
        }
        let finished = async {
            while self.size().0 > 0 {
                sleep(BETWEEN_TRIES).await;
            }
        };
        let _ = timeout(FINISH, finished).await;
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

/// Whether the database is on its way up, or about to have room.
fn may_come(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => error.is_transient_in_connect_phase(),
        _ => false,
    }
}

impl<C: Connection> Manager for Maker<C> {
    type Type = C;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<C, sqlx::Error> {
        loop {
            match self.options.connect().await {
                Err(error) if may_come(&error) => sleep(BETWEEN_TRIES).await,
                made => return made,
            }
        }
    }

    async fn recycle(&self, connection: &mut C, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.age() > OLDEST {
            return Err(RecycleError::message("it is old"));
        }
        if metrics.last_used() > TRUSTED_FOR {
            timeout(PING, connection.ping()).await.map_err(|_| RecycleError::message("it is silent"))??;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use sqlx::{
        PgConnection, SqliteConnection,
        error::DatabaseError,
        postgres::{PgConnectOptions, PgSslMode},
        sqlite::SqliteConnectOptions,
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    /// A database that refuses one connection after the other, each with the next of these codes, and says no more.
    async fn refusing(codes: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for code in codes {
                let (mut stream, _) = listener.accept().await.unwrap();
                let length = stream.read_u32().await.unwrap();
                stream.read_exact(&mut vec![0; length as usize - 4]).await.unwrap();
                let fields = format!("SFATAL\0VFATAL\0C{code}\0Mnot now\0\0");
                stream.write_u8(b'E').await.unwrap();
                stream.write_u32(u32::try_from(fields.len()).unwrap() + 4).await.unwrap();
                stream.write_all(fields.as_bytes()).await.unwrap();
            }
        });
        at
    }

    async fn refusal(codes: &'static [&'static str]) -> String {
        let at = refusing(codes).await;
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(at.port()).username("ada");
        let pool = Pool::<PgConnection>::new(options.ssl_mode(PgSslMode::Disable), 1, LONG);
        let error = pool.get().await.err().expect("it refuses");
        error.as_database_error().and_then(DatabaseError::code).unwrap_or_default().into_owned()
    }

    #[tokio::test]
    async fn a_database_that_is_starting_or_full_is_asked_again_and_one_that_refuses_is_not() {
        assert_eq!(refusal(&["57P03", "53300", "28P01"]).await, "28P01");
        assert_eq!(refusal(&["28P01", "57P03"]).await, "28P01");
    }

    #[tokio::test]
    async fn what_is_in_use_is_waited_for_and_nothing_more_is_given_out() {
        let pool = Pool::<SqliteConnection>::new(SqliteConnectOptions::new().in_memory(true), 2, LONG);
        let used = pool.get().await.unwrap();
        drop(pool.get().await.unwrap());
        let other = pool.clone();
        let closing = tokio::spawn(async move { other.close().await });
        while !pool.idle.is_closed() {
            tokio::task::yield_now().await;
        }
        assert!(matches!(pool.get().await, Err(sqlx::Error::PoolClosed)));
        assert!(!closing.is_finished(), "one is in use");
        drop(used);
        timeout(LONG, closing).await.expect("nothing is left").unwrap();
        assert_eq!(pool.size(), (0, 0));
    }
}
