//! Invariant 3 as two schedules, run from every state that a thief has had a hand in: the owner goes on as always, and the thief is seen.
//!
//! The search itself finds whether a used-up token is ever honoured where it must not be (`server.rs`). This says that it comes to that: a thief who comes back
//! cannot help but present a used-up token, or make the owner present one; and one who keeps ahead of the owner by SETTLE or more and never proves that a token arrived makes a page
//! in step present one.

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
    pub fn thief_is_noticed(&self, world: &World) -> Result<(), Violation> {
        if self.thief.as_ref().is_none_or(|thief| thief.tokens.is_empty()) {
            return Ok(());
        }
        let mut state = self.clone();
        state.bounds = Bounds { thefts: 2, ..Bounds::NOTHING };
        state.calm_down(world)?;
        // Where there is no storage there is no testimony.
        if world.named {
            state.clone().meets_a_thief_in_lock_step(world)?;
        }
        state.meets_a_thief_who_comes_back(world)
    }

    /// Each time as early as it is given a refresh token, with what was in the jar, and without a call.
    fn meets_a_thief_in_lock_step(mut self, world: &World) -> Result<(), Violation> {
        self.owner_lives(world, CYCLES)?;
        self.copy_jar();
        for _ in 0..2 {
            self.owner_waits(world, world.settle)?;
            if self.is_noticed() {
                return Ok(());
            }
            self.thief_refreshes(world)?;
            self.owner_renews(world)?;
        }
        if self.is_noticed() { Ok(()) } else { Err(Violation::ThiefUnseen) }
    }

    fn meets_a_thief_who_comes_back(mut self, world: &World) -> Result<(), Violation> {
        for _ in 0..2 {
            self.owner_lives(world, CYCLES)?;
            // As early in a cycle as the thief's visit is a rotation.
            self.owner_renews(world)?;
            self.owner_waits(world, world.settle)?;
            if self.is_noticed() {
                return Ok(());
            }
            self.thief_refreshes(world)?;
            self.owner_lives(world, CYCLES)?;
        }
        if self.is_noticed() { Ok(()) } else { Err(Violation::ThiefUnseen) }
    }

    fn is_noticed(&self) -> bool {
        self.rows[0].line.ended.is_some()
    }

    /// With the newest token that there is.
    fn thief_refreshes(&mut self, world: &World) -> Result<(), Violation> {
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
