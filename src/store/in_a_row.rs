//! Failures in a row at an account, in its own row: no time forgets them, and a right password ends them ([`enter`](super::users::enter)).

use uuid::Uuid;

use super::{StoreError, database::Transaction};

/// Who tries at an account: the failures in a row of each are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Stranger,
    /// On a device that has signed in before, or in a session.
    Known,
}

/// At whose password somebody tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// `None`: there is no such account, which takes as long to count.
    pub user_id: Option<Uuid>,
    pub who: Who,
}

/// A try as it was counted among the failures in a row at an account, which no time forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InARow {
    pub user_id: Uuid,
    pub who: Who,
    /// With this one.
    pub tries: u32,
    /// Which row: the next begins when a password was right.
    pub row: i64,
}

/// Counts a try among the failures in a row, until it was right.
pub(super) async fn count(transaction: &mut Transaction, at: At) -> Result<Option<InARow>, StoreError> {
    let At { user_id, who } = at;
    let count = transaction.statement(match who {
        Who::Stranger => {
            "UPDATE users SET stranger_failures = stranger_failures + 1 WHERE id = $1
             RETURNING stranger_failures, failure_row"
        }
        Who::Known => {
            "UPDATE users SET known_failures = known_failures + 1 WHERE id = $1 RETURNING known_failures, failure_row"
        }
    });
    let counted: Option<(i64, i64)> = count.bind(user_id.unwrap_or_default()).optional().await?;
    let in_a_row =
        |(user_id, (tries, row))| InARow { user_id, who, tries: u32::try_from(tries).unwrap_or(u32::MAX), row };
    Ok(user_id.zip(counted).map(in_a_row))
}

/// Nobody looked at the password. Where the row has ended since, there is nothing to take back.
pub(super) async fn take_back(transaction: &mut Transaction, counted: InARow) -> Result<(), StoreError> {
    let take_back = transaction.statement(match counted.who {
        Who::Stranger => {
            "UPDATE users SET stranger_failures = stranger_failures - 1
             WHERE id = $1 AND failure_row = $2 AND stranger_failures > 0"
        }
        Who::Known => {
            "UPDATE users SET known_failures = known_failures - 1
             WHERE id = $1 AND failure_row = $2 AND known_failures > 0"
        }
    });
    take_back.bind(counted.user_id).bind(counted.row).execute().await?;
    Ok(())
}

/// `false`: there were none.
pub(super) async fn forget(transaction: &mut Transaction, id: Uuid) -> Result<bool, StoreError> {
    let forget = transaction.statement(
        "UPDATE users SET stranger_failures = 0, known_failures = 0, failure_row = failure_row + 1
         WHERE id = $1 AND (stranger_failures > 0 OR known_failures > 0)",
    );
    Ok(forget.bind(id).execute().await? == 1)
}
