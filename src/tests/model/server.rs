//! The server: the row of each session, and what is done to it. Decisions are [`decide`]'s and [`acknowledges`]'s; what is modelled is the
//! conditional update around them.

use super::{
    time::{NEVER, later},
    token::{Access, Session, Token},
    verdict::Violation,
    world::{Rule, World},
};
use crate::{
    auth::rotation::{Decision, Line, Presented, acknowledges, decide, idle_end},
    ended::{EndReason, Refusal},
};

/// A session's row, and what is known of it beyond the row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub line: Line,
    /// There is evidence that the current token arrived, whatever the rule makes of it.
    pub proven: bool,
    /// How many steps ago the browser could have sent evidence of the current token that may still arrive.
    pub heard: Option<u8>,
    /// When the session was to end from its beginning.
    pub end: i64,
    /// Milliseconds since a refresh was last answered with a token.
    pub quiet: i64,
    /// Whether the browser named its instance when the session began.
    pub named: bool,
    /// Whether a thief has been given a refresh token of it.
    pub touched: bool,
}

/// Who presents a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The browser. `robbed`: a thief has used the session. `named`: it named its instance.
    Owner {
        robbed: bool,
        named: bool,
    },
    Thief,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// `lifetime` in milliseconds.
    Granted {
        cookie: Option<Token>,
        access: Access,
        lifetime: i64,
    },
    Refused(Why),
    /// The row changed at every attempt.
    Busy,
    SignedOut,
    /// The cookie is of another session than the one that is left.
    LeftAlone,
}

/// A refusal, in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    Invalid,
    Expired,
    SignedOut,
    Reused,
    Replaced,
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid => Self::Invalid,
            Refusal::Expired => Self::Expired,
            Refusal::Ended(EndReason::Reused) => Self::Reused,
            Refusal::Ended(EndReason::Replaced) => Self::Replaced,
            Refusal::Ended(_) => Self::SignedOut,
        }
    }
}

impl From<Why> for Refusal {
    fn from(why: Why) -> Self {
        match why {
            Why::Invalid => Self::Invalid,
            Why::Expired => Self::Expired,
            Why::SignedOut => Self::Ended(EndReason::SignedOut),
            Why::Reused => Self::Ended(EndReason::Reused),
            Why::Replaced => Self::Ended(EndReason::Replaced),
        }
    }
}

/// What was decided on a row as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reading {
    pub verdict: Verdict,
    /// The current token then.
    pub current: Token,
    /// Whoever asks did not name the instance that the session began in.
    pub elsewhere: bool,
}

/// A decision, with what other rules can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Refuse(Why),
    Mint,
    Rotate,
    Replay {
        counted: bool,
    },
    Reuse,
    /// A successor of its own for whoever asks.
    Fork,
}

impl Verdict {
    pub fn accepts(self) -> bool {
        !matches!(self, Self::Refuse(_) | Self::Reuse)
    }
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Refuse(refusal) => Self::Refuse(refusal.into()),
            Decision::Mint => Self::Mint,
            Decision::Rotate => Self::Rotate,
            Decision::Replay { counted } => Self::Replay { counted },
            Decision::Reuse => Self::Reuse,
        }
    }
}

impl Row {
    /// A session that begins now.
    pub fn begun(world: &World, session: Session) -> Self {
        let end = world.absolute_ttl;
        let line = Line {
            generation: 1,
            current: Token::first_of(session).hash(),
            parent: None,
            rotated_at: 0,
            delivered_at: 0,
            replays: 0,
            acknowledged: false,
            elsewhere: false,
            idle_expires_at: idle_end(0, world.idle_ttl, end),
            absolute_expires_at: end,
            ended: None,
        };
        Self { line, proven: false, heard: None, end, quiet: 0, named: false, touched: false }
    }

    pub fn current(&self, session: Session) -> Token {
        Token::with_hash(session, &self.line.current)
    }

    pub fn is_alive(&self) -> bool {
        self.line.ended.is_none() && self.line.idle_expires_at > 0 && self.line.absolute_expires_at > 0
    }

    pub fn pass(&mut self, passed: i64) {
        let line = &mut self.line;
        let moments = [
            &mut line.rotated_at,
            &mut line.delivered_at,
            &mut line.idle_expires_at,
            &mut line.absolute_expires_at,
            &mut self.end,
        ];
        for moment in moments {
            *moment = later(*moment, passed);
        }
        self.quiet += passed;
    }

    /// What this token means, now. `named`: whoever presents it names the instance of the browser.
    pub fn read(&self, world: &World, token: Token, in_step: bool, named: bool) -> Reading {
        let Token { session, generation, .. } = token;
        let same_instance = self.named && named;
        let shown = Presented { generation, hash: token.hash(), in_step, same_instance };
        let verdict = world.rule.decide(&self.line, &shown, world.settle);
        Reading { verdict, current: self.current(session), elsewhere: self.named && !named }
    }

    /// Carries a decision out, if the row still allows it. `None`: read again.
    pub fn carry_out(&mut self, world: &World, token: Token, reading: Reading) -> Option<Answer> {
        let session = token.session;
        let line = &mut self.line;
        let unchanged = line.current == reading.current.hash() && line.ended.is_none();
        let cookie = match reading.verdict {
            Verdict::Refuse(why) => return Some(Answer::Refused(why)),
            Verdict::Reuse => {
                line.ended = line.ended.or(Some(EndReason::Reused));
                return Some(Answer::Refused(Why::Reused));
            }
            Verdict::Mint => None,
            Verdict::Rotate => {
                if line.current != token.hash() || line.ended.is_some() || !self.is_alive() {
                    return None;
                }
                self.line.elsewhere = reading.elsewhere;
                Some(self.rotate(world, session, token))
            }
            Verdict::Replay { counted: false } => Some(reading.current),
            Verdict::Replay { counted: true } => {
                if !unchanged || line.acknowledged {
                    return None;
                }
                line.replays += 1;
                line.elsewhere |= reading.elsewhere;
                line.idle_expires_at = idle_end(0, world.idle_ttl, line.absolute_expires_at);
                if world.rule != Rule::FirstDeliveryCounts {
                    line.delivered_at = 0;
                }
                Some(reading.current)
            }
            Verdict::Fork => {
                let sibling = Token { sibling: reading.current.sibling + 1, ..reading.current };
                line.current = sibling.hash();
                Some(sibling)
            }
        };
        self.quiet = 0;
        let generation = cookie.map_or(reading.current.generation, |cookie| cookie.generation);
        Some(self.grant(world, session, generation, cookie))
    }

    fn rotate(&mut self, world: &World, session: Session, token: Token) -> Token {
        let line = &mut self.line;
        let next = Token { session, generation: line.generation + 1, sibling: 0 };
        line.generation += 1;
        line.parent = Some(token.hash());
        line.current = next.hash();
        line.acknowledged = false;
        line.replays = 0;
        (line.rotated_at, line.delivered_at) = (0, 0);
        line.idle_expires_at = idle_end(0, world.idle_ttl, line.absolute_expires_at);
        (self.proven, self.heard) = (false, None);
        next
    }

    /// An access token never outlives its session.
    pub fn grant(&self, world: &World, session: Session, generation: u32, cookie: Option<Token>) -> Answer {
        let lifetime = world.access_ttl.min(self.line.absolute_expires_at);
        Answer::Granted { cookie, access: Access { session, generation, expires: lifetime }, lifetime }
    }

    /// Something of the current generation was used.
    pub fn hear(&mut self, world: &World) {
        if self.would_acknowledge(world) {
            self.proven = true;
            self.line.acknowledged = world.rule.acknowledges();
        }
    }

    pub fn would_acknowledge(&self, world: &World) -> bool {
        !self.proven && acknowledges(&self.line, self.line.generation, 0, world.settle)
    }

    /// What must not happen when a token is presented, whatever the rule.
    pub fn judge(
        &self,
        world: &World,
        token: Token,
        in_step: bool,
        verdict: Verdict,
        by: Party,
    ) -> Result<(), Violation> {
        let line = &self.line;
        if verdict.accepts() {
            if line.ended.is_some() {
                return Err(Violation::Revived(token.session));
            }
            if self.end <= 0 || line.absolute_expires_at != self.end || line.idle_expires_at > self.end {
                return Err(Violation::Outlived);
            }
            let behind = line.current != token.hash();
            let long_ago = token.generation + 2 <= line.generation;
            let not_mine = in_step && by != Party::Thief && line.rotated_at + world.settle < 0;
            let copied = self.named
                && self.touched
                && line.delivered_at + world.settle <= 0
                && matches!(by, Party::Owner { named: true, .. });
            if (behind && (self.proven || long_ago || not_mine)) || copied {
                return Err(Violation::ThiefUnseen);
            }
        }
        let Party::Owner { robbed: false, .. } = by else { return Ok(()) };
        match verdict {
            Verdict::Reuse => Err(Violation::HonestRefused(Refusal::Ended(EndReason::Reused))),
            Verdict::Refuse(Why::Invalid) => Err(Violation::HonestRefused(Refusal::Invalid)),
            Verdict::Refuse(Why::Expired) if !self.ran_out(world) => Err(Violation::HonestRefused(Refusal::Expired)),
            _ => Ok(()),
        }
    }

    /// Whether a session has rightly expired: its end has come, or it was long left alone. A refresh within SETTLE of the last extends nothing.
    fn ran_out(&self, world: &World) -> bool {
        self.end <= 0 || (world.idle_ttl != NEVER && self.quiet >= world.idle_ttl - world.settle)
    }
}

impl Rule {
    fn decide(self, line: &Line, shown: &Presented, settle: i64) -> Verdict {
        let is_parent = line.parent == Some(shown.hash) && line.ended.is_none();
        let is_current = line.current == shown.hash && line.ended.is_none();
        let in_window = line.rotated_at + 30_000 >= 0;
        match self {
            Self::LoserClears if is_parent => Verdict::Refuse(Why::Invalid),
            Self::Ours | Self::LoserClears | Self::FirstDeliveryCounts => decide(line, shown, 0, settle).into(),
            Self::StrictSingleUse | Self::Window30 | Self::OneBehindForEver | Self::Siblings if is_current => {
                Verdict::Rotate
            }
            Self::StrictSingleUse if is_parent => Verdict::Reuse,
            Self::Window30 if is_parent && in_window => Verdict::Replay { counted: true },
            Self::Siblings if is_parent && in_window => Verdict::Fork,
            Self::Window30 | Self::Siblings if is_parent => Verdict::Reuse,
            Self::OneBehindForEver if is_parent => Verdict::Replay { counted: true },
            _ => decide(line, shown, 0, settle).into(),
        }
    }

    /// Whether the rule heeds evidence that the current token arrived.
    fn acknowledges(self) -> bool {
        matches!(self, Self::Ours | Self::LoserClears | Self::FirstDeliveryCounts)
    }
}
