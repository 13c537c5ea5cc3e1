//! The step from one generation of refresh tokens to the next, in one statement that says what must be true for it.

use std::{collections::HashMap, sync::LazyLock};

use uuid::Uuid;

use super::{
    Hash, Store, StoreError, UnixMillis,
    database::{Database, FromRow, Row},
    given::{Given, Texts, Way},
    hash_from,
    together::Question,
};

/// The step from one generation to the next, for a session that need not have been read: it is taken where the rule
/// ([`decide`](crate::auth::rotation::decide)) says that it is, and nowhere else.
#[derive(Clone, Debug)]
pub struct Rotation {
    pub session_id: Uuid,
    /// Of the token presented, as its hash: it must be the current one.
    pub generation: u32,
    pub from_hash: Hash,
    /// The client instance that presents it, as the session would keep it; `None`: it does not name itself.
    pub instance_hash: Option<Hash>,
    /// The token presented must have been delivered then or earlier.
    pub delivered_by: UnixMillis,
    pub to_hash: Hash,
    /// The new secret, sealed under the old one.
    pub sealed: Hash,
    pub now: UnixMillis,
    /// When the idle lifetime ends, unless the absolute one ends before.
    pub idle_expires_at: UnixMillis,
    pub user_agent: String,
    pub address: String,
}

/// What a session keeps as it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    pub user_id: Uuid,
    pub authenticated_at: UnixMillis,
    pub absolute_expires_at: UnixMillis,
}

impl FromRow for (Hash, Begun) {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let current: Vec<u8> = row.get("current_hash")?;
        let begun = Begun {
            user_id: row.get("user_id")?,
            authenticated_at: row.get("authenticated_at")?,
            absolute_expires_at: row.get("absolute_expires_at")?,
        };
        Ok((hash_from(&current, "current_hash")?, begun))
    }
}

impl Store {
    /// Takes the step, where it is to be taken. `None`: nothing was done; read the session, and decide.
    pub async fn rotate(&self, step: Rotation) -> Result<Option<Begun>, StoreError> {
        self.rotations.ask(step).await
    }
}

impl Question for Rotation {
    type Answer = Option<Begun>;

    fn id(&self) -> Uuid {
        self.session_id
    }

    async fn ask(database: &Database, all: &[Self], way: Way) -> Result<Vec<Self::Answer>, StoreError> {
        static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(steps));
        let taken = way
            .write(database, &TEXTS, all)
            .column(|step| step.session_id)
            .column(|step| i64::from(step.generation))
            .column(|step| step.from_hash.as_slice())
            .column(|step| step.instance_hash.as_ref().map(Hash::as_slice))
            .column(|step| step.delivered_by)
            .column(|step| step.to_hash.as_slice())
            .column(|step| step.sealed.as_slice())
            .column(|step| step.now)
            .column(|step| step.idle_expires_at)
            .column(|step| step.user_agent.as_str())
            .column(|step| step.address.as_str());
        // Of two steps of one session one is taken: the hash that it led to says which.
        let taken: Vec<(Hash, Begun)> = taken.all().await?;
        let taken: HashMap<Hash, Begun> = taken.into_iter().collect();
        Ok(all.iter().map(|step| taken.get(&step.to_hash).copied()).collect())
    }
}

/// The statement that takes steps. When one is taken is the rule's [`decide`](crate::auth::rotation::decide) once more: a test holds the two together, at
/// every edge. Sessions are named once more by themselves, and that they have not ended is said by the reason, which no index is about: so the index of the ids
/// is the only one that PostgreSQL can go by, whatever it believes of the size of the table.
fn steps(given: Given) -> String {
    const COLUMNS: [(&str, &str); 11] = [
        ("session", "uuid"),
        ("number", "bigint"),
        ("was", "bytea"),
        ("instance", "bytea"),
        ("settled", "bigint"),
        ("becomes", "bytea"),
        ("seals", "bytea"),
        ("moment", "bigint"),
        ("idle_end", "bigint"),
        ("program", "text"),
        ("place", "text"),
    ];
    format!(
        "WITH step ({}) AS ({})
         UPDATE sessions
         SET generation = generation + 1, parent_hash = current_hash, current_hash = becomes, sealed_current = seals,
             acknowledged = FALSE, replays = 0, rotated_at = moment, delivered_at = moment,
             idle_expires_at = CASE WHEN idle_end < absolute_expires_at THEN idle_end ELSE absolute_expires_at END,
             last_seen_at = moment, seen_user_agent = program, seen_address = place,
             elsewhere = instance_hash IS NOT NULL AND NOT COALESCE(instance_hash = instance, FALSE)
         FROM step WHERE id = session AND id {} AND generation = number AND current_hash = was
             AND ended_reason IS NULL AND idle_expires_at > moment AND absolute_expires_at > moment
             AND delivered_at <= settled AND NOT (elsewhere AND COALESCE(instance_hash = instance, FALSE))
         RETURNING current_hash, user_id, authenticated_at, absolute_expires_at",
        COLUMNS.map(|(name, _)| name).join(", "),
        given.table(&COLUMNS),
        given.among_first(),
    )
}
