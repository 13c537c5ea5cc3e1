//! When a token is to be renewed, by two clocks of which neither is to be trusted alone. Pure.

/// Clocks that disagree by more than this about how long something took show that the device slept or its clock was set.
const DISAGREEMENT: i64 = 2_000;
/// No renewal is planned closer to the last one than this.
const SHORTEST_RENEWAL: i64 = 500;
const LONGEST_MARGIN: i64 = 60_000;

/// Both clocks, in milliseconds. `steady` (`performance.now`) stops while the device sleeps, `wall` (`Date.now`) jumps when it is
/// set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Now {
    pub wall: i64,
    pub steady: i64,
}

/// A token in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    pub number: u32,
    /// When it was asked for.
    pub since: Now,
    /// Milliseconds from `since`.
    pub lifetime: i64,
    pub renew_after: i64,
}

impl Held {
    /// A token that was asked for at `since`. `jitter` is random, 0 to 999.
    pub fn new(number: u32, since: Now, lifetime: i64, jitter: u16) -> Self {
        Self { number, since, lifetime, renew_after: renew_after(lifetime, jitter) }
    }

    /// Whether it can still be used.
    pub fn is_good(&self, now: Now) -> bool {
        elapsed(self.since, now) < self.lifetime
    }

    /// Milliseconds until it is to be renewed; 0: now.
    pub fn renew_in(&self, now: Now) -> i64 {
        (self.renew_after - elapsed(self.since, now)).max(0)
    }
}

/// How long it has been, by whichever clock says longer. A clock that was set back counts as no time.
pub fn elapsed(since: Now, now: Now) -> i64 {
    (now.wall - since.wall).max(now.steady - since.steady).max(0)
}

pub fn disagree(since: Now, now: Now) -> bool {
    ((now.wall - since.wall) - (now.steady - since.steady)).abs() > DISAGREEMENT
}

/// A fifth of the lifetime before its end, at most a minute, and up to another fifth earlier, so that the tabs and browsers of the
/// world do not renew in step and nobody can foresee the moment.
fn renew_after(lifetime: i64, jitter: u16) -> i64 {
    let margin = (lifetime / 5).min(LONGEST_MARGIN);
    let spread = lifetime / 5 * i64::from(jitter) / 1_000;
    (lifetime - margin - spread).max(SHORTEST_RENEWAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_spreads_the_renewal_over_a_fifth_of_the_lifetime_and_short_lives_keep_a_margin() {
        assert_eq!(renew_after(900_000, 0), 840_000);
        assert_eq!(renew_after(900_000, 999), 840_000 - 179_820);
        assert_eq!(renew_after(5_000, 0), 4_000);
        assert_eq!(renew_after(100, 999), SHORTEST_RENEWAL);
    }
}
