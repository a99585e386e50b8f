//! Pauses between connections: each twice as long as the one before, with jitter, up to a limit.

use std::time::Duration;

/// A growing pause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The next pause, at least half of its base: never none, so that a server which fails at once is not hammered.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = jitter(self.next);
        self.next = (self.next * 2).min(self.longest);
        pause
    }

    /// The longest pause.
    pub(super) fn longest(&self) -> Duration {
        jitter(self.longest)
    }

    /// The stream made progress.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Between half and the whole, so that many readers do not come back at once.
fn jitter(base: Duration) -> Duration {
    base.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_again_after_progress() {
        let (first, longest) = (Duration::from_millis(500), Duration::from_secs(60));
        let mut backoff = Backoff::new(first, longest);
        let pauses: Vec<Duration> = (0..20).map(|_| backoff.pause()).collect();
        assert!(pauses[0] >= first / 2 && pauses[0] <= first);
        assert!(pauses.iter().all(|pause| *pause >= first / 2 && *pause <= longest));
        assert!(pauses[19] >= longest / 2);
        backoff.reset();
        assert!(backoff.pause() <= first);
        assert!(backoff.longest() >= longest / 2);
    }
}
