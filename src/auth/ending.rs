//! Why the session of a refresh token is over, for whoever holds one.

use super::{Auth, StoreError, Visit};
use crate::{ended::Refusal, store::UnixMillis};

#[derive(Clone, Debug)]
pub struct Ending {
    pub why: Refusal,
    pub at: UnixMillis,
    /// From where it was ended, if somebody did; of a token that was used in two places, one of them.
    pub by: Option<Visit>,
    /// Where it was last seen: the other one.
    pub seen_user_agent: String,
}

impl Auth {
    /// How the session of a refresh token ended, whichever of its tokens it is. `None`: it has not, or there is none. Changes nothing.
    pub async fn ending(&self, presented: &str) -> Result<Option<Ending>, StoreError> {
        let Some((_, row)) = self.presented(Some(presented)).await? else { return Ok(None) };
        if let Some(ended) = self.store.ending(row.id).await? {
            let by = ended.by.map(|(address, user_agent)| Visit { address, user_agent, ..Visit::default() });
            return Ok(Some(Ending {
                why: Refusal::Ended(ended.reason),
                at: ended.at,
                by,
                seen_user_agent: row.seen_user_agent,
            }));
        }
        let at = row.idle_expires_at.min(row.absolute_expires_at);
        Ok((at <= self.clock.now()).then_some(Ending {
            why: Refusal::Expired,
            at,
            by: None,
            seen_user_agent: row.seen_user_agent,
        }))
    }
}
