//! Numbers for the operator.

use super::{Store, StoreError, UnixMillis};

/// The connections of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// What they are for.
    pub pool: &'static str,
    pub in_use: u32,
    pub idle: u32,
}

impl Store {
    /// How many sessions have neither ended nor run out, counted up to a bound. It reads those that ran out unused, too, until their absolute end.
    pub async fn count_live_sessions(&self, now: UnixMillis, up_to: u32) -> Result<u64, StoreError> {
        let count = self.database.read(
            "SELECT COUNT(*) FROM
                 (SELECT 1 FROM sessions WHERE ended_at IS NULL AND absolute_expires_at > $1 AND idle_expires_at > $1 LIMIT $2) AS live",
        );
        let count: Option<(i64,)> = count.bind(now).bind(i64::from(up_to)).optional().await?;
        let (count,) = count.unwrap_or_default();
        count.try_into().map_err(|_| StoreError::Impossible { column: "count" })
    }

    pub fn connections(&self) -> Vec<Connections> {
        self.database.connections()
    }
}
