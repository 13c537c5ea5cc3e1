//! How one instance lets the others know that there is something to read.

use sqlx::{PgPool, postgres::PgListener};

use super::{Database, On, Statement, Transaction, statement::OnPostgres};
use crate::store::StoreError;

/// The name under which PostgreSQL passes it on.
const CHANNEL: &str = "hallpass_ended";

/// Deaf where nobody shares the database.
pub struct Ears {
    /// For the listener alone, which can be had of no other kind of pool.
    pool: Option<PgPool>,
    listener: Option<PgListener>,
}

impl Database {
    pub fn ears(&self) -> Ears {
        let pool = match self {
            Self::Sqlite { .. } => None,
            Self::Postgres { listened, .. } => Some(listened.clone()),
        };
        Ears { pool, listener: None }
    }
}

impl Transaction {
    /// Once it is committed, and only then; once, however often this is asked for.
    pub async fn tell_others(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.tells, true) {
            return Ok(());
        }
        if let On::Postgres(open) = &mut self.on {
            Statement::postgres(OnPostgres::Transaction(open.held()), "NOTIFY hallpass_ended").execute().await?;
        }
        Ok(())
    }
}

impl Ears {
    /// Returns when one of the others has told; never, where that cannot be heard.
    pub async fn hear(&mut self) {
        if self.listener.is_none()
            && let Some(pool) = &self.pool
        {
            self.listener = listen(pool).await.ok();
        }
        // Kept where it is, so that it outlives a wait that is given up.
        let Some(listener) = &mut self.listener else { return std::future::pending().await };
        if listener.recv().await.is_err() {
            self.listener = None;
        }
        // One reading serves for all that were told meanwhile.
        while self.listener.as_mut().is_some_and(|listener| listener.next_buffered().is_some()) {}
    }
}

async fn listen(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
