//! Deleting what nobody will ask for any more, a few rows at a time, so that no request waits long for it.

use uuid::Uuid;

use super::{Store, StoreError, UnixMillis, database::Transaction};

/// Whoever deletes several rows has this turn: deletions do not keep to an order.
pub(super) const TURN: &str = "purge";

/// What is to go.
#[derive(Clone, Copy, Debug)]
pub struct Purge {
    /// Sessions that ended before, and those that had reached their absolute end by then.
    pub sessions_before: UnixMillis,
    pub events_before: UnixMillis,
    /// No event of that time or later has a lesser id, since ids begin with their time. So events are found by the index that they have.
    pub events_below: Uuid,
    /// Rows of each kind.
    pub at_most: u16,
}

impl Store {
    /// `true`: there may be more of it. Of several instances one does it at a time.
    pub async fn purge(&self, purge: &Purge) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.alone(TURN).await?;
        let ended = delete_ended(&mut transaction, purge).await?;
        let run_out = delete_run_out(&mut transaction, purge).await?;
        let removed = delete_removed(&mut transaction, purge).await?;
        let events = delete_events(&mut transaction, purge).await?;
        transaction.commit().await?;
        if ended + run_out + removed + events > 0 {
            tracing::info!(ended, run_out, removed, events, "deleted sessions and events that were kept long enough");
        }
        Ok([ended, run_out, removed, events].contains(&purge.at_most.into()))
    }
}

async fn delete_ended(transaction: &mut Transaction, purge: &Purge) -> Result<u64, StoreError> {
    transaction
        .statement(
            "DELETE FROM sessions WHERE id IN
                 (SELECT id FROM sessions WHERE ended_at IS NOT NULL AND ended_at < $1 ORDER BY ended_at LIMIT $2)",
        )
        .bind(purge.sessions_before)
        .bind(i64::from(purge.at_most))
        .execute()
        .await
}

/// One by one in the order of their ids, since a person who ends all others ends these too, and no two transactions may wait for each other. By the
/// absolute end, which stays where it is: an index by the idle one would change at every refresh.
async fn delete_run_out(transaction: &mut Transaction, purge: &Purge) -> Result<u64, StoreError> {
    let found = transaction.statement(
        "SELECT id FROM sessions WHERE ended_at IS NULL AND absolute_expires_at < $1 ORDER BY absolute_expires_at LIMIT $2",
    );
    let mut ids: Vec<(Uuid,)> = found.bind(purge.sessions_before).bind(i64::from(purge.at_most)).all().await?;
    ids.sort_unstable();
    let mut deleted = 0;
    for (id,) in ids {
        let delete = transaction
            .statement("DELETE FROM sessions WHERE id = $1 AND ended_at IS NULL AND absolute_expires_at < $2");
        deleted += delete.bind(id).bind(purge.sessions_before).execute().await?;
    }
    Ok(deleted)
}

/// What is left of sessions that went with their account.
async fn delete_removed(transaction: &mut Transaction, purge: &Purge) -> Result<u64, StoreError> {
    transaction
        .statement(
            "DELETE FROM removed_sessions WHERE id IN
                 (SELECT id FROM removed_sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)",
        )
        .bind(purge.sessions_before)
        .bind(i64::from(purge.at_most))
        .execute()
        .await
}

async fn delete_events(transaction: &mut Transaction, purge: &Purge) -> Result<u64, StoreError> {
    transaction
        .statement(
            "DELETE FROM events WHERE id IN
                 (SELECT id FROM events WHERE id < $1 AND at < $2 ORDER BY id LIMIT $3)",
        )
        .bind(purge.events_below)
        .bind(purge.events_before)
        .bind(i64::from(purge.at_most))
        .execute()
        .await
}
