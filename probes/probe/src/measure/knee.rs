//! Where the L2 cache ends, from latency by size. Pure.
//!
//! Up to the size C of the cache every step hits: latency h. Above, it rises to h + d by one of three shapes. *Gradual*: what
//! is kept is a random part, so a step misses with probability 1 − C/S. *Sharp*: nothing is kept long enough to be met
//! again, every step misses. *Steep*: between both, 1 − (C/S)³. For each C on a fine grid, h and d follow by least squares; the C with the least error is the
//! knee, if the rise is large and explains the curve. Everything is by ratio, so bimodal hits (two partitions of the
//! cache, one of them far) and noise only add to the error.

use gridproof_probe_protocol::report::ChasePoint;

/// Candidates between two neighbouring sizes.
const STEPS_BETWEEN: u32 = 8;
/// Points that must lie on each side of the knee.
const MIN_POINTS: usize = 3;
/// A knee rises by at least this share of the latency of hits.
const MIN_RISE: f64 = 0.20;
/// And explains at least this share of the variance.
const MIN_EXPLAINED: f64 = 0.80;

/// Size where the plateau of hits ends, bytes; `None` when no knee is seen. `points` ascend by size.
pub(super) fn find(points: &[ChasePoint]) -> Option<u64> {
    let usable = points
        .iter()
        .all(|point| point.cycles.is_finite() && point.cycles > 0.0 && point.bytes > 0);
    if !usable || !points.is_sorted_by(|a, b| a.bytes < b.bytes) || points.len() < 2 * MIN_POINTS {
        return None;
    }
    let best = candidates(points)
        .flat_map(|size| [gradual, steep, sharp].map(|shape| fit(points, size, shape)))
        .min_by(|a, b| a.error.total_cmp(&b.error))?;
    let explained = 1.0 - best.error / variance(points);
    let is_knee = best.rise >= MIN_RISE * best.hit && best.hit > 0.0 && explained >= MIN_EXPLAINED;
    is_knee.then_some(best.size as u64)
}

/// Sizes between the points that have enough points on either side.
fn candidates(points: &[ChasePoint]) -> impl Iterator<Item = f64> + '_ {
    let inner = &points[MIN_POINTS - 1..=points.len() - MIN_POINTS];
    inner.windows(2).flat_map(|pair| {
        let (low, high) = (pair[0].bytes as f64, pair[1].bytes as f64);
        (0..STEPS_BETWEEN).map(move |step| low * (high / low).powf((f64::from(step) + 0.5) / f64::from(STEPS_BETWEEN)))
    })
}

/// Share of misses at `size` with a cache of `cache`, when a random part is kept.
fn gradual(size: f64, cache: f64) -> f64 {
    (1.0 - cache / size).max(0.0)
}

/// The same when what is kept is met again less often than by chance.
fn steep(size: f64, cache: f64) -> f64 {
    (1.0 - (cache / size).powi(3)).max(0.0)
}

/// The same when nothing is met again.
fn sharp(size: f64, cache: f64) -> f64 {
    if size > cache { 1.0 } else { 0.0 }
}

/// Least squares of latency over the share of misses.
struct Fit {
    size: f64,
    hit: f64,
    rise: f64,
    error: f64,
}

fn fit(points: &[ChasePoint], size: f64, shape: fn(f64, f64) -> f64) -> Fit {
    let count = points.len() as f64;
    let xs = || points.iter().map(|point| shape(point.bytes as f64, size));
    let ys = || points.iter().map(|point| point.cycles);
    let (mean_x, mean_y) = (xs().sum::<f64>() / count, ys().sum::<f64>() / count);
    let spread: f64 = xs().map(|x| (x - mean_x).powi(2)).sum();
    let together: f64 = xs().zip(ys()).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let rise = if spread > 0.0 { together / spread } else { 0.0 };
    let hit = mean_y - rise * mean_x;
    let error = xs().zip(ys()).map(|(x, y)| (y - hit - rise * x).powi(2)).sum();
    Fit { size, hit, rise, error }
}

/// Sum of squares around the mean; at least a little, so that a flat curve explains nothing.
fn variance(points: &[ChasePoint]) -> f64 {
    let mean = points.iter().map(|point| point.cycles).sum::<f64>() / points.len() as f64;
    points
        .iter()
        .map(|point| (point.cycles - mean).powi(2))
        .sum::<f64>()
        .max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::l2::sizes;

    const MIB: u64 = 1 << 20;
    /// Caches of whole GPUs and of slices of them, MiB: T4, A10, A100 1g/2g/3g/7g, L4, H100, H200, 4090, L40S, B200.
    const CACHES: [u64; 12] = [4, 6, 5, 10, 20, 40, 48, 50, 60, 72, 96, 126];

    fn curve(cache: u64, mut latency: impl FnMut(f64) -> f64) -> Vec<ChasePoint> {
        sizes(cache * MIB, u64::MAX)
            .into_iter()
            .map(|bytes| ChasePoint {
                bytes,
                cycles: latency(bytes as f64),
            })
            .collect()
    }

    fn assert_near(found: Option<u64>, cache: u64, share: f64, what: &str) {
        let found = found.unwrap_or_else(|| panic!("{what}: no knee at {cache} MiB")) as f64;
        let ratio = found / (cache * MIB) as f64;
        assert!(
            (1.0 - share..=1.0 + share).contains(&ratio),
            "{what}: {cache} MiB found as {ratio:.3} of it"
        );
    }

    #[test]
    fn all_shapes_are_found_on_every_cache() {
        for cache in CACHES {
            let bytes = (cache * MIB) as f64;
            let slow = curve(cache, |size| 270.0 + 420.0 * gradual(size, bytes));
            assert_near(find(&slow), cache, 0.05, "gradual");
            let fast = curve(cache, |size| 270.0 + 420.0 * sharp(size, bytes));
            assert_near(find(&fast), cache, 0.15, "sharp");
            let between = curve(cache, |size| 270.0 + 420.0 * steep(size, bytes));
            assert_near(find(&between), cache, 0.05, "steep");
        }
    }

    #[test]
    fn noise_of_five_percent_moves_it_little() {
        for (seed, cache) in (0..40).flat_map(|seed| CACHES.map(|cache| (seed, cache))) {
            let mut random = fastrand::Rng::with_seed(seed);
            let bytes = (cache * MIB) as f64;
            let noisy = curve(cache, |size| {
                (270.0 + 420.0 * gradual(size, bytes)) * (0.95 + 0.1 * random.f64())
            });
            assert_near(find(&noisy), cache, 0.25, "noise");
        }
    }

    #[test]
    fn hits_in_two_partitions_are_one_plateau() {
        for (seed, cache) in (0..20).flat_map(|seed| CACHES.map(|cache| (seed, cache))) {
            let mut random = fastrand::Rng::with_seed(seed);
            let bytes = (cache * MIB) as f64;
            let bimodal = curve(cache, |size| {
                let hit = if random.bool() { 212.0 } else { 272.0 };
                hit + 480.0 * gradual(size, bytes)
            });
            // The verdict accepts 0.4 to 1.5.
            assert_near(find(&bimodal), cache, 0.40, "bimodal");
        }
    }

    #[test]
    fn a_small_step_at_half_the_cache_is_not_its_end() {
        for cache in CACHES {
            let bytes = (cache * MIB) as f64;
            let far = curve(cache, |size| {
                212.0 + 60.0 * sharp(size, bytes / 2.0) + 450.0 * sharp(size, bytes)
            });
            assert_near(find(&far), cache, 0.20, "far partition");
        }
    }

    #[test]
    fn the_cache_of_a_slice_is_found_though_the_driver_names_that_of_the_whole() {
        for slice in [5, 10, 25] {
            let bytes = (slice * MIB) as f64;
            let points = curve(50, |size| 270.0 + 420.0 * gradual(size, bytes));
            assert_near(find(&points), slice, 0.1, "slice");
        }
    }

    #[test]
    fn a_cache_larger_than_named_is_found_up_to_twice_as_large() {
        let points = curve(50, |size| 270.0 + 420.0 * gradual(size, (96 * MIB) as f64));
        assert_near(find(&points), 96, 0.1, "more than named");
    }

    #[test]
    fn there_is_no_knee_in_a_flat_a_falling_a_noisy_or_a_short_curve() {
        let mut random = fastrand::Rng::with_seed(5);
        assert_eq!(find(&curve(50, |_| 270.0)), None, "flat");
        assert_eq!(find(&curve(50, |size| 700.0 - size / 1e6)), None, "falling");
        assert_eq!(find(&curve(50, |_| 250.0 + 40.0 * random.f64())), None, "noise alone");
        assert_eq!(
            find(&curve(50, |size| 270.0 + 30.0 * gradual(size, 5e7))),
            None,
            "a rise of a tenth"
        );
        assert_eq!(
            find(&curve(50, |size| 270.0 + 420.0 * gradual(size, 5e7))[..4]),
            None,
            "short"
        );
    }

    #[test]
    fn nonsense_has_no_knee() {
        for mad in [f64::NAN, f64::INFINITY, 0.0, -5.0] {
            assert_eq!(
                find(&curve(50, |size| if size > 5e7 { mad } else { 270.0 })),
                None,
                "{mad}"
            );
        }
        let mut points = curve(50, |size| 270.0 + 420.0 * gradual(size, 5e7));
        points.reverse();
        assert_eq!(find(&points), None);
        assert_eq!(find(&[]), None);
    }
}
