//! The machine as the model checker wants it: time passes by moving what the machine remembers into the past, so that now is always 0; and
//! two machines that nothing can tell apart are made equal.

use super::*;

/// As many failures as make the longest wait.
const MOST_FAILURES: u32 = 7;

impl Machine {
    /// So many milliseconds pass, by each clock.
    pub(crate) fn pass(&mut self, wall: i64, steady: i64) {
        let earlier = |moment: &mut Now| {
            moment.wall -= wall;
            moment.steady -= steady;
        };
        match &mut self.state {
            State::SignedOut { .. } | State::Restoring => {}
            State::SignedIn(held) => earlier(&mut held.since),
            State::Offline { held, since, .. } => {
                if let Some(held) = held {
                    earlier(&mut held.since);
                }
                earlier(since);
            }
        }
        self.flight.iter_mut().for_each(|flight| earlier(&mut flight.sent));
        self.unasked.iter_mut().for_each(|began| *began -= steady);
    }

    /// Forgets what cannot matter any more: that a token is older than `oldest`, how many failures there were beyond what lengthens the wait, what the breaker counts no
    /// longer, and the numbers of attempts and tokens. Answers with the number that the attempt under way had; it is 1 now.
    pub(crate) fn make_canonical(&mut self, oldest: i64) -> Option<u32> {
        match &mut self.state {
            State::SignedOut { .. } | State::Restoring => {}
            State::SignedIn(held) => settle(&mut held.since, oldest),
            State::Offline { held, failures, since, retry_in } => {
                if let Some(held) = held {
                    settle(&mut held.since, oldest);
                }
                settle(since, *retry_in);
                *failures = (*failures).min(MOST_FAILURES);
            }
        }
        self.unasked.retain(|began| -began < BREAKER_WINDOW);
        if let State::SignedIn(held) | State::Offline { held: Some(held), .. } = &mut self.state {
            held.number = 1;
        }
        self.tokens = 1;
        let attempt = self.flight.as_mut().map(|flight| std::mem::replace(&mut flight.attempt, 1));
        self.attempts = 1;
        attempt
    }

    /// As if no refresh had begun lately.
    pub(crate) fn forget_breaker(&mut self) {
        self.unasked.clear();
    }

    pub(crate) fn is_visible(&self) -> bool {
        self.visible
    }
}

/// No moment lies further back than `oldest` by the steady clock; what the wall clock says beyond that is kept.
fn settle(moment: &mut Now, oldest: i64) {
    let excess = (-moment.steady - oldest).max(0);
    moment.steady += excess;
    moment.wall += excess;
}
