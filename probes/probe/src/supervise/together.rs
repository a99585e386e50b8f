//! All GPUs at once, beside each alone. Pure.

use gridproof_probe_protocol::report::{Concurrent, ConcurrentGpu, Measurements, Precision};

/// What one worker measured while the others worked, too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// Begin by CLOCK_MONOTONIC, ns.
    pub(crate) from_ns: u64,
    /// End, ns; later than the begin.
    pub(crate) to_ns: u64,
    /// The product, TFLOP/s.
    pub(crate) gemm: Option<f64>,
    /// Reading, GB/s.
    pub(crate) read: Option<f64>,
}

/// Puts both beside each other; `runs` by ordinal.
pub(crate) fn concurrent(runs: &[(u32, Interval, &Measurements)]) -> Concurrent {
    let gpus = runs.iter().map(|(ordinal, interval, alone)| ConcurrentGpu {
        ordinal: *ordinal,
        gemm_alone: gemm_alone(alone),
        gemm_together: interval.gemm,
        read_alone: alone.bandwidth.measured().map(|bandwidth| bandwidth.read.median),
        read_together: interval.read,
    });
    Concurrent {
        overlap: overlap(runs.iter().map(|(_, interval, _)| (interval.from_ns, interval.to_ns))),
        gpus: gpus.collect(),
    }
}

/// Share of the shortest interval that lies in all of them, 0 to 1.
fn overlap(intervals: impl Iterator<Item = (u64, u64)> + Clone) -> f64 {
    let last_begin = intervals.clone().map(|(from, _)| from).max().unwrap_or(0);
    let first_end = intervals.clone().map(|(_, to)| to).min().unwrap_or(0);
    let shortest = intervals.map(|(from, to)| to.saturating_sub(from)).min().unwrap_or(0);
    if shortest == 0 {
        return 0.0;
    }
    (first_end.saturating_sub(last_begin) as f64 / shortest as f64).min(1.0)
}

/// The 16-bit product alone; what GPUs without bfloat16 multiply is the other 16-bit format.
fn gemm_alone(measurements: &Measurements) -> Option<f64> {
    [Precision::Bf16, Precision::Fp16]
        .iter()
        .find_map(|precision| measurements.gemm.get(precision)?.measured())
        .map(|gemm| gemm.tflops.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_the_common_time_over_the_shortest_run() {
        for (intervals, expected) in [
            (vec![(0, 100), (0, 100)], 1.0),
            (vec![(0, 100), (50, 150)], 0.5),
            (vec![(0, 1000), (100, 200)], 1.0),
            (vec![(0, 100), (100, 200)], 0.0),
            (vec![(0, 100), (300, 400)], 0.0),
            (vec![(0, 100), (20, 120), (40, 140)], 0.6),
            (vec![(7, 7), (0, 100)], 0.0),
            (vec![], 0.0),
        ] {
            assert_eq!(overlap(intervals.iter().copied()), expected, "{intervals:?}");
        }
    }
}
