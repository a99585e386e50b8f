//! Bytes over time, as samples of equal length. Pure.

use gridproof_probe_protocol::samples::{Samples, Unit};
use std::time::Duration;

/// Counts bytes in windows of equal length.
#[derive(Debug)]
pub(super) struct Meter {
    window: Duration,
    begin: Duration,
    in_window: u64,
    total: u64,
    rates: Vec<f64>,
}

impl Meter {
    /// Begins at zero.
    pub(super) fn new(window: Duration) -> Self {
        let (begin, in_window, total, rates) = (Duration::ZERO, 0, 0, Vec::new());
        Self {
            window,
            begin,
            in_window,
            total,
            rates,
        }
    }

    /// So many bytes more at `now`, which never runs backwards.
    pub(super) fn add(&mut self, now: Duration, bytes: usize) {
        self.in_window += bytes as u64;
        self.total += bytes as u64;
        let elapsed = now.saturating_sub(self.begin);
        if elapsed >= self.window {
            self.rates.push(megabits_per_second(self.in_window, elapsed));
            self.begin = now;
            self.in_window = 0;
        }
    }

    /// All bytes so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Mbit/s of the windows without the first, in which the connection speeds up; the mean where there are no two.
    pub(super) fn samples(&self, whole: Duration) -> Option<Samples> {
        if self.total == 0 {
            return None;
        }
        let values = match self.rates.get(1..) {
            Some(settled) if !settled.is_empty() => settled.to_vec(),
            _ => vec![megabits_per_second(self.total, whole)],
        };
        Samples::new(Unit::MegabitPerSecond, values)
    }
}

fn megabits_per_second(bytes: u64, time: Duration) -> f64 {
    bytes as f64 * 8.0 / 1e6 / time.as_secs_f64().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn windows_give_their_own_rate_and_the_first_does_not_count() {
        let mut meter = Meter::new(ms(100));
        for (at, bytes) in [(50, 10), (100, 10), (150, 625_000), (200, 625_000), (400, 2_500_000)] {
            meter.add(ms(at), bytes);
        }
        let samples = meter.samples(ms(400)).expect("bytes came");
        assert_eq!(samples.values, [100.0, 100.0]);
        assert_eq!(meter.total(), 3_750_020);
    }

    #[test]
    fn a_short_transfer_gives_its_mean_and_none_gives_none() {
        let mut meter = Meter::new(ms(100));
        assert_eq!(meter.samples(ms(10)), None);
        meter.add(ms(10), 125_000);
        assert_eq!(meter.samples(ms(10)).expect("bytes came").values, [100.0]);
    }
}
