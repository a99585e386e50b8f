//! The twelve measurements of a GPU.

use super::Outcome;
use crate::samples::Samples;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Number format of a product's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// bfloat16, accumulated in fp32.
    Bf16,
    /// IEEE half, accumulated in fp32.
    Fp16,
    /// 8-bit float, 4 exponent and 3 mantissa bits, accumulated in fp32.
    Fp8E4m3,
    /// 8-bit integers, accumulated in 32 bits.
    Int8,
    /// fp32 with the mantissa cut to 10 bits, accumulated in fp32.
    Tf32,
    /// IEEE double on tensor cores.
    Fp64,
}

/// Clocks that one block of a kernel read at its start and end. Layout of the kernels' `Mark`: five u64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockMark {
    /// `clock64` at the start, cycles of the multiprocessor.
    pub cycles_start: u64,
    /// `%globaltimer` at the start, ns.
    pub ns_start: u64,
    /// `clock64` at the end.
    pub cycles_end: u64,
    /// `%globaltimer` at the end.
    pub ns_end: u64,
    /// `%smid` of the block.
    pub sm: u64,
}

impl ClockMark {
    /// Clock of the multiprocessor between both readings, MHz; `None` when a clock stood still or ran backwards.
    pub fn megahertz(&self) -> Option<f64> {
        let cycles = self.cycles_end.checked_sub(self.cycles_start)?;
        let ns = self.ns_end.checked_sub(self.ns_start)?;
        (cycles > 0 && ns > 0).then(|| cycles as f64 * 1e3 / ns as f64)
    }
}

/// Which multiprocessors ran, and how fast their clock is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Census {
    /// Blocks that were launched.
    pub blocks: u32,
    /// Distinct `%smid` among them, ascending.
    pub sm_ids: Vec<u32>,
    /// Largest `%nsmid` read.
    pub nsmid: u32,
    /// Clock of the multiprocessors, MHz, one value a block (thinned to at most 256).
    pub sm_clock_mhz: Samples,
    /// Clock that NVML gives at the same time, MHz.
    pub nvml_sm_clock_mhz: Option<u32>,
}

/// One matrix product: speed on random-normal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gemm {
    /// Format of the inputs.
    pub precision: Precision,
    /// Kernel and the image that holds it, `gp_gemm_bf16_bf16@gemm.sm_90a`.
    pub kernel: String,
    /// Shape: D[m,n] = A[m,k] · B[n,k]ᵀ.
    pub m: u32,
    /// See `m`.
    pub n: u32,
    /// See `m`.
    pub k: u32,
    /// Launches between the two events of one sample.
    pub launches_per_sample: u32,
    /// Speed, TFLOP/s.
    pub tflops: Samples,
    /// Clock of the multiprocessors during the product, MHz.
    pub sm_clock_mhz: Option<Samples>,
    /// FLOP per multiprocessor and cycle: median speed / (multiprocessors of the census × median clock).
    pub flop_per_sm_per_clock: Option<f64>,
    /// Time by the host's clock over time by the device's events; a driver whose clock lies shows here.
    pub wall_over_events: f64,
}

/// Products of small integers whose result is exact in any order of summation, so equal to the CPU's bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExactWork {
    /// The cases.
    pub cases: Vec<ExactCase>,
}

/// One exact product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExactCase {
    /// Format of the inputs.
    pub precision: Precision,
    /// Kernel and image.
    pub kernel: String,
    /// Shape.
    pub m: u32,
    /// See `m`.
    pub n: u32,
    /// See `m`.
    pub k: u32,
    /// Key of the generator of both inputs, hex.
    pub key: String,
    /// SHA-256 of the result, row-major, little-endian i32, hex: the same on every correct GPU.
    pub digest: String,
    /// Rounds of Freivalds' check modulo 2^61 − 1 that were made.
    pub freivalds_rounds: u32,
    /// Whether all of them passed.
    pub correct: bool,
    /// Whether every element was written over the poison.
    pub complete: bool,
}

/// Multiply-add rates from registers alone. Only their ratio at one clock is evidence, never a rate alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FmaRatios {
    /// fp32, TFLOP/s.
    pub fp32_tflops: Samples,
    /// fp64, TFLOP/s.
    pub fp64_tflops: Samples,
    /// FLOP per multiprocessor and cycle, fp32.
    pub fp32_per_sm_per_clock: Option<f64>,
    /// And fp64.
    pub fp64_per_sm_per_clock: Option<f64>,
    /// fp64 over fp32, medians.
    pub fp64_over_fp32: f64,
}

/// Bandwidth of the device's memory. Bytes are those that the kernel reads plus those that it writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// Size of each buffer, bytes.
    pub buffer_bytes: u64,
    /// Reading only, GB/s.
    pub read: Samples,
    /// Writing only, GB/s.
    pub write: Samples,
    /// Copy, read and written bytes together, GB/s.
    pub copy: Samples,
    /// a = b + k·c, all three streams together, GB/s.
    pub triad: Samples,
    /// Whether the checksum of what was read is that of what was written.
    pub checksum_ok: bool,
}

/// One size of the pointer chase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChasePoint {
    /// Memory that the chain covers, bytes.
    pub bytes: u64,
    /// Cycles a step, median over the repetitions.
    pub cycles: f64,
}

/// Latency seen from one multiprocessor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmLatency {
    /// `%smid`.
    pub sm: u32,
    /// Cycles a step in the L2 cache.
    pub cycles: f64,
}

/// The L2 cache.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondLevelCache {
    /// Latency by size, ascending.
    pub chase: Vec<ChasePoint>,
    /// Size where the plateau of hits ends, bytes; `None` when no knee is seen in the range.
    pub knee_bytes: Option<u64>,
    /// Reading a buffer that fits, GB/s.
    pub resident_read: Option<Samples>,
    /// Latency by multiprocessor; a fingerprint that is kept and not judged.
    pub by_sm: Vec<SmLatency>,
}

/// Memory that is really there: all of it filled first, then all of it read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Free memory before, bytes.
    pub free_bytes: u64,
    /// Allocated and filled, bytes.
    pub filled_bytes: u64,
    /// Read back as written, bytes.
    pub verified_bytes: u64,
    /// 8-byte words that were not what had been written.
    pub mismatched_words: u64,
    /// Filling, GB/s.
    pub fill_gbps: f64,
    /// Reading back, GB/s.
    pub verify_gbps: f64,
}

/// The link to the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PciExpress {
    /// Size of one copy, bytes; pinned host memory.
    pub copy_bytes: u64,
    /// Host to device, GB/s.
    pub host_to_device: Samples,
    /// Device to host, GB/s.
    pub device_to_host: Samples,
    /// Both at once, sum of both, GB/s.
    pub both: Samples,
    /// Time of a 4-byte copy to the device and back, µs.
    pub round_trip_us: Samples,
}

/// Cost of a launch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// From the call to the end of an empty kernel, each waited for, µs.
    pub round_trip_us: Samples,
    /// Per launch when many are queued, µs.
    pub queued_us: Samples,
    /// Per kernel when replayed from a graph, µs; `None` where graphs are not supported.
    pub graph_us: Option<Samples>,
}

/// What NVML said at one moment of the sustained run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NvmlSample {
    /// Since the start of the run, ms.
    pub at_ms: u64,
    /// Clock of the multiprocessors, MHz.
    pub sm_clock_mhz: Option<u32>,
    /// Clock of the memory, MHz.
    pub memory_clock_mhz: Option<u32>,
    /// Power, mW.
    pub power_mw: Option<u32>,
    /// Temperature, °C.
    pub temperature_c: Option<u32>,
    /// Bits of the reasons for a lower clock (`nvmlClocksThrottleReason*`).
    pub throttle_bits: Option<u64>,
}

/// The product again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sustained {
    /// Format of the inputs.
    pub precision: Precision,
    /// Shape, as of [`Gemm`].
    pub m: u32,
    /// See `m`.
    pub n: u32,
    /// See `m`.
    pub k: u32,
    /// Length by the host's clock, s.
    pub seconds: f64,
    /// Speed of consecutive windows, TFLOP/s, in order.
    pub tflops: Samples,
    /// Clock of the multiprocessors by the kernel's own clocks, one value a window where there is one, MHz.
    pub sm_clock_mhz: Option<Samples>,
    /// Mean of the last third over mean of the first third of the windows.
    pub last_over_first: f64,
    /// 5th percentile over median of the windows.
    pub p5_over_median: f64,
    /// Time by the host's clock over time by the device's events.
    pub wall_over_events: f64,
    /// NVML, ten times a second.
    pub nvml: Vec<NvmlSample>,
    /// Energy by NVML's counter over the run, mJ.
    pub energy_mj: Option<u64>,
}

/// Gaps in the running of one multiprocessor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmGap {
    /// `%smid`.
    pub sm: u32,
    /// Longest gap, ns.
    pub max_ns: u64,
    /// `%globaltimer` at its start.
    pub at_ns: u64,
    /// Sum of the gaps over the threshold, ns.
    pub total_ns: u64,
    /// Gaps over the threshold.
    pub count: u32,
}

/// One warp a multiprocessor that reads the timer without pause: a gap is time that somebody else had the GPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Length, s.
    pub seconds: f64,
    /// A gap is counted from here, ns.
    pub threshold_ns: u64,
    /// By multiprocessor.
    pub sms: Vec<SmGap>,
    /// Share of multiprocessors that stopped together with the first, 0 to 1: their longest gaps overlap, or number and sum
    /// of their gaps agree (slices of equal length have no longest one but by chance).
    pub simultaneous: f64,
    /// Share of the time in gaps, median over the multiprocessors, 0 to 1.
    pub gap_share: f64,
    /// Gaps by length over all multiprocessors: number of those with floor(log2(ns)) = key.
    #[serde(deserialize_with = "numbered")]
    pub histogram: BTreeMap<u32, u64>,
}

/// All of one GPU.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurements {
    /// Which multiprocessors ran.
    pub census: Outcome<Census>,
    /// Cost of a launch.
    pub launch: Outcome<Launch>,
    /// Products by precision; an architecture without a kernel of ours has `not_measured`.
    pub gemm: BTreeMap<Precision, Outcome<Gemm>>,
    /// Exact products.
    pub exact: Outcome<ExactWork>,
    /// Multiply-add rates.
    pub fma: Outcome<FmaRatios>,
    /// Memory bandwidth.
    pub bandwidth: Outcome<Bandwidth>,
    /// L2 cache.
    pub l2: Outcome<SecondLevelCache>,
    /// Memory that is there.
    pub capacity: Outcome<Capacity>,
    /// Link to the host.
    pub pcie: Outcome<PciExpress>,
    /// The product for a long time.
    pub sustained: Outcome<Sustained>,
    /// Gaps.
    pub heartbeat: Outcome<Heartbeat>,
    /// Why the run on this GPU ended before everything was measured: the GPU was lost, the driver hung or crashed. What
    /// stands above stays as it was measured, and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<String>,
}

/// A map whose keys are numbers. JSON has them as text, and a tagged enum around the map hands them on as such.
fn numbered<'de, D: serde::Deserializer<'de>>(input: D) -> Result<BTreeMap<u32, u64>, D::Error> {
    BTreeMap::<String, u64>::deserialize(input)?
        .into_iter()
        .map(|(key, count)| Ok((key.parse().map_err(serde::de::Error::custom)?, count)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_survives_the_tag_of_its_outcome() {
        let heartbeat = Heartbeat {
            seconds: 2.0,
            threshold_ns: 100_000,
            sms: vec![],
            simultaneous: 1.0,
            gap_share: 0.5,
            histogram: BTreeMap::from([(20, 3), (21, 7)]),
        };
        let outcome = Outcome::Measured { result: heartbeat };
        let json = serde_json::to_string(&outcome).expect("plain data");
        assert_eq!(
            serde_json::from_str::<Outcome<Heartbeat>>(&json).expect("as written"),
            outcome
        );
        let bad = json.replace("\"20\"", "\"2x\"");
        assert!(serde_json::from_str::<Outcome<Heartbeat>>(&bad).is_err());
    }
}
