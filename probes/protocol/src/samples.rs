//! Raw samples of one quantity and the figures that are derived from them.

use serde::{Deserialize, Serialize};

/// Unit of a measured figure. Decimal prefixes: 1 GB is 10^9 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// 10^12 floating-point (or integer) operations per second; a multiply-add counts as two.
    #[serde(rename = "TFLOP/s")]
    TeraFlopPerSecond,
    /// 10^9 bytes per second.
    #[serde(rename = "GB/s")]
    GigabytePerSecond,
    /// 10^6 bits per second.
    #[serde(rename = "Mbit/s")]
    MegabitPerSecond,
    /// Microseconds.
    #[serde(rename = "us")]
    Microsecond,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millisecond,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanosecond,
    /// 10^6 cycles per second.
    #[serde(rename = "MHz")]
    Megahertz,
    /// Cycles of the multiprocessor's clock.
    #[serde(rename = "cycles")]
    Cycle,
}

/// All samples of one quantity, in the order in which they were taken, with their order statistics.
///
/// `values` holds finite numbers only: a driver that returns NaN or infinity is an error where it is read. Samples that
/// are read back are refused when their figures do not follow from their values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Samples {
    /// Unit of every value.
    pub unit: Unit,
    /// Smallest value.
    pub min: f64,
    /// Middle value; the mean of the two middle ones when their number is even.
    pub median: f64,
    /// 90th percentile, nearest rank.
    pub p90: f64,
    /// 95th percentile, nearest rank.
    pub p95: f64,
    /// Largest value.
    pub max: f64,
    /// Median absolute deviation from the median, not scaled.
    pub mad: f64,
    /// The samples.
    pub values: Vec<f64>,
}

impl Samples {
    /// Order statistics of `values`; `None` when it is empty or holds a number that is not finite.
    pub fn new(unit: Unit, values: Vec<f64>) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let median = middle(&sorted);
        let mut deviations: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
        deviations.sort_by(f64::total_cmp);
        Some(Self {
            unit,
            min: sorted[0],
            median,
            p90: nearest_rank(&sorted, 90),
            p95: nearest_rank(&sorted, 95),
            max: sorted[sorted.len() - 1],
            mad: middle(&deviations),
            values,
        })
    }
}

fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[half]
    } else {
        f64::midpoint(sorted[half - 1], sorted[half])
    }
}

fn nearest_rank(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_sorted_values_and_the_values_keep_their_order() {
        let samples = Samples::new(Unit::Millisecond, vec![5.0, 1.0, 4.0, 2.0]).expect("finite");
        assert_eq!(samples.values, [5.0, 1.0, 4.0, 2.0]);
        assert_eq!((samples.min, samples.median, samples.max), (1.0, 3.0, 5.0));
        assert_eq!((samples.p90, samples.mad), (5.0, 1.5));
    }

    #[test]
    fn nothing_and_not_finite_numbers_are_no_samples() {
        assert_eq!(Samples::new(Unit::Millisecond, vec![]), None);
        assert_eq!(Samples::new(Unit::Millisecond, vec![1.0, f64::NAN]), None);
        assert_eq!(Samples::new(Unit::Millisecond, vec![f64::INFINITY]), None);
    }
}
