//! Carries the rotation rule out: refresh, and the read-only look that pages are rendered from.

use std::sync::{Arc, atomic::Ordering};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Account, Auth, Principal, Tokens, Visit,
    access_token::Grant,
    refresh_token::RefreshToken,
    rotation::{Decision, Line, Presented, acknowledges, decide, idle_end},
    tally::Honoured,
};
use crate::{
    ended::{EndReason, Refusal},
    fields::Fields,
    store::{Begun, Delivery, EventKind, Rotation, SessionRow, StoreError, UnixMillis},
};

/// How often a decision is taken anew because another request changed the row in between.
const ATTEMPTS: usize = 3;

#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    #[error("the refresh token is refused: {0}")]
    Refused(Refusal),
    /// Others kept changing the row. Nothing happened; trying again is safe.
    #[error("the session changed at every attempt")]
    Contended,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a look at a refresh token shows. Nothing is changed by looking.
pub enum Look {
    /// It would be honoured. The account is the one of this moment; none where the user is disabled.
    SignedIn(Principal, Option<Box<Account>>),
    /// It would be refused, and why.
    SignedOut(Refusal),
    /// A used-up token: only a refresh may raise the alarm.
    Doubtful,
}

impl Auth {
    /// Exchanges a refresh token for an access token and, where it is time, for the next refresh token.
    pub async fn refresh(&self, presented: &str, in_step: bool, visit: &Visit) -> Result<Tokens, RefreshError> {
        let outcome = self.exchange(presented, in_step, visit).await;
        self.tally.refresh(&outcome);
        outcome.map(|(tokens, _)| tokens)
    }

    async fn exchange(
        &self,
        presented: &str,
        in_step: bool,
        visit: &Visit,
    ) -> Result<(Tokens, Honoured), RefreshError> {
        let refused = RefreshError::Refused;
        let token = self.refresh_key.read(presented, self.clock.now()).ok_or(refused(Refusal::Invalid))?;
        if self.may_step_unread(&token)
            && let Some(tokens) = self.rotate(&token, Fields::default(), visit).await?
        {
            return Ok((tokens, Honoured::Rotated));
        }
        for _ in 0..ATTEMPTS {
            let Some(row) = self.store.session(token.session_id).await? else {
                self.over.put(token.session_id, ());
                return Err(refused(Refusal::Invalid));
            };
            // Before the token is exchanged, so that a database that fails here costs nobody an answer.
            let own = self.claims(row.user_id).await?;
            let now = self.clock.now();
            let same_instance = began_in(&row, visit);
            let shown = Presented { generation: token.generation, hash: token.hash(), in_step, same_instance };
            let (done, how) = match decide(&line(&row), &shown, now, self.policy.settle) {
                Decision::Refuse(why) => return Err(self.refuse(&row, &token, why, now)),
                Decision::Reuse if self.alarm(&row, visit).await? => {
                    return Err(refused(Refusal::Ended(EndReason::Reused)));
                }
                // It has ended for another reason meanwhile, which is the answer.
                Decision::Reuse => continue,
                Decision::Mint => {
                    self.acknowledgements.delivered_before(row.id, row.generation, row.delivered_at, now);
                    let granted = self.granted(row.id, row.generation, row.begun(), own, None, now);
                    (Some(granted), Honoured::Minted)
                }
                Decision::Rotate => (self.rotate(&token, own, visit).await?, Honoured::Rotated),
                Decision::Replay { counted } => {
                    let to = Delivery {
                        now,
                        elsewhere: row.instance_hash.is_some() && !same_instance,
                        user_agent: &visit.user_agent,
                        address: &visit.address,
                    };
                    (self.replay(&row, &token, own, counted, to).await?, Honoured::Replayed)
                }
            };
            if let Some(tokens) = done {
                return Ok((tokens, how));
            }
        }
        Err(RefreshError::Contended)
    }

    /// Whether the step is tried before anything is read: not where it is known that it cannot be taken, since whoever writes waits for others who do. Where tokens
    /// say what an account is, that is read first.
    fn may_step_unread(&self, token: &RefreshToken) -> bool {
        let is_due = || self.acknowledgements.may_be_due(token.session_id, token.generation, self.clock.now());
        !self.has_claims() && self.over.get(&token.session_id).is_none() && is_due()
    }

    /// What a refresh token is worth at this moment, without using it.
    pub async fn look(&self, presented: &str) -> Result<Look, StoreError> {
        let Some(token) = self.refresh_key.read(presented, self.clock.now()) else {
            return Ok(Look::SignedOut(Refusal::Invalid));
        };
        let Some((row, user)) = self.store.session_with_user(token.session_id).await? else {
            return Ok(Look::SignedOut(Refusal::Invalid));
        };
        let now = self.clock.now();
        let line = line(&row);
        let shown =
            Presented { generation: token.generation, hash: token.hash(), in_step: false, same_instance: false };
        Ok(match decide(&line, &shown, now, self.policy.settle) {
            Decision::Refuse(why) => Look::SignedOut(why),
            Decision::Reuse => Look::Doubtful,
            Decision::Mint | Decision::Rotate | Decision::Replay { .. } => {
                if shown.hash == line.current && acknowledges(&line, shown.generation, now, self.policy.settle) {
                    self.acknowledgements.heard_settled(row.id, row.generation, now);
                }
                let authenticated_at = u64::try_from(row.authenticated_at / 1000).unwrap_or_default();
                let account = self.with_fields((row, user)).await?;
                let row = &account.session;
                let own = Arc::new(self.carried(&account.fields));
                let principal = Principal::verified(row.user_id, row.id, row.generation, authenticated_at, own);
                let open = account.is_open_to(&principal, now);
                Look::SignedIn(principal, open.then(|| Box::new(account)))
            }
        })
    }

    /// Takes the step, where it is to be taken; otherwise `None`, and nothing was done.
    async fn rotate(&self, token: &RefreshToken, own: Fields, visit: &Visit) -> Result<Option<Tokens>, StoreError> {
        let session_id = token.session_id;
        let generation = token.generation.saturating_add(1);
        let next = self.refresh_key.issue(session_id, generation, Zeroizing::new(self.rng.bytes()));
        let now = self.clock.now();
        let step = Rotation {
            session_id,
            generation: token.generation,
            from_hash: token.hash(),
            instance_hash: visit.instance.as_ref().map(|instance| instance.hash(session_id)),
            delivered_by: now.saturating_sub(self.policy.settle),
            to_hash: next.hash(),
            sealed: token.seal(&next),
            now,
            idle_expires_at: now.saturating_add(self.policy.idle_ttl),
            user_agent: visit.user_agent.clone(),
            address: visit.address.clone(),
        };
        let Some(begun) = self.store.rotate(step).await? else { return Ok(None) };
        self.acknowledgements.delivered(session_id, generation, now);
        Ok(Some(self.granted(session_id, generation, begun, own, Some(next), now)))
    }

    /// Sends the current token once more to a holder of its parent.
    async fn replay(
        &self,
        row: &SessionRow,
        parent: &RefreshToken,
        own: Fields,
        counted: bool,
        to: Delivery<'_>,
    ) -> Result<Option<Tokens>, StoreError> {
        // Sealed as long as it is not acknowledged, so this is a row that changed while it was read.
        let Some(sealed) = row.sealed_current else { return Ok(None) };
        if counted {
            let idle_expires_at = idle_end(to.now, self.policy.idle_ttl, row.absolute_expires_at);
            if !self.store.deliver_again(row.id, &row.current_hash, to, idle_expires_at).await? {
                return Ok(None);
            }
            self.acknowledgements.delivered(row.id, row.generation, to.now);
        }
        let current = self.refresh_key.unseal(parent, &sealed, &row.current_hash, to.now);
        Ok(Some(self.granted(row.id, row.generation, row.begun(), own, Some(current), to.now)))
    }

    fn refuse(&self, row: &SessionRow, token: &RefreshToken, why: Refusal, now: UnixMillis) -> RefreshError {
        match why {
            Refusal::Invalid => tracing::warn!(
                session = %row.id, presented = token.generation, current = row.generation,
                "an authentic refresh token that the database does not know: was it restored from a backup?"
            ),
            // It may have ended where this node did not hear of it.
            Refusal::Ended(_) => self.revocations.add(row.id, now),
            Refusal::Expired => {}
        }
        self.over.put(row.id, ());
        RefreshError::Refused(why)
    }

    /// A token was used in two places: this session ends, and no other. `false`: it had ended already.
    async fn alarm(&self, row: &SessionRow, visit: &Visit) -> Result<bool, StoreError> {
        let ended = self.end_session(row.id, row.user_id, EndReason::Reused, EventKind::TokenReuse, visit).await?;
        self.tally.reuses.fetch_add(u64::from(ended), Ordering::Relaxed);
        Ok(ended)
    }

    fn granted(
        &self,
        session_id: Uuid,
        generation: u32,
        begun: Begun,
        own: Fields,
        refresh: Option<RefreshToken>,
        now: UnixMillis,
    ) -> Tokens {
        let grant = Grant {
            user_id: begun.user_id,
            session_id,
            generation,
            authenticated_at: begun.authenticated_at,
            session_ends_at: begun.absolute_expires_at,
            own,
        };
        self.tokens(&grant, refresh, now)
    }
}

/// Whether a visit comes from the client instance that a session began in.
fn began_in(row: &SessionRow, visit: &Visit) -> bool {
    visit.instance.as_ref().is_some_and(|instance| row.instance_hash == Some(instance.hash(row.id)))
}

/// What of a row decides.
pub(crate) fn line(row: &SessionRow) -> Line {
    Line {
        generation: row.generation,
        current: row.current_hash,
        parent: row.parent_hash,
        rotated_at: row.rotated_at,
        delivered_at: row.delivered_at,
        replays: row.replays,
        acknowledged: row.acknowledged,
        elsewhere: row.elsewhere,
        idle_expires_at: row.idle_expires_at,
        absolute_expires_at: row.absolute_expires_at,
        ended: row.ended,
    }
}
