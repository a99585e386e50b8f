//! How long to wait before the next attempt. Pure but for the dice.

use std::time::Duration;

/// Retries that must fail before a provider counts as offline.
pub(super) const RETRIES: u32 = 3;
/// Longest pause, before jitter.
pub(super) const LONGEST: Duration = Duration::from_secs(300);
/// A connection that held for so long was no failure in haste.
pub(super) const STEADY: Duration = Duration::from_secs(60);

/// The pause after so many attempts in a row (1: the first): 1, 2, 4, 8 … seconds, at most [`LONGEST`], without jitter.
fn plain(attempts: u32) -> Duration {
    let doubled = 1u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(doubled.max(1)).min(LONGEST)
}

/// [`plain`], a tenth longer or shorter at random, so that providers that fell together are not asked together.
pub(super) fn pause(attempts: u32) -> Duration {
    plain(attempts).mul_f64(0.9 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_and_never_more() {
        let seconds = [1, 2, 3, 4, 9, 10, 64, u32::MAX].map(|attempts| plain(attempts).as_secs());
        assert_eq!(seconds, [1, 2, 4, 8, 256, 300, 300, 300]);
        for attempts in [1, 4, 40] {
            let (low, high) = (plain(attempts).mul_f64(0.89), plain(attempts).mul_f64(1.11));
            assert!((0..100).all(|_| (low..high).contains(&pause(attempts))), "{attempts}");
        }
    }
}
