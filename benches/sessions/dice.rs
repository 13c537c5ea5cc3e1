//! Seeded chance, so that a run can be repeated to the last user.
//!
//! `SplitMix64` (Steele, Lea and Flood, 2014): a counter that is mixed. What happens is thrown with dice that are named after it, so a rule that
//! changes one thing does not change what befalls the rest.

use super::Millis;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of this name.
    pub fn named(name: &[u64]) -> Self {
        Self(name.iter().fold(0, |state, part| mix(state.wrapping_add(STEP) ^ part)))
    }

    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// At least 0 and below 1.
    fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let bits = (self.throw() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "below the bound")]
        let number = (self.throw() % bound as u64) as usize;
        number
    }

    pub fn jitter(&mut self) -> u16 {
        #[expect(clippy::cast_possible_truncation, reason = "below 1000")]
        let jitter = self.below(1_000) as u16;
        jitter
    }

    /// Any moment from `low` to before `high` alike.
    pub fn between(&mut self, low: Millis, high: Millis) -> Millis {
        low + whole(self.unit() * real(high - low))
    }

    /// From `low` to `high`, every order of magnitude alike.
    pub fn across(&mut self, low: Millis, high: Millis) -> Millis {
        whole(real(low) * (real(high) / real(low)).powf(self.unit()))
    }

    /// How long until something that happens every `mean`, and remembers nothing.
    pub fn until_next(&mut self, mean: f64) -> Millis {
        whole(-mean * (1.0 - self.unit()).ln()).max(1)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of some months fit")]
fn real(ms: Millis) -> f64 {
    ms as f64
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn whole(ms: f64) -> Millis {
    ms as Millis
}
