//! A thief: copies the jar at any moment, has no code of ours, knows the rule, and may claim anything.

use super::{
    server::{Answer, Party},
    state::State,
    token::{Access, Token},
    verdict::Violation,
    world::World,
};
use crate::auth::rotation::COUNTED_REPLAYS;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thief {
    pub tokens: Vec<Token>,
    pub access: Option<Access>,
    /// Whether anything was done with what was copied.
    pub used: bool,
}

impl State {
    pub fn copy_jar(&mut self) {
        if let (Some(thief), Some(cookie)) = (&mut self.thief, self.jar.now) {
            thief.tokens.push(cookie);
        }
    }

    /// The thief refreshes with one of the tokens, as often as is said.
    pub fn steal(&mut self, world: &World, which: usize, in_step: bool, often: Often) -> Result<(), Violation> {
        let Some(thief) = &mut self.thief else { return Ok(()) };
        thief.used = true;
        let token = thief.tokens[which];
        let times = match often {
            Often::Once => 1,
            Often::UntilNotCounted => COUNTED_REPLAYS,
        };
        for _ in 0..times {
            let row = self.row(token.session);
            let reading = row.read(world, token, in_step, false);
            row.judge(world, token, in_step, reading.verdict, Party::Thief)?;
            let answer = row.carry_out(world, token, reading).expect("nobody came in between");
            row.touched |= matches!(answer, Answer::Granted { cookie: Some(_), .. });
            if let (Answer::Granted { cookie, access, .. }, Some(thief)) = (answer, &mut self.thief) {
                thief.tokens.extend(cookie);
                thief.access = Some(access);
            }
        }
        Ok(())
    }

    /// Whether the thief can send evidence that the current token has arrived.
    pub fn thief_can_acknowledge(&self, world: &World) -> bool {
        let Some(thief) = &self.thief else { return false };
        let row = &self.rows[0];
        let generation = row.line.generation;
        let by_access = thief.access.is_some_and(|access| access.generation == generation && access.expires > 0);
        (by_access || thief.tokens.contains(&row.current(1))) && row.would_acknowledge(world)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    Once,
    /// So often that deliveries are counted no more.
    UntilNotCounted,
}
