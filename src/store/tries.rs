//! Tries of passwords, counted before anybody looks at the password. What is too many is not known here.
//!
//! Rows are locked in the order of their keys, and the account's after them, by every transaction, so that no two wait for each other.

use std::sync::LazyLock;

use uuid::Uuid;

use super::{
    Hash, NewEvent, Store, StoreError, UnixMillis,
    database::{Batch, FromRow, Row, Transaction},
    events,
    in_a_row::{self, At, InARow},
};

/// Whoever purges does it alone.
const TURN: &str = "purge tries";

/// A try that is to be counted under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTry {
    pub key: Hash,
    pub now: UnixMillis,
    /// When a count that begins now is forgotten. One with more than twice as long to go was made by a clock that has been set back, and is forgotten now.
    pub forgotten_at: UnixMillis,
    /// Whether a count that goes on is forgotten when it would have been, and not later for this try.
    pub keeps_its_end: bool,
}

/// A try as it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub key: Hash,
    /// With this one.
    pub tries: u32,
    /// The first of them.
    pub since_at: UnixMillis,
    /// The one before this one; this one, where it is the first.
    pub previous_at: UnixMillis,
    pub at: UnixMillis,
}

/// What was counted for one try, for when it turns out that it should not have been.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// Under the key of whoever tried, and under one that they share with others.
    pub own: Option<[Counted; 2]>,
    /// Under keys that stand for themselves.
    pub apart: Vec<Counted>,
    /// At the account, if it was tried at one.
    pub in_a_row: Option<InARow>,
}

/// As it stands in the table after a try.
struct Count {
    key: Vec<u8>,
    counted: i64,
    since_at: UnixMillis,
    previous_at: UnixMillis,
}

impl FromRow for Count {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            key: row.get("key")?,
            counted: row.get("counted")?,
            since_at: row.get("since_at")?,
            previous_at: row.get("previous_at")?,
        })
    }
}

impl Store {
    /// Counts a try under all the keys, which are in their order, and at an account, if `judge` lets it pass; otherwise nothing is counted. Of those that come at
    /// once, on however many instances, each is judged by a count that has the others in it. The keys are judged first, by themselves: whoever is refused for these must
    /// not see by the time whether there is an account.
    pub async fn count_tries<Refused>(
        &self,
        tries: &[NewTry],
        at: Option<At>,
        judge: impl Fn(&[Counted], Option<InARow>) -> Result<(), Refused>,
    ) -> Result<Result<(Vec<Counted>, Option<InARow>), Refused>, StoreError> {
        debug_assert!(tries.is_sorted_by_key(|new| new.key) && tries.windows(2).all(|two| two[0].now == two[1].now));
        let mut transaction = self.database.begin().await?;
        let counted = count(&mut transaction, tries).await?;
        if let Err(refused) = judge(&counted, None) {
            transaction.undo().await?;
            return Ok(Err(refused));
        }
        let in_a_row = match at {
            Some(at) => in_a_row::count(&mut transaction, at).await?,
            None => None,
        };
        if let Err(refused) = judge(&counted, in_a_row) {
            transaction.undo().await?;
            return Ok(Err(refused));
        }
        transaction.commit().await?;
        Ok(Ok((counted, in_a_row)))
    }

    /// Takes one try back: nobody looked at the password.
    pub async fn take_back_try(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        if let Some([own, shared]) = &receipt.own
            // Otherwise a success has cleared it, and the shared count with it.
            && subtract(transaction.batch(), own, 1).execute().await? == [1]
        {
            subtract(transaction.batch(), shared, 1).execute().await?;
        }
        subtract_apart(transaction.batch(), receipt).execute().await?;
        if let Some(in_a_row) = receipt.in_a_row {
            in_a_row::take_back(&mut transaction, in_a_row).await?;
        }
        transaction.commit().await
    }

    /// A try that was right: whoever made it has all of their own forgotten, and others have none of theirs. It ends the row of failures at the account.
    pub async fn clear_tries(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        clear(&mut transaction, receipt).await?.execute().await?;
        if let Some(InARow { user_id, .. }) = receipt.in_a_row {
            in_a_row::forget(&mut transaction, user_id).await?;
        }
        transaction.commit().await
    }

    /// Forgets what was counted under keys, which are in their order, and at an account. `false`: there was nothing.
    pub async fn forget_tries(
        &self,
        keys: &[Hash],
        user_id: Uuid,
        forgotten: &NewEvent<'_>,
    ) -> Result<bool, StoreError> {
        debug_assert!(keys.is_sorted());
        let mut transaction = self.database.begin().await?;
        let mut found = 0;
        for key in keys {
            let delete = transaction.statement("DELETE FROM tries WHERE key = $1 AND counted > 0");
            found += delete.bind(key.as_slice()).execute().await?;
        }
        let failed = in_a_row::forget(&mut transaction, user_id).await?;
        events::commit_if(found > 0 || failed, transaction, forgotten).await
    }

    /// Deletes what is forgotten and, where more than `most` counts are kept, those that matter least: of few tries, and long ago. `true`: there may be more.
    pub async fn purge_tries(&self, now: UnixMillis, most: i64, at_most: u16) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction.alone(TURN).await?;
        let counts: Option<(i64,)> = transaction.statement("SELECT COUNT(*) FROM tries").optional().await?;
        let too_many = counts.map_or(0, |(count,)| count - most).clamp(0, at_most.into());
        let forgotten = "SELECT key FROM tries WHERE forgotten_at < $1 OR counted = 0 LIMIT $2";
        let forgotten: Vec<(Vec<u8>,)> =
            transaction.statement(forgotten).bind(now).bind(i64::from(at_most)).all().await?;
        let more = forgotten.len() == usize::from(at_most) || too_many == i64::from(at_most);
        delete(
            &mut transaction,
            forgotten,
            "DELETE FROM tries WHERE key = $1 AND (forgotten_at < $2 OR counted = 0)",
            now,
        )
        .await?;
        transaction.commit().await?;
        if too_many > 0 {
            // Another transaction, since its keys may come before those of the first.
            let mut transaction = self.database.begin().await?;
            transaction.alone(TURN).await?;
            let least = "SELECT key FROM tries ORDER BY counted, last_at LIMIT $1";
            let least: Vec<(Vec<u8>,)> = transaction.statement(least).bind(too_many).all().await?;
            delete(&mut transaction, least, "DELETE FROM tries WHERE key = $1 AND last_at <= $2", now).await?;
            tracing::warn!(
                too_many,
                "more tries are counted than is kept of them, and the least of them were forgotten"
            );
            transaction.commit().await?;
        }
        Ok(more)
    }
}

/// In the order of the keys, and once more on the condition by which they were found.
async fn delete(
    transaction: &mut Transaction,
    mut keys: Vec<(Vec<u8>,)>,
    statement: &'static str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    keys.sort_unstable();
    for (key,) in keys {
        transaction.statement(statement).bind(key).bind(now).execute().await?;
    }
    Ok(())
}

/// Counts tries of one moment, under keys in their order.
async fn count(transaction: &mut Transaction, tries: &[NewTry]) -> Result<Vec<Counted>, StoreError> {
    // As many as there are kinds of keys for one who tries.
    static TEXTS: LazyLock<[String; 3]> = LazyLock::new(|| [1, 2, 3].map(counting));
    let Some(first) = tries.first() else { return Ok(Vec::new()) };
    let text = TEXTS.get(tries.len() - 1).ok_or(StoreError::Impossible { column: "key" })?;
    let counting = transaction.statement(text).bind(first.now);
    let counting = tries.iter().fold(counting, |counting, new| {
        counting.bind(new.key.as_slice()).bind(new.forgotten_at).bind(new.keeps_its_end)
    });
    let counts: Vec<Count> = counting.all().await?;
    let counted = |new: &NewTry| {
        let count =
            counts.iter().find(|count| count.key == new.key).ok_or(StoreError::Impossible { column: "counted" })?;
        let tries = count.counted.try_into().unwrap_or(u32::MAX);
        Ok(Counted { key: new.key, tries, since_at: count.since_at, previous_at: count.previous_at, at: new.now })
    };
    tries.iter().map(counted).collect()
}

/// The statement that counts a try under so many keys, in their order. It is given the moment, and for each key three values, the last of which PostgreSQL
/// would not know for a truth value if it were not told with it.
fn counting(keys: usize) -> String {
    let places = (0..keys).map(|key| [2, 3, 4].map(|place| 3 * key + place));
    let rows: Vec<_> =
        places.clone().map(|[key, forgotten_at, _]| format!("(${key}, 1, $1, $1, $1, ${forgotten_at})")).collect();
    let keeps_its_end: Vec<_> = places.map(|[key, _, keeps]| format!("WHEN ${key} THEN ${keeps}")).collect();
    let goes_on = "tries.forgotten_at > $1 AND tries.forgotten_at <= 2 * excluded.forgotten_at - $1";
    format!(
        "INSERT INTO tries (key, counted, since_at, last_at, previous_at, forgotten_at)
         VALUES {}
         ON CONFLICT (key) DO UPDATE SET
             counted = CASE WHEN {goes_on} THEN tries.counted + 1 ELSE 1 END,
             since_at = CASE WHEN {goes_on} THEN tries.since_at ELSE $1 END,
             previous_at = CASE WHEN {goes_on} THEN tries.last_at ELSE $1 END,
             last_at = $1,
             forgotten_at = CASE WHEN {goes_on} AND CASE tries.key {} END
                 THEN tries.forgotten_at ELSE excluded.forgotten_at END
         RETURNING key, counted, since_at, previous_at",
        rows.join(", "),
        keeps_its_end.join(" "),
    )
}

/// Of whoever tried and was right: their own, and with what is given back the rest.
pub(super) async fn clear<'t>(transaction: &'t mut Transaction, receipt: &Receipt) -> Result<Batch<'t>, StoreError> {
    let mut cleared = None;
    if let Some([own, shared]) = &receipt.own {
        let delete = "DELETE FROM tries WHERE key = $1 AND since_at = $2 RETURNING counted";
        let delete = transaction.statement(delete).bind(own.key.as_slice()).bind(own.since_at);
        cleared = delete.optional::<(i64,)>().await?.map(|(tries,)| (shared, tries));
    }
    let rest = transaction.batch();
    let rest = cleared.into_iter().fold(rest, |rest, (shared, tries)| subtract(rest, shared, tries));
    Ok(subtract_apart(rest, receipt))
}

/// One try, under each key that stands for itself.
fn subtract_apart<'t>(to: Batch<'t>, receipt: &Receipt) -> Batch<'t> {
    receipt.apart.iter().fold(to, |to, apart| subtract(to, apart, 1))
}

/// One more statement: from the count that a try was counted in, if that is still the one. As if the try had not been: the one before it is the last again.
fn subtract<'t>(to: Batch<'t>, counted: &Counted, tries: i64) -> Batch<'t> {
    to.statement(
        "UPDATE tries
         SET counted = CASE WHEN counted > $3 THEN counted - $3 ELSE 0 END,
             last_at = CASE WHEN last_at = $4 THEN previous_at ELSE last_at END
         WHERE key = $1 AND since_at = $2 AND counted > 0",
    )
    .bind(counted.key.as_slice())
    .bind(counted.since_at)
    .bind(tries)
    .bind(counted.at)
}
