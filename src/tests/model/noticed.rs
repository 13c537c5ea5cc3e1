//! Invariant 3 as a schedule, run from every state that a thief has had a hand in: the owner goes on as always, the thief comes back once, and is seen.
//!
//! The search itself finds whether a used-up token is ever honoured where it must not be (`server.rs`). This says that it comes to that: a thief who goes on using what was copied
//! cannot help but present a used-up token, or make the owner present one.

use super::{
    state::State,
    thief::Often,
    time::STEP,
    verdict::Violation,
    world::{Bounds, World},
};

/// So long that the owner has renewed, and every page of theirs is in step again.
const CYCLES: i64 = 3;

impl State {
    /// The thief comes back, while the owner lives as always.
    pub fn thief_is_noticed(&self, world: &World) -> Result<(), Violation> {
        if self.thief.as_ref().is_none_or(|thief| thief.tokens.is_empty()) {
            return Ok(());
        }
        let mut state = self.clone();
        state.bounds = Bounds { thefts: 2, ..Bounds::NOTHING };
        state.calm_down(world)?;
        for _ in 0..2 {
            state.owner_lives(world, CYCLES)?;
            // As early in a cycle as the thief's visit is a rotation.
            state.owner_renews(world)?;
            state.owner_waits(world, world.settle)?;
            if state.rows[0].line.ended.is_some() {
                return Ok(());
            }
            state.thief_comes_back(world)?;
            state.owner_lives(world, CYCLES)?;
        }
        if state.rows[0].line.ended.is_some() { Ok(()) } else { Err(Violation::ThiefUnseen) }
    }

    /// With the newest token that there is, and what comes with it is used at once.
    fn thief_comes_back(&mut self, world: &World) -> Result<(), Violation> {
        let Some(thief) = &self.thief else { return Ok(()) };
        let newest = (0..thief.tokens.len()).max_by_key(|which| thief.tokens[*which].generation);
        newest.map_or(Ok(()), |which| self.steal(world, which, false, Often::Once))
    }

    fn owner_lives(&mut self, world: &World, cycles: i64) -> Result<(), Violation> {
        (0..cycles).try_for_each(|_| self.owner_renews(world))
    }

    /// Until the next refresh, with calls all the time.
    fn owner_renews(&mut self, world: &World) -> Result<(), Violation> {
        let longest = 2 * world.access_ttl / STEP;
        for _ in 0..longest {
            if self.owner_steps(world)? > 0 {
                break;
            }
        }
        Ok(())
    }

    fn owner_waits(&mut self, world: &World, time: i64) -> Result<(), Violation> {
        (0..time / STEP).try_for_each(|_| self.owner_steps(world).map(drop))
    }

    fn owner_steps(&mut self, world: &World) -> Result<u32, Violation> {
        self.pass(world, STEP, false);
        let refreshes = self.ring_all(world)?;
        let (session, generation) = (1, self.rows[0].line.generation);
        if self.tabs.iter().any(|tab| tab.holds(session, generation)) {
            self.rows[0].hear(world);
        }
        Ok(refreshes)
    }
}
