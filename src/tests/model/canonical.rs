//! States that nothing can tell apart are made equal, so that a search ends by itself.
//!
//! - Now is always 0 (`time.rs`).
//! - Ages beyond which no comparison can tell are cut: a rotation's after SETTLE and one step (`now > rotated_at + SETTLE`), a delivery's after SETTLE, an access token's at its
//!   end, a listed refresh's after IN_DOUBT + ABORT (`first_seen + IN_DOUBT <= sent`), a machine's token after its lifetime and as long as a word may take.
//! - Tokens are renumbered: the current generation is the third, its parent the second, and all before it are the first. Of a session that has
//!   ended all are alike.
//! - Attempts are numbered by the machine (1: under way, 0: given up), entries by their place in the list.
//! - Replays are not counted before the cap is reached. No run here has as many, but for a thief's burst, which reaches it at once.
//! - Tabs, and requests beside each other, have no order.

use super::{
    fingerprint::fingerprint,
    network::{Flight, Kind, Stage},
    server::{Answer, Row},
    state::State,
    tab::{Said, Tab, Want},
    time::{ABORT, NEVER, STEP},
    token::{Access, Session, Token},
    world::World,
};
use crate::{
    auth::rotation::{COUNTED_REPLAYS, Line},
    client::testimony::{Entry, IN_DOUBT},
};

impl State {
    pub fn make_canonical(&mut self, world: &World) {
        self.drop_stale_words(world);
        self.rename_generations();
        self.jar.make_canonical();
        for row in &mut self.rows {
            cut(row, world);
        }
        self.rename_entries(world);
        self.strays.sort_unstable();
        self.left_behind.sort_unstable();
        self.left_behind.dedup();
        if let Some(thief) = &mut self.thief {
            thief.tokens.sort_unstable();
            thief.tokens.dedup();
        }
        if self.tabs.len() > 1 {
            self.tabs.sort_by_cached_key(fingerprint);
        }
    }

    fn drop_stale_words(&mut self, world: &World) {
        for tab in &mut self.tabs {
            tab.inbox.retain(|word| word.age <= world.words);
        }
    }

    fn rename_generations(&mut self) {
        let generations: Vec<(bool, u32)> =
            self.rows.iter().map(|row| (row.line.ended.is_some(), row.line.generation)).collect();
        let rename = |session: Session, generation: u32| {
            let (ended, current) = generations[usize::from(session) - 1];
            match current - generation.min(current) {
                _ if ended => 1,
                0 | 1 if current > 2 => generation + 3 - current,
                _ if current > 2 => 1,
                _ => generation,
            }
        };
        let rename_token = |token: &mut Token| {
            let ended = generations[usize::from(token.session) - 1].0;
            let generation = rename(token.session, token.generation);
            // Nobody can tell the oldest apart.
            let sibling = if ended { 0 } else { token.sibling };
            *token = Token { generation, sibling, ..*token };
        };
        let rename_access = |access: &mut Access| {
            let ended = generations[usize::from(access.session) - 1].0;
            access.generation = rename(access.session, access.generation);
            access.expires = if ended { 0 } else { access.expires.max(0) };
        };
        self.tokens_mut().for_each(rename_token);
        self.accesses_mut().for_each(rename_access);
        for (at, row) in self.rows.iter_mut().enumerate() {
            #[expect(clippy::cast_possible_truncation, reason = "a handful of sessions")]
            let session = at as Session + 1;
            let renamed = |hash: &mut crate::store::Hash| {
                let mut token = Token::with_hash(session, hash);
                rename_token(&mut token);
                *hash = token.hash();
            };
            renamed(&mut row.line.current);
            row.line.parent.iter_mut().for_each(renamed);
            row.line.generation = rename(session, row.line.generation);
        }
    }

    fn accesses_mut(&mut self) -> impl Iterator<Item = &mut Access> {
        fn of_tab(tab: &mut Tab) -> impl Iterator<Item = &mut Access> {
            let flights = tab.flights.iter_mut().filter_map(|flight| match &mut flight.stage {
                Stage::Answered(Answer::Granted { access, .. }) => Some(access),
                _ => None,
            });
            let words = tab.inbox.iter_mut().filter_map(|word| match &mut word.said {
                Said::Handed { access, .. } => Some(access),
                _ => None,
            });
            tab.token.iter_mut().chain(flights).chain(words)
        }
        let thief = self.thief.iter_mut().filter_map(|thief| thief.access.as_mut());
        self.tabs.iter_mut().flat_map(of_tab).chain(thief)
    }

    /// Listed entries by their place; those of requests that were struck off meanwhile come after them.
    fn rename_entries(&mut self, world: &World) {
        let list = std::mem::take(&mut self.list);
        let place = |entry: Entry| list.iter().position(|listed| *listed == entry).map(|at| at as Entry + 1);
        // Words are younger than that, so no token that is cut is taken for newer than one that is handed over.
        let oldest = world.access_ttl + i64::from(world.words) * STEP + 2 * STEP;
        for tab in &mut self.tabs {
            let awaited = tab.machine.make_canonical(oldest);
            let attempt_is = |attempt: u32| u32::from(Some(attempt) == awaited);
            for want in &mut tab.wants {
                if let Want::Refresh { attempt } = want {
                    *attempt = attempt_is(*attempt);
                }
            }
            let mut beyond = list.len() as Entry;
            let mut unlisted = Vec::new();
            for Flight { kind, .. } in &mut tab.flights {
                if let Kind::Refresh { attempt, entry, .. } = kind {
                    *attempt = attempt_is(*attempt);
                    let name = place(*entry).unwrap_or_else(|| {
                        beyond += 1;
                        unlisted.push((*entry, beyond));
                        beyond
                    });
                    *entry = name;
                }
            }
            let name = |entry: Entry| {
                place(entry).or_else(|| unlisted.iter().find(|(old, _)| *old == entry).map(|(_, new)| *new))
            };
            tab.testimony.make_canonical(name, IN_DOUBT + i64::from(ABORT) * STEP);
            tab.timer = tab.timer.map(|wait| wait.max(0));
        }
        for stray in &mut self.strays {
            if let Kind::Refresh { attempt, entry, .. } = &mut stray.kind {
                (*attempt, *entry) = (0, 0);
            }
        }
        self.list = (1..=list.len() as Entry).collect();
    }
}

/// What a row's ages cannot tell any more.
fn cut(row: &mut Row, world: &World) {
    row.quiet = if world.idle_ttl == NEVER { 0 } else { row.quiet.min(world.idle_ttl) };
    if let Some(why) = row.line.ended {
        let Line { current, generation, absolute_expires_at, .. } = row.line;
        *row = Row::begun(world, 1);
        row.line = Line { current, generation, ended: Some(why), ..row.line.clone() };
        (row.line.absolute_expires_at, row.line.idle_expires_at, row.end) = (NEVER, NEVER, NEVER);
        let _ = absolute_expires_at;
        return;
    }
    let line = &mut row.line;
    line.delivered_at = line.delivered_at.max(-world.settle);
    line.rotated_at = line.rotated_at.max(-world.settle - STEP);
    line.replays = if line.replays < COUNTED_REPLAYS { 0 } else { COUNTED_REPLAYS };
    if row.proven {
        row.heard = None;
    }
    if row.end <= 0 {
        (row.end, line.absolute_expires_at, line.idle_expires_at) = (0, 0, 0);
    }
}
