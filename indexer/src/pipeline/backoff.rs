//! Pauses between attempts: each twice as long as the one before, with jitter, up to a limit.

use std::time::Duration;

/// First pause.
const FIRST: Duration = Duration::from_millis(500);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(60);

/// A growing pause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    base: Duration,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::between(FIRST, LONGEST)
    }
}

impl Backoff {
    /// A pause that grows from `first` to `longest`.
    pub(super) fn between(first: Duration, longest: Duration) -> Self {
        Self { base: first, longest }
    }

    /// The next pause: between half of the base and the whole of it, so that followers do not march in step.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.base.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.base = (self.base * 2).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_never_vanish() {
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = (0..20).map(|_| backoff.next()).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST);
        assert!(pauses.iter().all(|pause| *pause >= FIRST / 2 && *pause <= LONGEST));
        assert!(pauses[19] >= LONGEST / 2);
    }
}
