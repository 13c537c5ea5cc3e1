//! What must never happen.

use super::token::Session;
use crate::ended::Refusal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Invariant 1: an honest browser was refused, though nobody had stolen anything and nobody had ended its session.
    HonestRefused(Refusal),
    /// Invariant 1, for a page that is loaded.
    HonestTurnedAway,
    /// Invariant 2: two different tokens of one generation were handed out.
    TwoLines,
    /// Invariants 3 and 4: a used-up token was honoured though there was proof that it had been used up, or a browser in step had not used it.
    ThiefUnseen,
    /// Invariant 5: a session that had ended was honoured, or a tab took it up again.
    Revived(Session),
    /// Invariant 6: a session was honoured past its end, or its end was moved.
    Outlived,
    /// A tab started a refresh while it waited for one.
    TwoInFlight,
    /// A page that had been put away was shown before it was known whose it is.
    Uncovered,
    /// Liveness: once the network works, a tab does not get to where it should be.
    Stuck,
    /// A tab asks and asks.
    Endless,
}
