//! How long to wait before the next attempt. Pure but for the dice.

use super::InventorySettings;
use std::time::Duration;

/// Retries that must fail before a provider counts as offline.
pub(super) const RETRIES: u32 = 3;

/// The pause after so many attempts in a row (1: the first): 1, 2, 4, 8 … times the first pause, at most the longest one.
fn plain(settings: &InventorySettings, attempts: u32) -> Duration {
    let doubled = 1u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    settings
        .first_pause
        .saturating_mul(doubled.max(1))
        .min(settings.longest_pause)
}

/// [`plain`], a tenth longer or shorter at random, so that providers that fell together are not asked together.
pub(super) fn pause(settings: &InventorySettings, attempts: u32) -> Duration {
    plain(settings, attempts).mul_f64(0.9 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_1_2_4_seconds_and_double_up_to_five_minutes() {
        let settings = InventorySettings::default();
        let seconds = [1, 2, 3, 4, 9, 10, 33, 64, u32::MAX].map(|attempts| plain(&settings, attempts).as_secs());
        assert_eq!(seconds, [1, 2, 4, 8, 256, 300, 300, 300, 300]);
        for attempts in [1, 4, 40] {
            let middle = plain(&settings, attempts);
            let bounds = middle.mul_f64(0.89)..middle.mul_f64(1.11);
            assert!(
                (0..100).all(|_| bounds.contains(&pause(&settings, attempts))),
                "{attempts}"
            );
        }
    }
}
