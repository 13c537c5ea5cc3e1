//! Sessions: one row each, and every change to one a single statement that says what must still be true.

use std::{collections::HashMap, sync::LazyLock};

use uuid::Uuid;

use super::{
    Hash, NewEvent, NewUser, Store, StoreError, UnixMillis, UserRow,
    database::{Database, FromRow, Row},
    ends, events,
    given::{Texts, Way},
    hash_from, reason_from,
    steps::Begun,
    together::Question,
    tries::{self, Receipt},
    users,
};
use crate::ended::EndReason;

#[derive(Clone, Debug)]
pub struct SessionRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub generation: u32,
    pub current_hash: Hash,
    pub parent_hash: Option<Hash>,
    pub sealed_current: Option<Hash>,
    pub rotated_at: UnixMillis,
    pub delivered_at: UnixMillis,
    pub replays: u32,
    pub acknowledged: bool,
    pub idle_expires_at: UnixMillis,
    pub absolute_expires_at: UnixMillis,
    pub authenticated_at: UnixMillis,
    /// Of the client instance that it began in, if that named itself.
    pub instance_hash: Option<Hash>,
    pub elsewhere: bool,
    pub ended: Option<EndReason>,
    pub user_agent: String,
    pub address: String,
    /// Where the session was last seen from.
    pub seen_user_agent: String,
}

#[derive(Debug)]
pub struct NewSession<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub current_hash: Hash,
    pub now: UnixMillis,
    pub idle_expires_at: UnixMillis,
    pub absolute_expires_at: UnixMillis,
    pub instance_hash: Option<Hash>,
    pub user_agent: &'a str,
    pub address: &'a str,
}

/// Whose session begins.
#[derive(Clone, Copy)]
pub enum Holder<'a> {
    /// An account that is made with it.
    New(&'a NewUser),
    /// An account that is there, if its password is still the one that was verified.
    /// With it the tries that led there are forgotten.
    Known { password_hash: &'a str, tried: &'a Receipt },
}

/// When and to whom a token was sent.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    pub now: UnixMillis,
    /// Whether they did not name the client instance that the session began in, which did name itself.
    pub elsewhere: bool,
    pub user_agent: &'a str,
    pub address: &'a str,
}

/// Asks for a session.
#[derive(Clone, Copy)]
pub(super) struct SessionOf(Uuid);

/// Asks for a session, and the user whose it is.
#[derive(Clone, Copy)]
pub(super) struct OwnedSessionOf(Uuid);

impl FromRow for SessionRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let hash = |column: &'static str| -> Result<Option<Hash>, StoreError> {
            let bytes: Option<Vec<u8>> = row.get(column)?;
            bytes.map(|bytes| hash_from(&bytes, column)).transpose()
        };
        let count = |column: &'static str| -> Result<u32, StoreError> {
            row.get::<i64>(column)?.try_into().map_err(|_| StoreError::Impossible { column })
        };
        let ended: Option<String> = row.get("ended_reason")?;
        Ok(Self {
            id: row.get("id")?,
            user_id: row.get("user_id")?,
            generation: count("generation")?,
            current_hash: hash("current_hash")?.ok_or(StoreError::Impossible { column: "current_hash" })?,
            parent_hash: hash("parent_hash")?,
            sealed_current: hash("sealed_current")?,
            rotated_at: row.get("rotated_at")?,
            delivered_at: row.get("delivered_at")?,
            replays: count("replays")?,
            acknowledged: row.get("acknowledged")?,
            idle_expires_at: row.get("idle_expires_at")?,
            absolute_expires_at: row.get("absolute_expires_at")?,
            authenticated_at: row.get("authenticated_at")?,
            instance_hash: hash("instance_hash")?,
            elsewhere: row.get("elsewhere")?,
            ended: ended.as_deref().map(reason_from).transpose()?,
            user_agent: row.get("user_agent")?,
            address: row.get("address")?,
            seen_user_agent: row.get("seen_user_agent")?,
        })
    }
}

impl SessionRow {
    pub fn begun(&self) -> Begun {
        let Self { user_id, authenticated_at, absolute_expires_at, .. } = *self;
        Begun { user_id, authenticated_at, absolute_expires_at }
    }
}

/// The columns of a [`SessionRow`].
const COLUMNS: &str = "sessions.id, user_id, generation, current_hash, parent_hash, sealed_current, rotated_at, delivered_at, replays,
    acknowledged, idle_expires_at, absolute_expires_at, authenticated_at, instance_hash, elsewhere, ended_reason, user_agent,
    address, seen_user_agent";

impl FromRow for (SessionRow, UserRow) {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok((SessionRow::from_row(row)?, UserRow::read(row, "user_id")?))
    }
}

impl Store {
    /// Begins a session and, in the same transaction, makes its account where that is new and ends the session it takes the place of. The events
    /// are written with it. `false`: the new account's name is taken, or the known one's password is another by now or it is disabled; nothing was done.
    pub async fn begin_session(
        &self,
        holder: Holder<'_>,
        session: &NewSession<'_>,
        replaces: Option<Uuid>,
        events: &[NewEvent<'_>],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let welcome = match holder {
            Holder::New(account) => users::insert(&mut transaction, account).await?,
            Holder::Known { password_hash, tried } => {
                let rest = tries::clear(&mut transaction, tried).await?;
                let done = users::enter(rest, session.user_id, password_hash).execute().await?;
                done.last() == Some(&1)
            }
        };
        if !welcome {
            transaction.undo().await?;
            return Ok(false);
        }
        if let Some(replaced) = replaces {
            ends::end(&mut transaction, replaced, EndReason::Replaced, session.now).await?;
        }
        let begun = transaction.batch().statement(
            "INSERT INTO sessions (id, user_id, generation, current_hash, rotated_at, delivered_at, replays, acknowledged,
                 idle_expires_at, absolute_expires_at, authenticated_at, created_at, last_seen_at, user_agent, address,
                 seen_user_agent, seen_address, instance_hash, elsewhere)
             VALUES ($1, $2, 1, $3, $4, $4, 0, FALSE, $5, $6, $4, $4, $4, $7, $8, $7, $8, $9, FALSE)",
        )
        .bind(session.id)
        .bind(session.user_id)
        .bind(session.current_hash.as_slice())
        .bind(session.now)
        .bind(session.idle_expires_at)
        .bind(session.absolute_expires_at)
        .bind(session.user_agent)
        .bind(session.address)
        .bind(session.instance_hash.as_ref().map(Hash::as_slice));
        events.iter().fold(begun, events::add).execute().await?;
        for event in events {
            events::tell(&mut transaction, event);
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub async fn session(&self, id: Uuid) -> Result<Option<SessionRow>, StoreError> {
        self.sessions.ask(SessionOf(id)).await
    }

    /// A session, and the user whose it is.
    pub async fn session_with_user(&self, id: Uuid) -> Result<Option<(SessionRow, UserRow)>, StoreError> {
        self.owned_sessions.ask(OwnedSessionOf(id)).await
    }

    /// The session that a user began last.
    pub async fn newest_session(&self, user_id: Uuid) -> Result<Option<Uuid>, StoreError> {
        let newest = "SELECT id FROM sessions WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
        let found: Option<(Uuid,)> = self.database.read(newest).bind(user_id).optional().await?;
        Ok(found.map(|(id,)| id))
    }

    /// Puts what decides about a session into its row, as no path of the server would.
    #[cfg(test)]
    pub async fn overwrite(&self, row: &SessionRow) -> Result<u64, StoreError> {
        let overwrite = self.database.write(
            "UPDATE sessions SET generation = $2, current_hash = $3, parent_hash = $4, sealed_current = $5, rotated_at = $6,
                 delivered_at = $7, replays = $8, acknowledged = $9, idle_expires_at = $10, absolute_expires_at = $11,
                 instance_hash = $12, elsewhere = $13, ended_at = $14, ended_reason = $15 WHERE id = $1",
        );
        overwrite
            .bind(row.id)
            .bind(i64::from(row.generation))
            .bind(row.current_hash.as_slice())
            .bind(row.parent_hash.as_ref().map(Hash::as_slice))
            .bind(row.sealed_current.as_ref().map(Hash::as_slice))
            .bind(row.rotated_at)
            .bind(row.delivered_at)
            .bind(i64::from(row.replays))
            .bind(row.acknowledged)
            .bind(row.idle_expires_at)
            .bind(row.absolute_expires_at)
            .bind(row.instance_hash.as_ref().map(Hash::as_slice))
            .bind(row.elsewhere)
            .bind(row.ended.map(|_| row.rotated_at))
            .bind(row.ended.map(EndReason::code))
            .execute()
            .await
    }

    /// Notes that the current token is delivered once more, if it is still the one and still not acknowledged. That too is a use, and begins the idle
    /// lifetime anew. Where somebody was who did not name the client instance is kept, for the person to recognise.
    pub async fn deliver_again(
        &self,
        id: Uuid,
        current_hash: &Hash,
        to: Delivery<'_>,
        idle_expires_at: UnixMillis,
    ) -> Result<bool, StoreError> {
        let done = self
            .database
            .write(
                "UPDATE sessions
             SET replays = replays + 1, delivered_at = $3, last_seen_at = $3,
                 seen_user_agent = CASE WHEN elsewhere AND NOT $6 THEN seen_user_agent ELSE $4 END,
                 seen_address = CASE WHEN elsewhere AND NOT $6 THEN seen_address ELSE $5 END,
                 elsewhere = elsewhere OR $6, idle_expires_at = $7
             WHERE id = $1 AND current_hash = $2 AND ended_at IS NULL AND acknowledged = FALSE",
            )
            .bind(id)
            .bind(current_hash.as_slice())
            .bind(to.now)
            .bind(to.user_agent)
            .bind(to.address)
            .bind(to.elsewhere)
            .bind(idle_expires_at)
            .execute()
            .await?;
        Ok(done == 1)
    }

    /// Notes, for each session and generation, that its holder has been heard from late enough: delivered at or before
    /// `delivered_by`. What does not fit any more is left alone, and answered with `false`. In the order of their ids, like all that changes several
    /// sessions, so that no two wait for each other.
    pub async fn acknowledge(&self, heard: &[(Uuid, u32)], delivered_by: UnixMillis) -> Result<Vec<bool>, StoreError> {
        debug_assert!(heard.is_sorted());
        let mut done = Vec::with_capacity(heard.len());
        let mut transaction = self.database.begin().await?;
        for (id, generation) in heard {
            let noted = transaction.statement(
                "UPDATE sessions SET acknowledged = TRUE, sealed_current = NULL
                 WHERE id = $1 AND generation = $2 AND acknowledged = FALSE AND ended_at IS NULL AND delivered_at <= $3",
            )
            .bind(id)
            .bind(i64::from(*generation))
            .bind(delivered_by)
            .execute()
            .await?;
            done.push(noted == 1);
        }
        transaction.commit().await?;
        Ok(done)
    }
}

impl Question for SessionOf {
    type Answer = Option<SessionRow>;

    fn id(&self) -> Uuid {
        self.0
    }

    async fn ask(database: &Database, all: &[Self], way: Way) -> Result<Vec<Self::Answer>, StoreError> {
        static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
            Texts::new(|given| format!("SELECT {COLUMNS} FROM sessions WHERE id {}", given.among_first()))
        });
        let found = way.read(database, &TEXTS, all).column(|one| one.0);
        let found: Vec<SessionRow> = found.all().await?;
        let found: HashMap<Uuid, SessionRow> = found.into_iter().map(|row| (row.id, row)).collect();
        Ok(all.iter().map(|Self(id)| found.get(id).cloned()).collect())
    }
}

impl Question for OwnedSessionOf {
    type Answer = Option<(SessionRow, UserRow)>;

    fn id(&self) -> Uuid {
        self.0
    }

    async fn ask(database: &Database, all: &[Self], way: Way) -> Result<Vec<Self::Answer>, StoreError> {
        static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
            Texts::new(|given| {
                format!(
                    "SELECT {COLUMNS}, username, username_key, password_hash, password_changed_at, disabled_at
                     FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id {}",
                    given.among_first()
                )
            })
        });
        let found = way.read(database, &TEXTS, all).column(|one| one.0);
        let found: Vec<(SessionRow, UserRow)> = found.all().await?;
        let found: HashMap<Uuid, _> = found.into_iter().map(|found| (found.0.id, found)).collect();
        Ok(all.iter().map(|Self(id)| found.get(id).cloned()).collect())
    }
}
