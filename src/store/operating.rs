//! What the operator does to accounts and sessions, while servers run.

use uuid::Uuid;

use super::{
    Ends, EventOf, NewEvent, Store, StoreError, UnixMillis,
    database::{FromRow, Row, Transaction},
    ends, events, in_a_row, purge,
};
use crate::ended::EndReason;

/// What came of disabling an account.
#[derive(Clone, Debug)]
pub struct Disabled {
    /// It was disabled before.
    pub already: bool,
    pub ends: Ends,
}

/// A PHC string in the place of whichever there is.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    pub user_id: Uuid,
    pub hash: &'a str,
    pub now: UnixMillis,
}

/// A few of all sessions, in the order of their ids.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    pub after: Uuid,
    /// Those with this id or a greater one have begun since.
    pub below: Uuid,
    pub at_most: u16,
}

struct Found {
    id: Uuid,
    user_id: Uuid,
    live: bool,
}

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { id: row.get("id")?, user_id: row.get("user_id")?, live: row.get("live")? })
    }
}

impl Store {
    /// Closes an account and ends its sessions. `None`: there is none.
    pub async fn disable_user(
        &self,
        id: Uuid,
        now: UnixMillis,
        disabled: &NewEvent<'_>,
        ended: &EventOf<'_>,
    ) -> Result<Option<Disabled>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let disable = transaction.statement("UPDATE users SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL");
        let already = disable.bind(id).bind(now).execute().await? == 0;
        if already && !hold(&mut transaction, id).await? {
            transaction.undo().await?;
            return Ok(None);
        }
        if !already {
            events::insert(&mut transaction, disabled).await?;
        }
        // A disabled account has none, unless somebody wrote that it is disabled, and no more.
        let ends = ends::end_theirs(&mut transaction, id, EndReason::Disabled, now, ended).await?;
        transaction.commit().await?;
        Ok(Some(Disabled { already, ends }))
    }

    /// Opens an account again. `false`: it is not disabled, or gone.
    pub async fn enable_user(&self, id: Uuid, enabled: &NewEvent<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let enable =
            transaction.statement("UPDATE users SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL");
        let done = enable.bind(id).execute().await? == 1;
        events::commit_if(done, transaction, enabled).await
    }

    /// Puts a password in the place of whichever there is, and ends all sessions. `None`: there is no such account.
    pub async fn set_password(
        &self,
        new: NewPassword<'_>,
        changed: &NewEvent<'_>,
        ended: &EventOf<'_>,
    ) -> Result<Option<Ends>, StoreError> {
        let NewPassword { user_id, hash, now } = new;
        let mut transaction = self.database.begin().await?;
        let change =
            transaction.statement("UPDATE users SET password_hash = $2, password_changed_at = $3 WHERE id = $1");
        if change.bind(user_id).bind(hash).bind(now).execute().await? == 0 {
            transaction.undo().await?;
            return Ok(None);
        }
        in_a_row::forget(&mut transaction, user_id).await?;
        events::insert(&mut transaction, changed).await?;
        let ends = ends::end_theirs(&mut transaction, user_id, EndReason::PasswordChanged, now, ended).await?;
        transaction.commit().await?;
        Ok(Some(ends))
    }

    /// Deletes an account with its sessions and events. What stays is the event that says so, and of each session that it has ended, so that its
    /// access tokens are refused everywhere, after a restart as well. `None`: there is no such account.
    pub async fn remove_user(
        &self,
        id: Uuid,
        now: UnixMillis,
        removed: &NewEvent<'_>,
    ) -> Result<Option<Ends>, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.alone(purge::TURN).await?;
        if !hold(&mut transaction, id).await? {
            transaction.undo().await?;
            return Ok(None);
        }
        let ends = end_quietly(&mut transaction, id, now).await?;
        for sql in [
            "INSERT INTO removed_sessions (id, ended_at) SELECT id, ended_at FROM sessions WHERE user_id = $1",
            "DELETE FROM events WHERE user_id = $1",
            // And the sessions with it.
            "DELETE FROM users WHERE id = $1",
        ] {
            transaction.statement(sql).bind(id).execute().await?;
        }
        events::insert(&mut transaction, removed).await?;
        transaction.commit().await?;
        Ok(Some(ends))
    }

    /// Ends all sessions of a user. `None`: there is no such account.
    pub async fn end_sessions_of(
        &self,
        user_id: Uuid,
        now: UnixMillis,
        ended: &EventOf<'_>,
    ) -> Result<Option<Ends>, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !hold(&mut transaction, user_id).await? {
            transaction.undo().await?;
            return Ok(None);
        }
        let ends = ends::end_theirs(&mut transaction, user_id, EndReason::Revoked, now, ended).await?;
        transaction.commit().await?;
        Ok(Some(ends))
    }

    /// Ends some of all sessions, and says after which the next begin. Few at a time and in the order of their ids, so that no request waits long.
    pub async fn end_batch<'a>(
        &self,
        batch: Batch,
        now: UnixMillis,
        ended: &(dyn Fn(Uuid, Uuid) -> NewEvent<'a> + Send + Sync),
    ) -> Result<(Ends, Option<Uuid>), StoreError> {
        let mut transaction = self.database.begin().await?;
        let found: Vec<Found> = transaction
            .statement(
                "SELECT id, user_id, idle_expires_at > $1 AND absolute_expires_at > $1 AS live FROM sessions
                 WHERE ended_at IS NULL AND id > $2 AND id < $3 ORDER BY id LIMIT $4",
            )
            .bind(now)
            .bind(batch.after)
            .bind(batch.below)
            .bind(i64::from(batch.at_most))
            .all()
            .await?;
        let mut ends = Ends::default();
        for Found { id, user_id, live } in &found {
            let ended = |id| ended(id, *user_id);
            ends::end_one_of(&mut transaction, (*id, *live), EndReason::Revoked, now, &ended, &mut ends).await?;
        }
        transaction.commit().await?;
        let full = found.len() == usize::from(batch.at_most);
        Ok((ends, found.last().filter(|_| full).map(|found| found.id)))
    }
}

/// Holds the user's row. `false`: there is none.
async fn hold(transaction: &mut Transaction, id: Uuid) -> Result<bool, StoreError> {
    let hold = transaction.statement("UPDATE users SET created_at = created_at WHERE id = $1");
    Ok(hold.bind(id).execute().await? == 1)
}

/// Ends all sessions of a user of whom nothing will be told.
async fn end_quietly(transaction: &mut Transaction, user_id: Uuid, now: UnixMillis) -> Result<Ends, StoreError> {
    let mut ends = Ends::default();
    for (id, live) in ends::not_ended(transaction, user_id, now).await? {
        if ends::end(transaction, id, EndReason::Disabled, now).await? {
            ends.live += u32::from(live);
            ends.ids.push(id);
        }
    }
    Ok(ends)
}
