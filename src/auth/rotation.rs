//! What a presented refresh token means: the ratchet with an acknowledgement.
//!
//! A refresh answers with the next token and keeps the one before it, the *parent*, good for exactly as long as there
//! is no evidence that the next one arrived. Evidence is an *acknowledgement*: something the holder of the next token did with it,
//! late enough that the browser must have it on disk ([`acknowledges`]). From then on a parent that comes back was copied
//! (RFC 9700, section 4.14.2).
//!
//! Pure: a state and what was presented go in, a decision comes out. No clock, no randomness, no database; [`super::refresh`]
//! carries the decisions out.

use crate::{
    ended::{EndReason, Refusal},
    store::{Hash, UnixMillis},
};

/// How many deliveries of one token may put off the rotation after it. The next ones are answered but no longer counted,
/// so that someone who polls with the parent cannot put it off for ever.
pub const COUNTED_REPLAYS: u32 = 32;

/// Where a session stands: the part of its row that decides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// Counts the tokens of this session from 1.
    pub generation: u32,
    pub current: Hash,
    /// The token before the current one. The first has none.
    pub parent: Option<Hash>,
    pub rotated_at: UnixMillis,
    /// When the current token was last sent to somebody.
    pub delivered_at: UnixMillis,
    pub replays: u32,
    pub acknowledged: bool,
    /// Whether the current token was made for, or sent again to, somebody who did not name the client instance that this session began in.
    pub elsewhere: bool,
    pub idle_expires_at: UnixMillis,
    pub absolute_expires_at: UnixMillis,
    pub ended: Option<EndReason>,
}

/// An authentic token (its tag was checked), as it came in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Presented {
    pub generation: u32,
    pub hash: Hash,
    /// The browser's testimony: the page has held an access token since its last answered refresh, and no refresh of
    /// this browser is unanswered. A program gives none.
    pub in_step: bool,
    /// Whether it comes from the client instance that this session began in.
    pub same_instance: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    Refuse(Refusal),
    /// Another access token; the refresh token stays. Nothing is written.
    Mint,
    /// The next refresh token, if the presented one is still current when it is written.
    Rotate,
    /// The current refresh token once more, unsealed with the parent presented. `counted`: this delivery is written down and
    /// puts off the next rotation.
    Replay {
        counted: bool,
    },
    /// A used-up token came back: end this session, and no other.
    Reuse,
}

/// Decides. `settle` in milliseconds; 0 is strict mode.
pub fn decide(line: &Line, presented: &Presented, now: UnixMillis, settle: UnixMillis) -> Decision {
    if let Some(reason) = line.ended {
        return Decision::Refuse(Refusal::Ended(reason));
    }
    if now >= line.idle_expires_at || now >= line.absolute_expires_at {
        return Decision::Refuse(Refusal::Expired);
    }
    let has_settled = now >= line.delivered_at.saturating_add(settle);
    // It has been in two places: here, and with somebody who could not say that they are here. Not at once: what a browser sent before it lost its name
    // may still arrive.
    let copied = presented.same_instance && line.elsewhere && has_settled;
    if presented.generation == line.generation && presented.hash == line.current {
        if copied {
            return Decision::Reuse;
        }
        return if has_settled { Decision::Rotate } else { Decision::Mint };
    }
    if line.parent == Some(presented.hash) {
        let late = now > line.rotated_at.saturating_add(settle);
        return if line.acknowledged || copied || (presented.in_step && late) {
            Decision::Reuse
        } else {
            Decision::Replay { counted: line.replays < COUNTED_REPLAYS }
        };
    }
    if presented.generation.saturating_add(2) <= line.generation {
        return Decision::Reuse;
    }
    // Authentic, but of a generation that this line has not reached or reached with another secret: the database was
    // put back to an earlier day. Nobody stole anything.
    Decision::Refuse(Refusal::Invalid)
}

/// Whether hearing from the holder of `generation` at `now` proves that the current token has arrived for good.
///
/// Not before `delivered_at + settle`: until then a crash may still take the browser back to the parent.
pub fn acknowledges(line: &Line, generation: u32, now: UnixMillis, settle: UnixMillis) -> bool {
    generation == line.generation
        && !line.acknowledged
        && line.ended.is_none()
        && now >= line.delivered_at.saturating_add(settle)
}

/// When the idle lifetime ends that begins at `now`: never past the absolute one.
pub fn idle_end(now: UnixMillis, idle_ttl: UnixMillis, absolute_expires_at: UnixMillis) -> UnixMillis {
    now.saturating_add(idle_ttl).min(absolute_expires_at)
}

#[cfg(test)]
#[path = "rotation_table.rs"]
mod table;
