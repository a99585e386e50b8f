//! Every limit of the verdicts, with its source. "Method" is the measurement method of the probe (`docs/probe-verdicts.md`).

/// Independent groups of invariants that must contradict a claim before it is called false. Source: method, identity rule.
pub const GROUPS_FOR_MISMATCH: usize = 2;
/// Independent groups that must fit, with none against it, before a claim is called true. Source: ours; of four groups one
/// may be missing (no kernel, no figure in the table).
pub const GROUPS_FOR_MATCH: usize = 3;

/// FLOP a multiprocessor and cycle of the 16-bit tensor product with fp32 accumulation. Source: per-SM rates of sm_70 to sm_120.
pub const TENSOR_LEVELS: [u32; 5] = [512, 1024, 2048, 4096, 8192];
/// A product cannot be faster than its level; clocks are read to about 1 %, so this much above is still the level. Source:
/// variance budget (sensor and clock 1 %), tripled.
pub const TENSOR_LEVEL_MAX: f64 = 1.03;
/// Good kernels reach 0.70 to 0.97 of the level; below it, the level is not known. Source: method, FLOP/SM/clock.
pub const TENSOR_LEVEL_MIN: f64 = 0.70;

/// Memory that could be read back over memory that the model is sold with, at least. Source: method, VRAM.
pub const MEMORY_OF_ADVERTISED_MIN: f64 = 0.93;
/// And at most: "1 GB" of a board is up to 2^30 bytes, 7.4 % more than 10^9; 2.6 % for boards that are rounded down. Source: ours.
pub const MEMORY_OF_ADVERTISED_MAX: f64 = 1.10;
/// Read bandwidth over peak, at least. Source: method, BW.
pub const BANDWIDTH_OF_PEAK_MIN: f64 = 0.70;
/// And at most. Source: method, BW.
pub const BANDWIDTH_OF_PEAK_MAX: f64 = 1.08;
/// Knee of the pointer chase over the L2 cache's size, at least: Ampere and Hopper have two partitions, so a knee at half is
/// honest. Source: ours, from the two partitions.
pub const L2_OF_ADVERTISED_MIN: f64 = 0.40;
/// And at most: the sweep's next size after the last that fits. Source: ours.
pub const L2_OF_ADVERTISED_MAX: f64 = 1.50;
/// fp64 over fp32 may differ from the model's by this factor either way; classes are 16 to 32 times apart. Source: ours, from
/// the ratios 1/2 against 1/32 and 1/64.
pub const DOUBLE_RATIO_FACTOR: f64 = 2.0;
/// fp32 FLOP a multiprocessor and cycle over the model's, at least: levels are 128 and 256. Source: ours, from the levels.
pub const SINGLE_RATE_MIN: f64 = 0.60;
/// And at most. Source: ours: a clock that is read 10 % wrong.
pub const SINGLE_RATE_MAX: f64 = 1.10;

/// Share of multiprocessors that must pause together for it to be time slicing. Source: method, heartbeat ("all SMs at once").
pub const TIME_SLICE_SIMULTANEOUS_MIN: f64 = 0.90;
/// Shortest gap of time slicing, ns. Source: method, heartbeat (1 to 30 ms).
pub const TIME_SLICE_GAP_MIN_NS: u64 = 1_000_000;
/// Share of the time that must be gone: one pause in seconds is not sharing. Source: ours.
pub const TIME_SLICE_SHARE_MIN: f64 = 0.01;
/// Free over total memory below which somebody else holds memory. Source: ours; an idle GPU has 98 % and more.
pub const BUSY_FREE_SHARE: f64 = 0.90;
/// Enforced over default power limit below which the operator capped it. Source: method, NVML sampling.
pub const POWER_CAP_SHARE: f64 = 0.95;
/// Share of samples with a reason of heat or protection that counts as throttling. Source: method, NVML sampling (1 %).
pub const THROTTLE_SAMPLES_MAX: f64 = 0.01;
/// With software thermal slowdown, the last third over the first third below which the speed falls. Source: ours: run-to-run
/// variation is 1 to 2 %.
pub const THROTTLE_SPEED_FALL: f64 = 0.95;
/// Kernel clock against NVML clock. Source: method, cross clock (5 %).
pub const CLOCK_DISAGREEMENT_MAX: f64 = 0.05;
/// Host time against device time of the sustained run. Source: method, timing (2 %).
pub const WALL_DISAGREEMENT_MAX: f64 = 0.02;
/// Round trip of an empty kernel above which calls are forwarded, µs: bare metal needs 2 to 15, forwarding adds tens to
/// thousands. Source: method, launch latency; the limit is ours.
pub const SLOW_LAUNCH_US: f64 = 50.0;
/// Measured host copies over the link's raw rate below which it is narrow: copies reach 0.8 of it. Source: PCIe 4 x16 copies
/// at 25 to 26 of 31.5 GB/s; the limit is ours.
pub const NARROW_LINK_SHARE: f64 = 0.50;
/// Raw rate of one lane by PCIe generation 1 to 7, GB/s. Source: PCI-SIG, after line coding.
pub const PCIE_LANE_GBPS: [f64; 7] = [0.25, 0.5, 0.985, 1.969, 3.938, 7.563, 15.125];

/// Multiprocessors of a slice may differ from the table's by this many. Source: ours; GPUs of one model differ in which are cut.
pub const MIG_MULTIPROCESSORS_SLACK: u32 = 2;
/// Memory of a slice over its share of the whole. Source: ours: slices lose up to a tenth, see [`MEMORY_OF_ADVERTISED_MAX`].
pub const MIG_MEMORY: (f64, f64) = (0.80, 1.12);
/// Read bandwidth of a slice over its share of the peak. Source: [`BANDWIDTH_OF_PEAK_MIN`], less a tenth for slices.
pub const MIG_BANDWIDTH: (f64, f64) = (0.60, 1.08);

/// Grades by measured over reference, best first. Source: method, thresholds.
pub const GRADES: [(f64, super::Grade); 4] = [
    (0.92, super::Grade::A),
    (0.85, super::Grade::B),
    (0.75, super::Grade::C),
    (0.60, super::Grade::D),
];

/// A figure of a verdict, to six significant digits: short decimals survive JSON bit for bit, and no measurement is better.
pub(super) fn figure(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
