//! Lists for the operator, over all accounts, page by page. All begin with the newest, and go by the ids, which begin with their time: so a page
//! costs the same wherever it is, and is all that is ever in memory.

use uuid::Uuid;

use super::{
    Store, StoreError, UnixMillis,
    database::{FromRow, Row},
};

/// Which page.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The last row of the page before.
    pub after: Option<Uuid>,
    pub size: u16,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    pub rows: Vec<T>,
    /// What to ask for as `after`, if there are more.
    pub next: Option<Uuid>,
}

/// An account, without what proves who enters it.
#[derive(Clone, Debug)]
pub struct UserLine {
    pub id: Uuid,
    pub username: String,
    pub created_at: UnixMillis,
    pub password_changed_at: UnixMillis,
    pub disabled_at: Option<UnixMillis>,
}

/// What is known of the use of an account.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserDetails {
    pub live_sessions: u64,
    /// As far as its sessions are kept.
    pub last_seen_at: Option<UnixMillis>,
    /// Since the password was last right.
    pub stranger_failures: u32,
    pub known_failures: u32,
}

#[derive(Clone, Debug)]
pub struct SessionLine {
    pub id: Uuid,
    pub user_id: Uuid,
    pub username: String,
    pub authenticated_at: UnixMillis,
    pub last_seen_at: UnixMillis,
    pub user_agent: String,
    pub address: String,
    /// When it runs out if it is not used.
    pub expires_at: UnixMillis,
    pub ended_at: Option<UnixMillis>,
    pub ended_reason: Option<String>,
}

impl FromRow for UserDetails {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let count = |column| row.get::<i64>(column)?.try_into().map_err(|_| StoreError::Impossible { column });
        let live_sessions: i64 = row.get("live_sessions")?;
        Ok(Self {
            live_sessions: live_sessions.try_into().map_err(|_| StoreError::Impossible { column: "live_sessions" })?,
            last_seen_at: row.get("last_seen_at")?,
            stranger_failures: count("stranger_failures")?,
            known_failures: count("known_failures")?,
        })
    }
}

/// Which sessions.
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    pub user_id: Option<Uuid>,
    /// Those too that have ended or run out.
    pub with_past: bool,
    pub now: UnixMillis,
}

#[derive(Clone, Debug)]
pub struct EventLine {
    pub id: Uuid,
    pub at: UnixMillis,
    /// As it is stored: a newer version may know more kinds.
    pub kind: String,
    pub user_id: Option<Uuid>,
    /// `None`: nobody's, or of an account that is gone.
    pub username: Option<String>,
    pub session_id: Option<Uuid>,
    pub address: String,
    pub user_agent: String,
    /// Empty where the kind says all.
    pub detail: String,
}

/// Which events.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    /// Empty: of every kind.
    pub kind: &'a str,
    /// Those with a lesser id are too old.
    pub from: Uuid,
}

impl Asked {
    fn before(self) -> Uuid {
        self.after.unwrap_or(Uuid::max())
    }

    /// One more than asked for, to see whether there are more.
    fn limit(self) -> i64 {
        i64::from(self.size) + 1
    }

    fn page<T>(self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Listing<T> {
        let size = usize::from(self.size);
        let more = rows.len() > size;
        rows.truncate(size);
        Listing { next: rows.last().filter(|_| more).map(id), rows }
    }
}

impl FromRow for UserLine {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            username: row.get("username")?,
            created_at: row.get("created_at")?,
            password_changed_at: row.get("password_changed_at")?,
            disabled_at: row.get("disabled_at")?,
        })
    }
}

impl FromRow for SessionLine {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let (idle, absolute): (UnixMillis, UnixMillis) = (row.get("idle_expires_at")?, row.get("absolute_expires_at")?);
        Ok(Self {
            id: row.get("id")?,
            user_id: row.get("user_id")?,
            username: row.get("username")?,
            authenticated_at: row.get("authenticated_at")?,
            last_seen_at: row.get("last_seen_at")?,
            user_agent: row.get("seen_user_agent")?,
            address: row.get("seen_address")?,
            expires_at: idle.min(absolute),
            ended_at: row.get("ended_at")?,
            ended_reason: row.get("ended_reason")?,
        })
    }
}

impl FromRow for EventLine {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            kind: row.get("kind")?,
            user_id: row.get("user_id")?,
            username: row.get("username")?,
            session_id: row.get("session_id")?,
            address: row.get("address")?,
            user_agent: row.get("user_agent")?,
            detail: row.get("detail")?,
        })
    }
}

macro_rules! sessions {
    ($whose:literal) => {
        concat!(
            "SELECT sessions.id, user_id, username, authenticated_at, last_seen_at, seen_user_agent, seen_address,
                 idle_expires_at, absolute_expires_at, ended_at, ended_reason
             FROM sessions JOIN users ON users.id = sessions.user_id
             WHERE sessions.id < $1 AND ($2 OR (ended_at IS NULL AND idle_expires_at > $3 AND absolute_expires_at > $3))",
            $whose,
            " ORDER BY sessions.id DESC LIMIT $4"
        )
    };
}

macro_rules! events {
    ($whose:literal, $order:literal) => {
        concat!(
            "SELECT events.id, at, kind, user_id, username, session_id, address, user_agent, detail
             FROM events LEFT JOIN users ON users.id = events.user_id
             WHERE events.id < $1 AND events.id >= $2 AND ($3 = '' OR kind = $3)",
            $whose,
            " ORDER BY ",
            $order,
            "events.id DESC LIMIT $4"
        )
    };
}

impl Store {
    pub async fn users(&self, asked: Asked) -> Result<Listing<UserLine>, StoreError> {
        let users = self.database.read(
            "SELECT id, username, created_at, password_changed_at, disabled_at FROM users
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
        );
        let rows = users.bind(asked.before()).bind(asked.limit()).all().await?;
        Ok(asked.page(rows, |user: &UserLine| user.id))
    }

    pub async fn user_line(&self, username_key: &str) -> Result<Option<UserLine>, StoreError> {
        let user = self.database.read(
            "SELECT id, username, created_at, password_changed_at, disabled_at FROM users WHERE username_key = $1",
        );
        user.bind(username_key).optional().await
    }

    pub async fn user_details(&self, id: Uuid, now: UnixMillis) -> Result<UserDetails, StoreError> {
        let found = self.database.read(
            "SELECT COUNT(CASE WHEN ended_at IS NULL AND idle_expires_at > $2 AND absolute_expires_at > $2 THEN 1 END)
                     AS live_sessions,
                 MAX(last_seen_at) AS last_seen_at, stranger_failures, known_failures
             FROM users LEFT JOIN sessions ON sessions.user_id = users.id WHERE users.id = $1 GROUP BY users.id",
        );
        Ok(found.bind(id).bind(now).optional().await?.unwrap_or_default())
    }

    pub async fn all_sessions(&self, which: Sessions, asked: Asked) -> Result<Listing<SessionLine>, StoreError> {
        let sql = if which.user_id.is_some() { sessions!(" AND user_id = $5") } else { sessions!("") };
        let sessions = self.database.read(sql);
        let sessions = sessions.bind(asked.before()).bind(which.with_past).bind(which.now).bind(asked.limit());
        let sessions = which.user_id.into_iter().fold(sessions, super::database::Statement::bind);
        Ok(asked.page(sessions.all().await?, |session: &SessionLine| session.id))
    }

    pub async fn all_events(&self, which: Events<'_>, asked: Asked) -> Result<Listing<EventLine>, StoreError> {
        // In the order of the indexes of users and sessions, which is that of the ids.
        let sql = match (which.user_id, which.session_id) {
            (None, None) => events!("", ""),
            (Some(_), None) => events!(" AND user_id = $5", "at DESC, "),
            (None, Some(_)) => events!(" AND session_id = $5", "at DESC, "),
            (Some(_), Some(_)) => events!(" AND user_id = $5 AND session_id = $6", "at DESC, "),
        };
        let events = self.database.read(sql);
        let events = events.bind(asked.before()).bind(which.from).bind(which.kind).bind(asked.limit());
        let whose = which.user_id.into_iter().chain(which.session_id);
        let events = whose.fold(events, super::database::Statement::bind);
        Ok(asked.page(events.all().await?, |event: &EventLine| event.id))
    }
}
