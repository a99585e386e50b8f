//! Named conditions that explain figures below those of a whole, free GPU.

use super::{State, bands, evidence::Suspended};
use crate::{
    derived,
    models::Model,
    report::{Inventory, Measurements, Sustained},
};
use std::collections::BTreeMap;

mod mig;

use super::Invariant;

/// Bits of `nvmlClocksThrottleReason*` that mean heat or protection of the hardware, with their names.
const HARD_REASONS: [(u64, &str); 3] = [(0x08, "HwSlowdown"), (0x40, "HwThermal"), (0x80, "HwPowerBrake")];
/// Software thermal slowdown: counts where the speed falls with it. `SwPowerCap` (4) is normal in a product.
const SW_THERMAL: (u64, &str) = (0x20, "SwThermal");
/// Name of the clocks whose disagreement makes every rate doubtful.
const HOST_AND_DEVICE: &str = "host and device";

/// All conditions, in the order of the type.
pub(super) fn find(model: Option<&Model>, inventory: &Inventory, measurements: &Measurements) -> Vec<State> {
    let mut states = Vec::new();
    states.extend(mig::slice(model, inventory, measurements));
    states.extend(time_sliced(measurements));
    states.extend(busy(inventory));
    states.extend(power_capped(inventory));
    states.extend(measurements.sustained.measured().and_then(throttled));
    states.extend(memory_short(model, inventory, measurements, &states));
    states.extend(wrong_results(measurements));
    states.extend(clocks(measurements));
    states.extend(slow_launch(measurements));
    states.extend(narrow_link(model, inventory, measurements));
    states
}

/// What the conditions explain. Capping and throttling explain nothing: the invariants do not depend on clocks.
pub(super) fn suspended(states: &[State]) -> Suspended {
    use Invariant::{Bandwidth, DoubleRatio, Memory, Multiprocessors, SecondLevelCache, SingleRate, TensorRate};
    let mut all = Suspended::new();
    for state in states {
        let (invariants, reason): (&[Invariant], _) = match state {
            State::Mig { .. } => (
                &[Multiprocessors, Memory, Bandwidth, SecondLevelCache],
                "a slice has a part of it",
            ),
            State::TimeSliced { .. } => (
                &[TensorRate, SingleRate, DoubleRatio, Bandwidth],
                "others had the GPU meanwhile",
            ),
            State::Busy { .. } => (
                &[Memory, TensorRate, SingleRate, DoubleRatio, Bandwidth],
                "others used the GPU or its memory",
            ),
            State::ClockDisagrees { between, .. } if between == HOST_AND_DEVICE => (
                &[TensorRate, SingleRate, Bandwidth],
                "the device's clock is not to be trusted",
            ),
            _ => (&[], ""),
        };
        all.extend(invariants.iter().map(|invariant| (*invariant, reason)));
    }
    all
}

/// Whether the GPU was not whole or not free.
pub(super) fn is_part(states: &[State]) -> bool {
    states
        .iter()
        .any(|state| matches!(state, State::Mig { .. } | State::TimeSliced { .. } | State::Busy { .. }))
}

/// Whether results or memory were wrong.
pub(super) fn is_faulty(states: &[State]) -> bool {
    states.iter().any(|state| match state {
        State::WrongResults { .. } => true,
        State::MemoryShort { mismatched_words, .. } => *mismatched_words > 0,
        _ => false,
    })
}

/// Whether the host's clock contradicts the device's.
pub(super) fn is_time_doubtful(states: &[State]) -> bool {
    states
        .iter()
        .any(|state| matches!(state, State::ClockDisagrees { between, .. } if between == HOST_AND_DEVICE))
}

fn time_sliced(measurements: &Measurements) -> Option<State> {
    let beat = measurements.heartbeat.measured()?;
    let longest = beat.sms.iter().map(|gap| gap.max_ns).max()?;
    let share = derived::gap_share(&beat.sms, (beat.seconds * 1e9) as u64);
    let shared = derived::simultaneous(&beat.sms, beat.threshold_ns) >= bands::TIME_SLICE_SIMULTANEOUS_MIN
        && longest >= bands::TIME_SLICE_GAP_MIN_NS
        && share >= bands::TIME_SLICE_SHARE_MIN;
    shared.then(|| State::TimeSliced {
        share: bands::figure(share),
        longest_gap_ms: longest as f64 / 1e6,
    })
}

fn busy(inventory: &Inventory) -> Option<State> {
    let processes = inventory.other_processes;
    let free_share = match (inventory.memory_free_bytes, inventory.memory_total_bytes) {
        (Some(free), Some(total)) if total > 0 => free as f64 / total as f64,
        _ => 1.0,
    };
    let busy = processes.is_some_and(|count| count > 0) || free_share < bands::BUSY_FREE_SHARE;
    busy.then_some(State::Busy {
        processes,
        free_share: bands::figure(free_share),
    })
}

fn power_capped(inventory: &Inventory) -> Option<State> {
    let (enforced, default) = (
        f64::from(inventory.power.enforced_mw?),
        f64::from(inventory.power.default_mw?),
    );
    (enforced < default * bands::POWER_CAP_SHARE).then_some(State::PowerCapped {
        enforced_w: enforced / 1e3,
        default_w: default / 1e3,
    })
}

fn throttled(sustained: &Sustained) -> Option<State> {
    let known: Vec<u64> = sustained
        .nvml
        .iter()
        .filter_map(|sample| sample.throttle_bits)
        .collect();
    if known.is_empty() {
        return None;
    }
    let share = |mask: u64| known.iter().filter(|bits| **bits & mask != 0).count() as f64 / known.len() as f64;
    let last_over_first = bands::figure(derived::last_over_first(&sustained.tflops.values));
    let falls = last_over_first < bands::THROTTLE_SPEED_FALL;
    let reasons: Vec<(u64, &str)> = HARD_REASONS
        .into_iter()
        .chain(falls.then_some(SW_THERMAL))
        .filter(|(bit, _)| share(*bit) > bands::THROTTLE_SAMPLES_MAX)
        .collect();
    let mask = reasons.iter().fold(0, |mask, (bit, _)| mask | bit);
    (mask != 0).then(|| State::Throttled {
        share: bands::figure(share(mask)),
        reasons: reasons.into_iter().map(|(_, name)| name.to_owned()).collect(),
        last_over_first,
    })
}

fn memory_short(
    model: Option<&Model>,
    inventory: &Inventory,
    measurements: &Measurements,
    states: &[State],
) -> Option<State> {
    let capacity = measurements.capacity.measured()?;
    let reported = inventory.memory_total_bytes.map(|bytes| bytes as f64);
    let expected = model.and_then(Model::memory_bytes).or(reported)?;
    let short = (capacity.verified_bytes as f64) < expected * bands::MEMORY_OF_ADVERTISED_MIN;
    let explained = states
        .iter()
        .any(|state| matches!(state, State::Mig { .. } | State::Busy { .. }));
    (capacity.mismatched_words > 0 || (short && !explained)).then_some(State::MemoryShort {
        verified_bytes: capacity.verified_bytes,
        expected_bytes: expected as u64,
        mismatched_words: capacity.mismatched_words,
    })
}

fn wrong_results(measurements: &Measurements) -> Option<State> {
    let mut kernels: Vec<String> = Vec::new();
    if let Some(work) = measurements.exact.measured() {
        let wrong = work.cases.iter().filter(|case| !case.correct || !case.complete);
        kernels.extend(wrong.map(|case| case.kernel.clone()));
        // One product has one digest, whatever the format of the inputs.
        let mut digests = BTreeMap::new();
        for case in &work.cases {
            let first = digests
                .entry((case.m, case.n, case.k, &case.key))
                .or_insert(&case.digest);
            if *first != &case.digest && !kernels.contains(&case.kernel) {
                kernels.push(case.kernel.clone());
            }
        }
    }
    if measurements
        .bandwidth
        .measured()
        .is_some_and(|bandwidth| !bandwidth.checksum_ok)
    {
        kernels.push("gp_read".to_owned());
    }
    (!kernels.is_empty()).then_some(State::WrongResults { kernels })
}

fn clocks(measurements: &Measurements) -> Vec<State> {
    let mut found = Vec::new();
    let mut compare = |ratio: Option<f64>, limit: f64, between: &str| {
        if let Some(ratio) = ratio.filter(|ratio| ratio.is_finite() && (ratio - 1.0).abs() > limit) {
            found.push(State::ClockDisagrees {
                ratio: bands::figure(ratio),
                between: between.to_owned(),
            });
        }
    };
    let sustained = measurements.sustained.measured();
    compare(
        sustained.map(|run| run.wall_over_events),
        bands::WALL_DISAGREEMENT_MAX,
        HOST_AND_DEVICE,
    );
    let over_the_run = sustained.and_then(nvml_over_kernel);
    let at_the_census = measurements
        .census
        .measured()
        .and_then(|census| Some(f64::from(census.nvml_sm_clock_mhz?) / census.sm_clock_mhz.median));
    compare(
        over_the_run.or(at_the_census),
        bands::CLOCK_DISAGREEMENT_MAX,
        "NVML and kernel",
    );
    found
}

fn nvml_over_kernel(sustained: &Sustained) -> Option<f64> {
    let mut clocks: Vec<u32> = sustained.nvml.iter().filter_map(|sample| sample.sm_clock_mhz).collect();
    clocks.sort_unstable();
    let nvml = f64::from(*clocks.get(clocks.len() / 2)?);
    let kernel = sustained.sm_clock_mhz.as_ref()?.median;
    (kernel > 0.0).then(|| nvml / kernel)
}

fn slow_launch(measurements: &Measurements) -> Option<State> {
    let round_trip_us = measurements.launch.measured()?.round_trip_us.median;
    (round_trip_us > bands::SLOW_LAUNCH_US).then_some(State::SlowLaunch { round_trip_us })
}

fn narrow_link(model: Option<&Model>, inventory: &Inventory, measurements: &Measurements) -> Option<State> {
    if let (Some(now), Some(most)) = (inventory.pci.link_width, inventory.pci.max_link_width)
        && now < most
    {
        return Some(State::NarrowLink {
            detail: format!("{now} of {most} lanes"),
        });
    }
    let model = model?;
    let generation = model.pcie_generation.as_ref()?.value;
    let lane = bands::PCIE_LANE_GBPS.get(usize::try_from(generation).ok()?.checked_sub(1)?)?;
    let raw = lane * f64::from(model.pcie_lanes.as_ref()?.value);
    let link = measurements.pcie.measured()?;
    let best = link.host_to_device.median.max(link.device_to_host.median);
    (best < raw * bands::NARROW_LINK_SHARE).then(|| State::NarrowLink {
        detail: format!("{best:.1} GB/s, the model's link has {raw:.1}"),
    })
}
