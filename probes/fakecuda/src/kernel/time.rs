//! How long a kernel takes on the modelled hardware.

use super::{Kernel, Shape};
use crate::driver::device::Device;
use crate::scenario::{Hardware, TimeSlices};
use gridproof_probe_kernels::abi::{FMA_CHAINS, Format, GemmKernel};
use gridproof_probe_protocol::report::Precision;

/// Shortest time of a kernel whose launch was queued behind another one.
const KERNEL_NS: f64 = 1_300.0;
/// Share of the peak that each direction of streaming reaches.
const READ: f64 = 0.955;
const WRITE: f64 = 0.93;
const COPY: f64 = 0.905;
const TRIAD: f64 = 0.90;

/// ns of `kernel` alone on `device` at `clock` MHz, without noise.
pub fn nanoseconds(kernel: &Kernel, shape: Shape, device: &Device, clock: f64) -> f64 {
    let gpu = &device.scenario.real;
    let stream = |bytes: u64, share: f64| bytes as f64 / (gpu.bandwidth_gbps * share);
    let work = match kernel {
        Kernel::Noop | Kernel::Blocker { .. } => 0.0,
        Kernel::FillNormal { n, format, .. } => stream(n * format.bytes() as u64, WRITE * 0.5),
        Kernel::FillIntegers { n, format, .. } => stream(n * format.bytes() as u64, WRITE * 0.7),
        Kernel::LinearFill { words, .. } => stream(4 * words, WRITE),
        Kernel::Read { n16, .. } => read(gpu, 16 * n16),
        Kernel::Write { n16, .. } => stream(16 * n16, WRITE),
        Kernel::Copy { n16, .. } => stream(32 * n16, COPY),
        Kernel::Triad { n16, .. } => stream(48 * n16, TRIAD),
        Kernel::Fill { n, .. } => stream(8 * n, WRITE),
        Kernel::Verify { n, .. } => stream(8 * n, READ * 0.97),
        Kernel::Ring { lines, .. } => stream(32 * u64::from(*lines), WRITE),
        Kernel::Chase { steps, ring, .. } => {
            let cycles = f64::from(*steps) * latency_cycles(gpu, device.ring_bytes(*ring));
            cycles * 1e3 / clock
        }
        Kernel::ChaseMap { steps, lines, .. } => {
            f64::from(*steps) * 1.2 * latency_cycles(gpu, 128 * u64::from(*lines)) * 1e3 / clock
        }
        Kernel::Census { spin, .. } => *spin as f64 * 1e3 / clock * waves(shape, gpu.sms * 32),
        Kernel::Heartbeat { duration_ns, .. } => *duration_ns as f64,
        Kernel::Fma { double, iterations, .. } => fma(gpu, *double, *iterations, shape, clock),
        Kernel::Gemm {
            kernel, shape: size, ..
        } => product(gpu, kernel, *size, shape, clock),
    };
    work.max(KERNEL_NS)
}

fn waves(shape: Shape, resident: u32) -> f64 {
    (shape.blocks() as f64 / f64::from(resident)).ceil().max(1.0)
}

/// Reading what fits the L2 cache runs at its rate, the rest at the memory's.
fn read(gpu: &Hardware, bytes: u64) -> f64 {
    let hits = hit_share(gpu, bytes);
    let bytes = bytes as f64;
    bytes * hits / gpu.l2_gbps + bytes * (1.0 - hits) / (gpu.bandwidth_gbps * READ)
}

fn hit_share(gpu: &Hardware, bytes: u64) -> f64 {
    let cache = gpu.l2_mib * f64::from(1 << 20) * 0.95;
    let size = bytes as f64;
    if size <= cache { 1.0 } else { (cache / size).powi(3) }
}

/// Cycles of one dependent load over a ring of that many bytes.
pub fn latency_cycles(gpu: &Hardware, bytes: u64) -> f64 {
    let hits = hit_share(gpu, bytes);
    gpu.l2_cycles * hits + gpu.dram_cycles * (1.0 - hits)
}

fn fma(gpu: &Hardware, double: bool, iterations: i32, shape: Shape, clock: f64) -> f64 {
    let flop = 2.0 * f64::from(FMA_CHAINS) * f64::from(iterations.max(0)) * (shape.blocks() * shape.threads()) as f64;
    let rate = if double { gpu.rates.fp64 } else { gpu.rates.fp32 };
    let active = shape.blocks().min(u64::from(gpu.sms)) as f64;
    flop * 1e3 / (rate.max(0.5) * active * clock * 0.95)
}

fn product(gpu: &Hardware, kernel: &GemmKernel, [m, n, k]: [usize; 3], shape: Shape, clock: f64) -> f64 {
    let flop = 2.0 * m as f64 * n as f64 * k as f64;
    let rate = match kernel.precision {
        Precision::Bf16 => gpu.rates.bf16,
        Precision::Fp16 => gpu.rates.fp16,
        Precision::Fp8E4m3 => gpu.rates.fp8,
        Precision::Int8 => gpu.rates.int8,
        Precision::Tf32 => gpu.rates.tf32,
        Precision::Fp64 => gpu.rates.fp64_tensor,
    };
    let active = shape.blocks().min(u64::from(gpu.sms)) as f64;
    // A product that is small leaves multiprocessors without a tile.
    let tiles = (m as f64 / 128.0) * (n as f64 / 256.0);
    let share = (tiles / active).min(1.0);
    let wide = if kernel.input == Format::Fp64 { 1.05 } else { 1.0 };
    flop * 1e3 / (rate.max(0.5) * active * share * clock * gpu.efficiency * wide)
}

/// First moment from `at` on in our own turn.
pub fn own_turn(slices: Option<TimeSlices>, at: u64) -> u64 {
    let Some(slices) = slices else { return at };
    let (own, period) = (slices.own_us * 1000, (slices.own_us + slices.other_us) * 1000);
    if at % period < own {
        at
    } else {
        at.next_multiple_of(period)
    }
}

/// When `work` ns that begin at `start` (in our own turn) end.
pub fn stretch(slices: Option<TimeSlices>, start: u64, work: u64) -> u64 {
    let Some(slices) = slices else { return start + work };
    let (own, period) = (slices.own_us * 1000, (slices.own_us + slices.other_us) * 1000);
    let done = start % period;
    let total = done + work;
    start - done + (total / own) * period + total % own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::named;

    const SLICES: Option<TimeSlices> = Some(TimeSlices { own_us: 2, other_us: 3 });

    #[test]
    fn work_stops_while_the_other_has_the_gpu() {
        assert_eq!(own_turn(SLICES, 1_999), 1_999);
        assert_eq!(own_turn(SLICES, 2_000), 5_000);
        assert_eq!(stretch(SLICES, 1_000, 500), 1_500);
        assert_eq!(stretch(SLICES, 1_000, 1_500), 5_500);
        assert_eq!(stretch(SLICES, 5_000, 4_100), 15_100);
        assert_eq!(stretch(None, 7, 8), 15);
    }

    #[test]
    fn latency_is_that_of_the_cache_up_to_its_size_and_of_the_memory_far_above() {
        let gpu = named("h100-sxm").unwrap().real;
        assert_eq!(latency_cycles(&gpu, 40 << 20), gpu.l2_cycles);
        assert!(latency_cycles(&gpu, 200 << 20) > 0.95 * gpu.dram_cycles);
    }
}
