//! The ends of sessions: each written once, with its reason and the event that says who did it.

use uuid::Uuid;

use super::{
    EventKind, NewEvent, Store, StoreError, UnixMillis,
    database::{FromRow, Row, Transaction},
    events, reason_from, users,
};
use crate::ended::EndReason;

/// The session from which a person ends others: what they ask for is done only as long as it has not ended itself.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    pub user_id: Uuid,
    pub session_id: Uuid,
}

/// Makes the event of a session's end.
pub type EventOf<'a> = dyn Fn(Uuid) -> NewEvent<'a> + Send + Sync + 'a;

/// The sessions that have ended at once.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    pub ids: Vec<Uuid>,
    /// How many of them had not run out before.
    pub live: u32,
}

/// How a session ended.
#[derive(Clone, Debug)]
pub struct EndingRow {
    pub reason: EndReason,
    pub at: UnixMillis,
    /// From where, if the event is there.
    pub by: Option<(String, String)>,
}

impl FromRow for EndingRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let reason: String = row.get("ended_reason")?;
        let (address, user_agent): (Option<String>, Option<String>) = (row.get("address")?, row.get("user_agent")?);
        Ok(Self { reason: reason_from(&reason)?, at: row.get("ended_at")?, by: address.zip(user_agent) })
    }
}

impl Store {
    /// Ends a session and writes the event with it. `false`: it had ended already.
    pub async fn end_session(
        &self,
        id: Uuid,
        reason: EndReason,
        now: UnixMillis,
        event: &NewEvent<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let ended = end(&mut transaction, id, reason, now).await?;
        if ended {
            events::insert(&mut transaction, event).await?;
        }
        transaction.commit().await?;
        Ok(ended)
    }

    /// Ends another session of the same user. `None`: the session that asks has ended itself, and nothing was done.
    pub async fn end_another(
        &self,
        own: Own,
        id: Uuid,
        now: UnixMillis,
        event: &NewEvent<'_>,
    ) -> Result<Option<Ends>, StoreError> {
        let mut transaction = self.database.begin().await?;
        users::hold(&mut transaction, own.user_id).await?;
        let mut both = [own.session_id, id];
        both.sort_unstable();
        let mut ends = Ends::default();
        for session in both {
            if session == id {
                if end(&mut transaction, id, EndReason::Revoked, now).await? {
                    events::insert(&mut transaction, event).await?;
                }
                ends.ids.push(id);
            } else if !hold(&mut transaction, own).await? {
                return finish(transaction, None).await;
            }
        }
        finish(transaction, Some(ends)).await
    }

    /// Ends all other sessions of the same user. `None`: the session that asks has ended itself, and nothing was done.
    pub async fn end_others(&self, own: Own, now: UnixMillis, event: &EventOf<'_>) -> Result<Option<Ends>, StoreError> {
        let mut transaction = self.database.begin().await?;
        users::hold(&mut transaction, own.user_id).await?;
        let ends = end_others(&mut transaction, own, EndReason::Revoked, now, event).await?;
        finish(transaction, ends).await
    }

    /// Ends all sessions of a user: the one that asks is signed out, the others are revoked. `None`: it has ended before, and nothing was done.
    pub async fn end_everywhere(
        &self,
        own: Own,
        now: UnixMillis,
        logout: &NewEvent<'_>,
        event: &EventOf<'_>,
    ) -> Result<Option<Ends>, StoreError> {
        let mut transaction = self.database.begin().await?;
        users::hold(&mut transaction, own.user_id).await?;
        let Some(mut ends) = end_others(&mut transaction, own, EndReason::Revoked, now, event).await? else {
            return finish(transaction, None).await;
        };
        // Held since its turn came, so this waits for nobody.
        end(&mut transaction, own.session_id, EndReason::SignedOut, now).await?;
        events::insert(&mut transaction, logout).await?;
        ends.ids.push(own.session_id);
        finish(transaction, Some(ends)).await
    }

    /// Ends all sessions of all users, in a database that nobody serves. Of those that had not run out, an event is written, of the session and its user: how many there were.
    pub async fn end_all<'a>(
        &self,
        now: UnixMillis,
        event: &(dyn Fn(Uuid, Uuid) -> NewEvent<'a> + Send + Sync),
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await?;
        let live: Vec<(Uuid, Uuid)> = transaction
            .statement(
                "SELECT id, user_id FROM sessions
                 WHERE ended_at IS NULL AND idle_expires_at > $1 AND absolute_expires_at > $1 ORDER BY id",
            )
            .bind(now)
            .all()
            .await?;
        transaction
            .statement(
                "UPDATE sessions SET ended_at = $1, ended_reason = $2, sealed_current = NULL WHERE ended_at IS NULL",
            )
            .bind(now)
            .bind(EndReason::Revoked.code())
            .execute()
            .await?;
        for (id, user_id) in &live {
            events::insert(&mut transaction, &event(*id, *user_id)).await?;
        }
        transaction.commit().await?;
        Ok(live.len() as u64)
    }

    /// How a session ended. `None`: it has not.
    pub async fn ending(&self, id: Uuid) -> Result<Option<EndingRow>, StoreError> {
        const ENDS: [EventKind; 4] =
            [EventKind::Logout, EventKind::SessionReplaced, EventKind::TokenRevoked, EventKind::TokenReuse];
        let query = self.database.read(
            "SELECT sessions.ended_reason, sessions.ended_at, events.address, events.user_agent
             FROM sessions LEFT JOIN events ON events.session_id = sessions.id AND events.at = sessions.ended_at
                 AND events.kind IN ($2, $3, $4, $5)
             WHERE sessions.id = $1 AND sessions.ended_at IS NOT NULL LIMIT 1",
        );
        let query = ENDS.into_iter().fold(query.bind(id), |query, kind| query.bind(kind.name()));
        query.optional().await
    }

    /// Sessions that ended after `since`, with the time of their end; those among them that were removed with their account.
    pub async fn sessions_ended_since(&self, since: UnixMillis) -> Result<Vec<(Uuid, UnixMillis)>, StoreError> {
        let ended = self.database.follow(
            "SELECT id, ended_at FROM sessions WHERE ended_at > $1
             UNION ALL SELECT id, ended_at FROM removed_sessions WHERE ended_at > $1",
        );
        ended.bind(since).all().await
    }
}

/// `false`: it had ended already. Other instances hear of it when it is committed.
pub(super) async fn end(
    transaction: &mut Transaction,
    id: Uuid,
    reason: EndReason,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let done = transaction
        .statement(
            "UPDATE sessions SET ended_at = $2, ended_reason = $3, sealed_current = NULL WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(id)
        .bind(now)
        .bind(reason.code())
        .execute()
        .await?;
    if done == 1 {
        transaction.tell_others().await?;
    }
    Ok(done == 1)
}

/// Whether a session has not ended. Written, not read, so that on every engine it does not end before the transaction does.
async fn hold(transaction: &mut Transaction, own: Own) -> Result<bool, StoreError> {
    let held = transaction
        .statement(
            "UPDATE sessions SET last_seen_at = last_seen_at WHERE id = $1 AND user_id = $2 AND ended_at IS NULL",
        )
        .bind(own.session_id)
        .bind(own.user_id)
        .execute()
        .await?;
    Ok(held == 1)
}

/// Ends every session of a user but the one that asks; `None`: that one has ended itself. Those that had run out are closed with the rest, so
/// that no clock revives them, but nothing is told of them.
///
/// The user's row is held. The sessions are taken in the order of their ids, like everywhere, so that no two transactions wait for each other.
pub(super) async fn end_others(
    transaction: &mut Transaction,
    own: Own,
    reason: EndReason,
    now: UnixMillis,
    event: &EventOf<'_>,
) -> Result<Option<Ends>, StoreError> {
    let (mut ends, mut held) = (Ends::default(), false);
    for (id, live) in not_ended(transaction, own.user_id, now).await? {
        if id == own.session_id {
            held = hold(transaction, own).await?;
        } else {
            end_one_of(transaction, (id, live), reason, now, event, &mut ends).await?;
        }
    }
    Ok(held.then_some(ends))
}

/// Ends every session of a user, like [`end_others`].
pub(super) async fn end_theirs(
    transaction: &mut Transaction,
    user_id: Uuid,
    reason: EndReason,
    now: UnixMillis,
    event: &EventOf<'_>,
) -> Result<Ends, StoreError> {
    let mut ends = Ends::default();
    for session in not_ended(transaction, user_id, now).await? {
        end_one_of(transaction, session, reason, now, event, &mut ends).await?;
    }
    Ok(ends)
}

/// A user's sessions in the order of their ids, each with whether it has not run out.
pub(super) async fn not_ended(
    transaction: &mut Transaction,
    user_id: Uuid,
    now: UnixMillis,
) -> Result<Vec<(Uuid, bool)>, StoreError> {
    let sessions = transaction.statement(
        "SELECT id, idle_expires_at > $2 AND absolute_expires_at > $2 FROM sessions
         WHERE user_id = $1 AND ended_at IS NULL ORDER BY id",
    );
    sessions.bind(user_id).bind(now).all().await
}

pub(super) async fn end_one_of(
    transaction: &mut Transaction,
    (id, live): (Uuid, bool),
    reason: EndReason,
    now: UnixMillis,
    event: &EventOf<'_>,
    ends: &mut Ends,
) -> Result<(), StoreError> {
    if end(transaction, id, reason, now).await? {
        if live {
            events::insert(transaction, &event(id)).await?;
            ends.live += 1;
        }
        ends.ids.push(id);
    }
    Ok(())
}

/// Commits what was done for somebody who may ask for it, and undoes what was not.
pub(super) async fn finish(transaction: Transaction, ends: Option<Ends>) -> Result<Option<Ends>, StoreError> {
    match ends {
        Some(_) => transaction.commit().await?,
        None => transaction.undo().await?,
    }
    Ok(ends)
}
