//! What other instances do to the same database, and what time it is there.

use std::time::Duration;

use super::{Store, StoreError, UnixMillis, database::Ears};

impl Store {
    /// Whether other instances use the same database.
    pub fn is_shared(&self) -> bool {
        self.database.is_shared()
    }

    /// The time by the clock of a database that several instances share; the milliseconds are the database's. `None`: nobody shares it.
    pub async fn time(&self) -> Result<Option<UnixMillis>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
        Ok(self.database.follow(sql).optional::<(UnixMillis,)>().await?.map(|(time,)| time))
    }

    /// Hears that another instance has ended a session.
    pub fn ears(&self) -> Ears {
        self.database.ears()
    }
}

impl Ears {
    /// Returns when a session has ended somewhere, and at last when the time is up. What was missed is not told: ask the database.
    pub async fn listen(&mut self, at_most: Duration) {
        // Hearing makes it quicker, and no more.
        let _ = tokio::time::timeout(at_most, self.hear()).await;
    }
}
