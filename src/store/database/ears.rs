//! How one instance lets the others know that there is something to read.

use sqlx::postgres::PgListener;

use super::{Database, Statement, Transaction, held::Connections, statement::OnPostgres};
use crate::store::StoreError;

/// The name under which PostgreSQL passes it on.
const CHANNEL: &str = "hallpass_ended";

/// Deaf where nobody shares the database.
pub struct Ears {
    connections: Option<Connections>,
    listener: Option<PgListener>,
}

impl Database {
    pub fn ears(&self) -> Ears {
        let connections = match self {
            Self::Sqlite { .. } => None,
            Self::Postgres { follower, .. } => Some(follower.clone()),
        };
        Ears { connections, listener: None }
    }
}

impl Transaction {
    /// Once it is committed, and only then.
    pub async fn tell_others(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(open) = self {
            Statement::postgres(OnPostgres::Transaction(open.held()), "NOTIFY hallpass_ended").execute().await?;
        }
        Ok(())
    }
}

impl Ears {
    /// Returns when one of the others has told; never, where that cannot be heard.
    pub async fn hear(&mut self) {
        let mut listener = match (self.listener.take(), &self.connections) {
            (Some(listener), _) => listener,
            (None, Some(connections)) => match connections.listener(CHANNEL).await {
                Ok(listener) => listener,
                Err(_) => return std::future::pending().await,
            },
            (None, None) => return std::future::pending().await,
        };
        if listener.recv().await.is_ok() {
            self.listener = Some(listener);
        }
    }
}
