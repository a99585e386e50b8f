//! Figures that follow from what was measured. Pure.
//!
//! The probe states them in its report for readers; the judge computes them again and rests on nothing that is stated beside
//! the values it follows from.

use crate::report::SmGap;

/// Mean of the last third over mean of the first third, in order; 1 for fewer than three values
/// and where the first third stands still.
pub fn last_over_first(values: &[f64]) -> f64 {
    let third = values.len() / 3;
    if third == 0 {
        return 1.0;
    }
    let first = mean(&values[..third]);
    if first > 0.0 {
        mean(&values[values.len() - third..]) / first
    } else {
        1.0
    }
}

/// 5th percentile (nearest rank) over median; 1 for no value.
pub fn p5_over_median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match middle(&sorted) {
        Some(median) => sorted[(sorted.len() * 5).div_ceil(100).max(1) - 1] / median,
        None => 1.0,
    }
}

/// Middle value of unsorted ones.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    middle(&sorted)
}

fn middle(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    Some(if sorted.len() % 2 == 1 {
        upper
    } else {
        f64::midpoint(sorted[half - 1], upper)
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Share of multiprocessors that stopped together with the first: their longest gaps overlap, or number and sum of their
/// gaps agree, because slices of equal length have no longest one but by chance. Gaps below the threshold are none.
pub fn simultaneous(gaps: &[SmGap], threshold_ns: u64) -> f64 {
    let is_gap = |gap: &SmGap| gap.count > 0 && gap.max_ns >= threshold_ns;
    let Some(first) = gaps.first().filter(|gap| is_gap(gap)) else {
        return 0.0;
    };
    let together = gaps
        .iter()
        .filter(|gap| is_gap(gap) && (longest_overlap(first, gap) || gaps_agree(first, gap)))
        .count();
    together as f64 / gaps.len() as f64
}

fn longest_overlap(a: &SmGap, b: &SmGap) -> bool {
    let end = |gap: &SmGap| gap.at_ns.saturating_add(gap.max_ns);
    a.at_ns < end(b) && b.at_ns < end(a)
}

/// As many but for one at the edge, and their sum within 1 %: stops of their own would differ by the root of their number.
fn gaps_agree(a: &SmGap, b: &SmGap) -> bool {
    let several = a.count >= 4 && b.count >= 4;
    several && a.count.abs_diff(b.count) <= 1 && a.total_ns.abs_diff(b.total_ns) <= a.total_ns.max(b.total_ns) / 100
}

/// Share of the time in gaps, median over the multiprocessors, 0 to 1.
pub fn gap_share(gaps: &[SmGap], duration_ns: u64) -> f64 {
    let shares: Vec<f64> = gaps
        .iter()
        .map(|gap| gap.total_ns as f64 / duration_ns.max(1) as f64)
        .collect();
    median(&shares).unwrap_or(0.0).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(sm: u32, at_ns: u64, max_ns: u64) -> SmGap {
        SmGap {
            sm,
            max_ns,
            at_ns,
            total_ns: max_ns * 2,
            count: 2,
        }
    }

    #[test]
    fn a_falling_speed_shows_in_its_thirds() {
        assert_eq!(last_over_first(&[100.0, 100.0, 90.0, 80.0, 70.0, 70.0]), 0.7);
        assert_eq!(last_over_first(&[100.0; 7]), 1.0);
        assert_eq!(last_over_first(&[50.0, 100.0]), 1.0, "two windows have no thirds");
        assert_eq!(last_over_first(&[0.0; 6]), 1.0, "nothing fell from nothing");
    }

    #[test]
    fn one_slow_window_in_ten_is_the_fifth_percentile() {
        let mut windows = vec![100.0; 10];
        assert_eq!(p5_over_median(&windows), 1.0);
        windows[6] = 60.0;
        assert_eq!(p5_over_median(&windows), 0.6);
        assert_eq!(p5_over_median(&[]), 1.0);
    }

    #[test]
    fn a_slice_of_time_that_another_got_stops_all_multiprocessors_at_once() {
        let sliced: Vec<SmGap> = (0..132)
            .map(|sm| gap(sm, 5_000_000 + u64::from(sm), 2_000_000))
            .collect();
        assert_eq!(simultaneous(&sliced, 100_000), 1.0);
        let scattered: Vec<SmGap> = (0..100)
            .map(|sm| gap(sm, u64::from(sm) * 10_000_000, 200_000))
            .collect();
        assert_eq!(simultaneous(&scattered, 100_000), 0.01);
        let idle: Vec<SmGap> = (0..4)
            .map(|sm| SmGap {
                sm,
                max_ns: 2_000,
                at_ns: 7,
                total_ns: 0,
                count: 0,
            })
            .collect();
        assert_eq!(simultaneous(&idle, 100_000), 0.0);
        assert_eq!(simultaneous(&[], 100_000), 0.0);
    }

    #[test]
    fn equal_slices_have_no_longest_one_but_agree_in_number_and_sum() {
        let slice = |sm: u32| SmGap {
            sm,
            max_ns: 2_003_000,
            at_ns: 4_000_000 * u64::from(sm * 7 % 500),
            total_ns: 1_000_000_000 + u64::from(sm) * 1000,
            count: 500,
        };
        let slices: Vec<SmGap> = (0..132).map(slice).collect();
        assert_eq!(simultaneous(&slices, 100_000), 1.0);
        let own: Vec<SmGap> = slices
            .iter()
            .map(|gap| SmGap {
                count: gap.count + gap.sm * 3,
                ..*gap
            })
            .collect();
        assert!(simultaneous(&own, 100_000) < 0.02, "each has gaps of its own");
    }

    #[test]
    fn the_share_of_gaps_is_that_of_the_median_multiprocessor() {
        let gaps = [gap(0, 0, 250), gap(1, 0, 250), gap(2, 0, 0)];
        assert_eq!(gap_share(&gaps, 1000), 0.5);
        assert_eq!(gap_share(&[], 1000), 0.0);
    }
}
