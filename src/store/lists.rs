//! Lists that people read page by page, newest first. A page begins after a place and not after a number of rows, so that the last of
//! thousands costs no more than the first.

use std::{cmp::Reverse, fmt, str::FromStr, sync::LazyLock};

use uuid::Uuid;

use super::{
    EventKind, EventRow, Store, StoreError, UnixMillis,
    database::{Database, FromRow, Row},
    given::{Given, Texts, Way},
    together::Question,
};

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: UnixMillis,
    id: Uuid,
}

/// What a place is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPlace;

#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

/// A session that can still be refreshed.
#[derive(Clone, Debug)]
pub struct LiveSession {
    pub id: Uuid,
    pub authenticated_at: UnixMillis,
    pub last_seen_at: UnixMillis,
    /// Where it was last seen from.
    pub user_agent: String,
    pub address: String,
}

/// Asks for what happened to a user and their sessions, the last first.
#[derive(Clone, Copy)]
pub(super) struct EventsOf {
    user_id: Uuid,
    after: Place,
    most: u16,
}

impl Place {
    /// Before everything.
    pub const START: Self = Self { at: UnixMillis::MAX, id: Uuid::max() };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at, self.id.simple())
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (at, id) = text.split_once('-').ok_or(NoPlace)?;
        Ok(Self { at: at.parse().map_err(|_| NoPlace)?, id: Uuid::parse_str(id).map_err(|_| NoPlace)? })
    }
}

impl<T> Page<T> {
    /// Of rows that are one more than `size` where there are more.
    fn of(mut rows: Vec<T>, size: usize, place: impl Fn(&T) -> Place) -> Self {
        let more = rows.len() > size;
        rows.truncate(size);
        Self { next: rows.last().filter(|_| more).map(place), rows }
    }
}

impl FromRow for LiveSession {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            authenticated_at: row.get("authenticated_at")?,
            last_seen_at: row.get("last_seen_at")?,
            user_agent: row.get("seen_user_agent")?,
            address: row.get("seen_address")?,
        })
    }
}

impl Store {
    /// A user's sessions that have neither ended nor run out, the one seen last first.
    pub async fn live_sessions(
        &self,
        user_id: Uuid,
        now: UnixMillis,
        after: Place,
        size: u8,
    ) -> Result<Page<LiveSession>, StoreError> {
        let rows = self
            .database
            .read(
                "SELECT id, authenticated_at, last_seen_at, seen_user_agent, seen_address FROM sessions
             WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND absolute_expires_at > $2
                 AND (last_seen_at, id) < ($3, $4)
             ORDER BY last_seen_at DESC, id DESC LIMIT $5",
            )
            .bind(user_id)
            .bind(now)
            .bind(after.at)
            .bind(after.id)
            .bind(i64::from(size) + 1)
            .all()
            .await?;
        Ok(Page::of(rows, size.into(), |row: &LiveSession| Place { at: row.last_seen_at, id: row.id }))
    }

    /// What happened to a user and their sessions, the last first.
    pub async fn events(&self, user_id: Uuid, after: Place, size: u8) -> Result<Page<EventRow>, StoreError> {
        let rows = self.events_of.ask(EventsOf { user_id, after, most: u16::from(size) + 1 }).await?;
        Ok(Page::of(rows, size.into(), |row: &EventRow| Place { at: row.at, id: row.id }))
    }
}

impl FromRow for (usize, EventRow) {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let list: i64 = row.get("list")?;
        let list = list.try_into().map_err(|_| StoreError::Impossible { column: "list" })?;
        Ok((list, EventRow::from_row(row)?))
    }
}

impl Question for EventsOf {
    type Answer = Vec<EventRow>;

    fn id(&self) -> Uuid {
        self.user_id
    }

    async fn ask(database: &Database, all: &[Self], way: Way) -> Result<Vec<Self::Answer>, StoreError> {
        static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(event_lists));
        let found = way
            .read(database, &TEXTS, all)
            .column(|list| list.user_id)
            .column(|list| list.after.at)
            .column(|list| list.after.id)
            .column_filled(|list| i64::from(list.most), 0);
        let found: Vec<(usize, EventRow)> = found.all().await?;
        let mut lists = vec![Vec::new(); all.len()];
        for (list, event) in found {
            lists.get_mut(list).ok_or(StoreError::Impossible { column: "list" })?.push(event);
        }
        // Each was read in order; nothing says that they come in it.
        for list in &mut lists {
            list.sort_unstable_by_key(|event| Reverse((event.at, event.id)));
        }
        Ok(lists)
    }
}

/// The statement that reads lists of events, each with its number.
fn event_lists(given: Given) -> String {
    // An honest browser that was asleep makes as many of them as it likes: nothing for its person to worry over.
    let untold = EventKind::UseAfterExpire.name();
    let list = |number: &str, [user, at, id, most]: [String; 4]| {
        format!(
            "SELECT CAST({number} AS BIGINT) AS list, events.id, events.at, events.kind, events.address, events.user_agent,
                 sessions.seen_user_agent, sessions.ended_reason
             FROM events LEFT JOIN sessions ON sessions.id = events.session_id
             WHERE events.user_id = {user} AND events.kind <> '{untold}' AND (events.at, events.id) < ({at}, {id})
             ORDER BY events.at DESC, events.id DESC LIMIT {most}"
        )
    };
    match given {
        Given::Arrays => {
            let columns = ["person", "place_at", "place_id", "most"];
            let list = list("number - 1", columns.map(|column| format!("wanted.{column}")));
            format!(
                "SELECT found.* FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[]) WITH ORDINALITY
                     AS wanted ({}, number) CROSS JOIN LATERAL ({list}) AS found",
                columns.join(", ")
            )
        }
        Given::Places(lists) => {
            let list = |number: usize| {
                let values = [0, 1, 2, 3].map(|column| format!("${}", column * lists + number + 1));
                format!("SELECT * FROM ({}) AS list{number}", list(&number.to_string(), values))
            };
            (0..lists).map(list).collect::<Vec<_>>().join(" UNION ALL ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{
        browser::Browser,
        harness::{App, MINUTE, PASSWORD},
    };

    /// However many are asked for at once, also where the statement has more places than are needed.
    #[tokio::test]
    async fn lists_that_are_asked_for_in_one_statement_are_those_that_each_would_be_alone() {
        let app = App::start().await;
        let mut users = Vec::new();
        for name in ["ada", "bob", "eve"] {
            let mut browser: Browser<'_> = app.signed_up(name).await;
            app.clock.advance(MINUTE);
            browser.log_in(name, PASSWORD).await;
            users.push(app.user(name).await);
        }
        let mut all = Vec::new();
        for user_id in users {
            let mut after = Place::START;
            for most in 2..=3 {
                all.push(EventsOf { user_id, after, most });
                let page = app.store.events(user_id, after, 1).await.unwrap();
                after = page.next.expect("more than have been read");
            }
        }
        let ids = |list: &[EventRow]| list.iter().map(|event| event.id).collect::<Vec<_>>();
        let mut alone = Vec::new();
        for list in &all {
            let [answer] = &EventsOf::ask(&app.store.database, &[*list], Way::Alone).await.unwrap()[..] else {
                panic!("one")
            };
            assert!(answer.len() > 1 && answer.len() <= usize::from(list.most), "{} of {}", answer.len(), list.most);
            alone.push(ids(answer));
        }
        for count in 1..=all.len() {
            let together = EventsOf::ask(&app.store.database, &all[..count], Way::Together).await.unwrap();
            assert_eq!(together.iter().map(|list| ids(list)).collect::<Vec<_>>(), alone[..count], "{count} at once");
        }
    }

    #[test]
    fn a_place_survives_as_text_and_nothing_else_is_one() {
        let place = Place { at: 1_800_000_000_000, id: Uuid::from_u128(7) };
        assert_eq!(place.to_string().parse(), Ok(place));
        assert_eq!(Place::START.to_string().parse(), Ok(Place::START));
        for text in
            ["", "-", "7", "7-", "x-00000000000000000000000000000007", "9223372036854775808-0", "1-2-3", "'; --"]
        {
            assert_eq!(text.parse::<Place>(), Err(NoPlace), "{text}");
        }
    }
}
