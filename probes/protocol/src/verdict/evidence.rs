//! Each invariant beside one model of the table.

use super::{Evidence, Invariant, bands};
use crate::{
    models::Model,
    report::{Gemm, Inventory, Measurements, Precision},
};
use std::collections::BTreeMap;

/// Invariants of one group can all go wrong for one reason, so a group counts once, however many of it contradict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// How many multiprocessors there are: which chip, and what was cut from it.
    Layout,
    /// What one multiprocessor can do. Tensor rate, fp32 rate, fp64 ratio and accepted code all follow from the
    /// architecture, so an honest GPU of another architecture, or one kernel of ours that is slow there, moves them together.
    Arithmetic,
    /// How many bytes there are. Independent of the speed at which they are read: slicing and sharing, which lower both,
    /// suspend both.
    Capacity,
    /// How many memory partitions there are: bandwidth and L2 cache both are a sum over them.
    Partitions,
}

/// The group of an invariant.
pub fn group(invariant: Invariant) -> Group {
    match invariant {
        Invariant::Multiprocessors => Group::Layout,
        Invariant::TensorRate | Invariant::DoubleRatio | Invariant::SingleRate | Invariant::Code => Group::Arithmetic,
        Invariant::Memory => Group::Capacity,
        Invariant::Bandwidth | Invariant::SecondLevelCache => Group::Partitions,
    }
}

/// Invariants that a state explains, with the reason. A state explains too little of something, never too much.
pub(super) type Suspended = BTreeMap<Invariant, &'static str>;

/// An invariant beside a model, and how far it is from it (0 is typical, 1 the edge of its band).
pub(super) struct Compared {
    pub(super) evidence: Evidence,
    pub(super) distance: f64,
}

/// All that was measured and that the table knows of this model.
pub(super) fn compare(
    model: &Model,
    inventory: &Inventory,
    measurements: &Measurements,
    suspended: &Suspended,
) -> Vec<Compared> {
    let all = [
        multiprocessors(model, measurements),
        tensor_rate(model, measurements),
        memory(model, measurements),
        bandwidth(model, measurements),
        double_ratio(model, measurements),
        single_rate(model, measurements),
        second_level_cache(model, measurements),
        code(model, inventory),
    ];
    all.into_iter()
        .flatten()
        .map(|(mut compared, direction)| {
            let evidence = &mut compared.evidence;
            if let Some(reason) = suspended.get(&evidence.invariant)
                && direction != Direction::TooMuch
            {
                evidence.counts = false;
                evidence.note = Some((*reason).to_owned());
            }
            compared
        })
        .collect()
}

/// On which side of the band it lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Fits,
    TooLittle,
    TooMuch,
}

type Found = Option<(Compared, Direction)>;

fn found(invariant: Invariant, measured: String, expected: String, distance: f64, direction: Direction) -> Found {
    let fits = direction == Direction::Fits;
    let evidence = Evidence {
        invariant,
        measured,
        expected,
        fits,
        counts: true,
        note: None,
    };
    Some((Compared { evidence, distance }, direction))
}

/// A ratio to the model's figure in a band; typical is the geometric middle.
fn in_band(invariant: Invariant, ratio: f64, (low, high): (f64, f64), measured: String, expected: String) -> Found {
    if !ratio.is_finite() || ratio < 0.0 {
        return None;
    }
    let direction = match ratio {
        ratio if ratio < low => Direction::TooLittle,
        ratio if ratio > high => Direction::TooMuch,
        _ => Direction::Fits,
    };
    let middle = (low * high).sqrt();
    let distance = (ratio.max(1e-9) / middle).ln().abs() / (high / middle).ln();
    found(invariant, measured, expected, distance, direction)
}

fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value > 0.0)
}

fn multiprocessors(model: &Model, measurements: &Measurements) -> Found {
    let seen = measurements.census.measured()?.sm_ids.len();
    let known = model.multiprocessors.as_ref()?.value as usize;
    let direction = match seen.cmp(&known) {
        std::cmp::Ordering::Less => Direction::TooLittle,
        std::cmp::Ordering::Equal => Direction::Fits,
        std::cmp::Ordering::Greater => Direction::TooMuch,
    };
    // One multiprocessor in a hundred is as far off as the edge of a band.
    let distance = (seen.max(1) as f64 / known as f64).ln().abs() * 100.0;
    found(
        Invariant::Multiprocessors,
        format!("{seen}"),
        format!("{known} (exact)"),
        distance,
        direction,
    )
}

/// The 16-bit product that the tensor rate is read from.
pub(super) fn sixteen_bit(measurements: &Measurements) -> Option<&Gemm> {
    [Precision::Bf16, Precision::Fp16]
        .iter()
        .find_map(|precision| measurements.gemm.get(precision)?.measured())
}

/// Whether the image, as in `gp_gemm_bf16_bf16@gemm.sm_90a`, uses the architecture's own tensor instructions. PTX of an
/// older one and plain sm_90 or sm_100 code run on the legacy path at about half the rate.
pub(super) fn is_native(kernel: &str) -> bool {
    let architecture = kernel.rsplit(['.', '@']).next().unwrap_or_default();
    match parse_architecture(architecture) {
        Some(Image { major, .. }) if (9..12).contains(&major) => architecture.ends_with('a'),
        Some(_) => true,
        None => false,
    }
}

/// The level of [`bands::TENSOR_LEVELS`] that a rate belongs to: the lowest that can be so fast.
fn tensor_level(rate: f64) -> Option<u32> {
    bands::TENSOR_LEVELS
        .into_iter()
        .find(|level| rate <= f64::from(*level) * bands::TENSOR_LEVEL_MAX)
}

/// The rate from the raw samples; what a report states beside them is for its reader.
fn from_samples(gemm: &Gemm, measurements: &Measurements) -> Option<f64> {
    let multiprocessors = measurements.census.measured()?.sm_ids.len() as f64;
    positive(Some(
        gemm.tflops.median * 1e6 / (multiprocessors * gemm.sm_clock_mhz.as_ref()?.median),
    ))
}

fn tensor_rate(model: &Model, measurements: &Measurements) -> Found {
    let gemm = sixteen_bit(measurements)?;
    let rate = positive(
        gemm.flop_per_sm_per_clock
            .map(|stated| from_samples(gemm, measurements).unwrap_or(stated)),
    )?;
    let known = model.tensor_flop_per_sm_clock.as_ref()?.value;
    let level = tensor_level(rate);
    let direction = match level.map(|level| level.cmp(&known)) {
        Some(std::cmp::Ordering::Equal) => Direction::Fits,
        Some(std::cmp::Ordering::Less) => Direction::TooLittle,
        Some(std::cmp::Ordering::Greater) | None => Direction::TooMuch,
    };
    let distance = level.map_or(10.0, |level| (f64::from(level) / f64::from(known)).log2().abs() * 10.0);
    let measured = format!("{rate:.0} FLOP/SM/cycle");
    let expected = format!("{known} (reached to {:.0} to 100 %)", bands::TENSOR_LEVEL_MIN * 100.0);
    let (mut compared, direction) = found(Invariant::TensorRate, measured, expected, distance, direction)?;
    let note = if !is_native(&gemm.kernel) {
        Some("measured by code of an older architecture")
    } else if level.is_none() {
        Some("faster than every known level")
    } else if level.is_some_and(|level| rate < f64::from(level) * bands::TENSOR_LEVEL_MIN) {
        Some("between two levels")
    } else {
        None
    };
    if let Some(note) = note {
        compared.evidence.counts = false;
        compared.evidence.note = Some(note.to_owned());
    }
    Some((compared, direction))
}

fn memory(model: &Model, measurements: &Measurements) -> Found {
    let verified = measurements.capacity.measured()?.verified_bytes as f64;
    let advertised = model.memory_bytes()?;
    let band = (bands::MEMORY_OF_ADVERTISED_MIN, bands::MEMORY_OF_ADVERTISED_MAX);
    let measured = format!("{:.2} GB read back", verified / 1e9);
    in_band(
        Invariant::Memory,
        verified / advertised,
        band,
        measured,
        scaled(advertised / 1e9, band, "GB"),
    )
}

fn scaled(figure: f64, (low, high): (f64, f64), unit: &str) -> String {
    format!("{figure} {unit} ({:.1} to {:.1})", figure * low, figure * high)
}

fn bandwidth(model: &Model, measurements: &Measurements) -> Found {
    let read = measurements.bandwidth.measured()?.read.median;
    let peak = model.bandwidth_gbps.as_ref()?.value;
    let band = (bands::BANDWIDTH_OF_PEAK_MIN, bands::BANDWIDTH_OF_PEAK_MAX);
    in_band(
        Invariant::Bandwidth,
        read / peak,
        band,
        format!("{read:.0} GB/s read"),
        scaled(peak, band, "GB/s"),
    )
}

fn double_ratio(model: &Model, measurements: &Measurements) -> Found {
    let fma = measurements.fma.measured()?;
    let ratio = positive(Some(fma.fp64_tflops.median / fma.fp32_tflops.median))?;
    let known = model.fp64_over_fp32.as_ref()?.value;
    let band = (1.0 / bands::DOUBLE_RATIO_FACTOR, bands::DOUBLE_RATIO_FACTOR);
    in_band(
        Invariant::DoubleRatio,
        ratio / known,
        band,
        one_over(ratio),
        format!("{} (within a factor of 2)", one_over(known)),
    )
}

fn one_over(ratio: f64) -> String {
    format!("1:{:.1}", 1.0 / ratio)
}

fn single_rate(model: &Model, measurements: &Measurements) -> Found {
    let rate = positive(measurements.fma.measured()?.fp32_per_sm_per_clock)?;
    let known = f64::from(model.fp32_flop_per_sm_clock.as_ref()?.value);
    let band = (bands::SINGLE_RATE_MIN, bands::SINGLE_RATE_MAX);
    let measured = format!("{rate:.0} FLOP/SM/cycle");
    in_band(
        Invariant::SingleRate,
        rate / known,
        band,
        measured,
        scaled(known, band, "FLOP/SM/cycle"),
    )
}

fn second_level_cache(model: &Model, measurements: &Measurements) -> Found {
    const MB: f64 = 1_048_576.0;
    let knee = measurements.l2.measured()?.knee_bytes? as f64 / MB;
    let known = model.l2_mb.as_ref()?.value;
    let band = (bands::L2_OF_ADVERTISED_MIN, bands::L2_OF_ADVERTISED_MAX);
    in_band(
        Invariant::SecondLevelCache,
        knee / known,
        band,
        format!("knee at {knee:.1} MB"),
        scaled(known, band, "MB"),
    )
}

/// An architecture as images are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Image {
    major: i32,
    minor: i32,
}

/// Of `sm_90a`, `sm_86`; `None` for PTX and anything else.
fn parse_architecture(text: &str) -> Option<Image> {
    let digits = text.strip_prefix("sm_")?.trim_end_matches(['a', 'f']);
    let (major, minor) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
    Some(Image {
        major: major.parse().ok()?,
        minor: minor.parse().ok()?,
    })
}

/// Machine code runs on its own major version only, and on no lower minor version. Code of a lower minor version fits when
/// the GPU reports the model's capability, because no image of its own may exist.
fn code(model: &Model, inventory: &Inventory) -> Found {
    let loaded = inventory.architecture.loaded.as_deref()?;
    let (major, minor) = model.capability()?;
    let measured = format!("{loaded} loads");
    let expected = format!("code of {major}.{minor}");
    let Some(image) = parse_architecture(loaded) else {
        let (mut compared, direction) = found(Invariant::Code, measured, expected, 0.0, Direction::Fits)?;
        compared.evidence.counts = false;
        compared.evidence.note = Some("portable code runs on every later architecture".to_owned());
        return Some((compared, direction));
    };
    let reported = inventory.architecture.reported == (major, minor);
    let fits = image.major == major && (image.minor == minor || (image.minor < minor && reported));
    let direction = if fits { Direction::Fits } else { Direction::TooMuch };
    found(
        Invariant::Code,
        measured,
        expected,
        if fits { 0.0 } else { 10.0 },
        direction,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_belongs_to_the_lowest_level_that_can_be_so_fast() {
        assert_eq!(tensor_level(3950.0), Some(4096));
        assert_eq!(tensor_level(2100.0), Some(2048), "a clock read 2.5 % wrong");
        assert_eq!(tensor_level(2500.0), Some(4096), "nearer to 2048, which cannot do it");
        assert_eq!(tensor_level(400.0), Some(512));
        assert_eq!(tensor_level(9000.0), None);
    }

    #[test]
    fn only_code_of_the_architecture_itself_shows_its_tensor_rate() {
        for kernel in [
            "gp_gemm_bf16_bf16@gemm.sm_90a",
            "x@gemm.sm_80",
            "x@gemm.sm_89",
            "x@gemm.sm_120",
            "x@gemm.sm_100a",
        ] {
            assert!(is_native(kernel), "{kernel}");
        }
        for kernel in ["x@gemm.compute_80", "x@gemm.sm_90", "x@gemm.sm_100", "x", ""] {
            assert!(!is_native(kernel), "{kernel}");
        }
    }

    #[test]
    fn architectures_of_two_and_three_digits_are_read() {
        assert_eq!(parse_architecture("sm_90a"), Some(Image { major: 9, minor: 0 }));
        assert_eq!(parse_architecture("sm_103a"), Some(Image { major: 10, minor: 3 }));
        assert_eq!(parse_architecture("sm_86"), Some(Image { major: 8, minor: 6 }));
        for nonsense in ["compute_80", "sm_", "sm_a", "", "sm_é"] {
            assert_eq!(parse_architecture(nonsense), None, "{nonsense}");
        }
    }
}
