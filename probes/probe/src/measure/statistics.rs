//! Figures derived from what was measured. Pure.

pub(crate) use gridproof_probe_protocol::derived::{gap_share, last_over_first, median, p5_over_median, simultaneous};

/// Operations per multiprocessor and cycle of `tflops` at `clock_mhz`.
pub(crate) fn per_sm_per_clock(tflops: f64, multiprocessors: u32, clock_mhz: f64) -> Option<f64> {
    let cycles = f64::from(multiprocessors) * clock_mhz * 1e6;
    (cycles > 0.0).then(|| tflops * 1e12 / cycles)
}

/// At most `most` of the values, evenly spread, in order.
pub(crate) fn thinned(values: &[f64], most: usize) -> Vec<f64> {
    let step = values.len().div_ceil(most.max(1)).max(1);
    values.iter().copied().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_rate_of_an_h100_is_4096_a_cycle() {
        let rate = per_sm_per_clock(989.4, 132, 1830.0).unwrap();
        assert!((rate - 4096.0).abs() < 1.0, "{rate}");
        assert_eq!(per_sm_per_clock(1.0, 132, 0.0), None);
    }

    #[test]
    fn thinning_keeps_the_order_and_the_limit() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let thin = thinned(&values, 256);
        assert!(thin.len() <= 256 && thin.len() > 200);
        assert!(thin.is_sorted());
        assert_eq!(thinned(&[1.0], 256), [1.0]);
    }
}
