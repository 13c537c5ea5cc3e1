//! Tries of passwords, counted before anybody looks at the password. What is too many is not known here.
//!
//! Rows are locked in the order of their keys, and the account's after them, by every transaction, so that no two wait for each other.

use std::sync::LazyLock;

use uuid::Uuid;

use super::{
    Hash, NewEvent, Store, StoreError, UnixMillis,
    database::{FromRow, Row, Transaction},
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
    /// When a count that begins now is forgotten.
    pub forgotten_at: UnixMillis,
    /// Whether a count that goes on is forgotten when it would have been, and not later for this try.
    pub keeps_its_end: bool,
    /// The latest end that a count can have. One that ends later was made by a clock that has been set back, and is forgotten.
    pub latest_end: UnixMillis,
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

impl NewTry {
    /// Whether it differs from another in its key alone.
    fn is_like(&self, other: &Self) -> bool {
        Self { key: other.key, ..*self } == *other
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
        debug_assert!(tries.is_sorted_by_key(|new| new.key));
        let mut transaction = self.database.begin().await?;
        let mut counted = Vec::with_capacity(tries.len());
        for alike in tries.chunk_by(NewTry::is_like) {
            counted.extend(count(&mut transaction, alike).await?);
        }
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
            && subtract(&mut transaction, own, 1).await?
        {
            subtract(&mut transaction, shared, 1).await?;
        }
        for apart in &receipt.apart {
            subtract(&mut transaction, apart, 1).await?;
        }
        if let Some(in_a_row) = receipt.in_a_row {
            in_a_row::take_back(&mut transaction, in_a_row).await?;
        }
        transaction.commit().await
    }

    /// A try that was right: whoever made it has all of their own forgotten, and others have none of theirs. It ends the row of failures at the account.
    pub async fn clear_tries(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        clear(&mut transaction, receipt).await?;
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

/// Counts tries that are alike but for their keys.
async fn count(transaction: &mut Transaction, alike: &[NewTry]) -> Result<Vec<Counted>, StoreError> {
    // As many as there are kinds of keys for one who tries.
    static TEXTS: LazyLock<[String; 3]> = LazyLock::new(|| [1, 2, 3].map(counting));
    let (Some(new), Some(text)) = (alike.first(), alike.len().checked_sub(1).and_then(|which| TEXTS.get(which))) else {
        return Err(StoreError::Impossible { column: "key" });
    };
    let counting = transaction.statement(text);
    let counting = counting.bind(new.now).bind(new.forgotten_at).bind(new.latest_end).bind(new.keeps_its_end);
    let counting = alike.iter().fold(counting, |counting, new| counting.bind(new.key.as_slice()));
    let counts: Vec<Count> = counting.all().await?;
    let counted = |new: &NewTry| {
        let count =
            counts.iter().find(|count| count.key == new.key).ok_or(StoreError::Impossible { column: "counted" })?;
        let tries = count.counted.try_into().unwrap_or(u32::MAX);
        Ok(Counted { key: new.key, tries, since_at: count.since_at, previous_at: count.previous_at, at: new.now })
    };
    alike.iter().map(counted).collect()
}

/// The statement that counts a try under so many keys, in their order.
fn counting(keys: usize) -> String {
    let rows: Vec<_> = (0..keys).map(|key| format!("(${}, 1, $1, $1, $1, $2)", 5 + key)).collect();
    format!(
        "INSERT INTO tries (key, counted, since_at, last_at, previous_at, forgotten_at)
         VALUES {}
         ON CONFLICT (key) DO UPDATE SET
             counted = CASE WHEN tries.forgotten_at > $1 AND tries.forgotten_at <= $3 THEN tries.counted + 1 ELSE 1 END,
             since_at = CASE WHEN tries.forgotten_at > $1 AND tries.forgotten_at <= $3 THEN tries.since_at ELSE $1 END,
             previous_at = CASE WHEN tries.forgotten_at > $1 AND tries.forgotten_at <= $3 THEN tries.last_at ELSE $1 END,
             last_at = $1,
             forgotten_at = CASE WHEN $4 AND tries.forgotten_at > $1 AND tries.forgotten_at <= $3
                 THEN tries.forgotten_at ELSE $2 END
         RETURNING key, counted, since_at, previous_at",
        rows.join(", ")
    )
}

/// Of whoever tried and was right.
pub(super) async fn clear(transaction: &mut Transaction, receipt: &Receipt) -> Result<(), StoreError> {
    if let Some([own, shared]) = &receipt.own {
        let delete = "DELETE FROM tries WHERE key = $1 AND since_at = $2 RETURNING counted";
        let delete = transaction.statement(delete).bind(own.key.as_slice()).bind(own.since_at);
        if let Some((cleared,)) = delete.optional::<(i64,)>().await? {
            subtract(transaction, shared, cleared).await?;
        }
    }
    for apart in &receipt.apart {
        subtract(transaction, apart, 1).await?;
    }
    Ok(())
}

/// From the count that a try was counted in, if that is still the one. As if the try had not been: the one before it is the last again.
async fn subtract(transaction: &mut Transaction, counted: &Counted, tries: i64) -> Result<bool, StoreError> {
    let done = transaction
        .statement(
            "UPDATE tries
             SET counted = CASE WHEN counted > $3 THEN counted - $3 ELSE 0 END,
                 last_at = CASE WHEN last_at = $4 THEN previous_at ELSE last_at END
             WHERE key = $1 AND since_at = $2 AND counted > 0",
        )
        .bind(counted.key.as_slice())
        .bind(counted.since_at)
        .bind(tries)
        .bind(counted.at)
        .execute()
        .await?;
    Ok(done == 1)
}
