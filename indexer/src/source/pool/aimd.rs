//! How many requests may be in flight: one more after a window of successes, half after an overload.

use std::time::Duration;

use tokio::time::Instant;

/// Two cuts are at least this far apart: the requests that were in flight at the first all fail with it.
const CUT_INTERVAL: Duration = Duration::from_secs(1);

/// Additive increase, multiplicative decrease of one endpoint's concurrency.
#[derive(Debug)]
pub(super) struct Aimd {
    limit: f64,
    max: f64,
    last_cut: Option<Instant>,
}

impl Aimd {
    /// Starts in the middle of the scale: a good endpoint is soon at `max`, a weak one soon at 1.
    pub(super) fn new(max: u32) -> Self {
        let max = f64::from(max.max(1));
        Self {
            limit: (max / 2.0).max(1.0),
            max,
            last_cut: None,
        }
    }

    /// Requests that may be in flight, at least one.
    pub(super) fn limit(&self) -> u32 {
        self.limit as u32
    }

    pub(super) fn succeeded(&mut self) {
        self.limit = (self.limit + 1.0 / self.limit).min(self.max);
    }

    pub(super) fn overloaded(&mut self, now: Instant) {
        if self.last_cut.is_none_or(|at| now.duration_since(at) >= CUT_INTERVAL) {
            self.limit = (self.limit / 2.0).max(1.0);
            self.last_cut = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_successes_adds_one_up_to_the_maximum() {
        let mut aimd = Aimd::new(8);
        assert_eq!(aimd.limit(), 4);
        (0..5).for_each(|_| aimd.succeeded());
        assert_eq!(aimd.limit(), 5);
        (0..1000).for_each(|_| aimd.succeeded());
        assert_eq!(aimd.limit(), 8);
    }

    #[test]
    fn one_burst_of_refusals_halves_once_and_never_below_one() {
        let mut aimd = Aimd::new(16);
        let start = Instant::now();
        (0..8).for_each(|_| aimd.overloaded(start));
        assert_eq!(aimd.limit(), 4);
        for second in 1..20 {
            aimd.overloaded(start + Duration::from_secs(second));
        }
        assert_eq!(aimd.limit(), 1);
    }
}
