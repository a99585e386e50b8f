//! The time of one kernel alone, for whoever compares it with another program's on the same card.

use super::super::product::{Operands, marks, operations, speed_kernel};
use super::super::samples;
use super::super::statistics::median;
use crate::device::timing::{Plan, Timed, time};
use crate::device::{Device, DeviceError, Launch};
use gridproof_probe_kernels::abi::Format;
use gridproof_probe_protocol::report::Precision;
use gridproof_probe_protocol::samples::{Samples, Unit};
use gridproof_probe_protocol::work::mix64::mix64;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Work whose time is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// The speed product of a precision, a cube of `size`.
    Product(Precision),
    /// `gp_read` over `size` bytes.
    Read,
    /// `gp_write` over `size` bytes.
    Write,
    /// `gp_copy` of `size` bytes.
    Copy,
    /// `gp_triad` over three times `size` bytes.
    Triad,
}

/// What the operands of a product hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Data {
    /// Random-normal values, as the report's speeds are measured with.
    Normal,
    /// Small integers.
    Integers,
    /// Zeros.
    Zeros,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Which kernel.
    pub(crate) work: Work,
    /// Side of a product, or bytes of a buffer.
    pub(crate) size: u64,
    /// For about so long, ms, after a warm-up of a second.
    pub(crate) milliseconds: u64,
    /// Data of a product.
    pub(crate) data: Data,
    /// Blocks a multiprocessor of `gp_read`, instead of the usual number.
    pub(crate) blocks_per_sm: Option<u32>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// Name of the GPU as the driver gives it.
    pub(crate) gpu: String,
    /// Kernel and image.
    pub(crate) kernel: String,
    /// As asked.
    pub(crate) size: u64,
    /// As asked.
    pub(crate) data: Data,
    /// As asked.
    pub(crate) blocks_per_sm: Option<u32>,
    /// Launches between two events.
    pub(crate) launches_per_sample: u32,
    /// TFLOP/s or GB/s, with every sample.
    pub(crate) rate: Samples,
    /// Median clock of the multiprocessors, MHz, where the kernel left marks.
    pub(crate) sm_clock_mhz: Option<f64>,
    /// The host's clock over the device's.
    pub(crate) wall_over_events: f64,
}

/// Before the first sample, so that clocks have settled.
const WARM_UP: Duration = Duration::from_secs(1);
/// Length of a sample, s.
const SAMPLE_SECONDS: f64 = 0.04;
/// Samples at least and at most.
const SAMPLES: (u64, u64) = (5, 500);
/// Bytes of a u32 word of the kernels that move memory, 16 at a time.
const WORD16: u64 = 16;

/// Times one kernel.
pub(crate) fn measure(device: &Device, order: &Order) -> Result<Timing, DeviceError> {
    match order.work {
        Work::Product(precision) => product(device, order, precision),
        _ => streaming(device, order),
    }
}

fn plan(order: &Order) -> Plan {
    let samples = (order.milliseconds as f64 / 1e3 / SAMPLE_SECONDS) as u64;
    Plan {
        samples: samples.clamp(SAMPLES.0, SAMPLES.1) as u32,
        sample_seconds: SAMPLE_SECONDS,
        warm_up: WARM_UP,
    }
}

fn product(device: &Device, order: &Order, precision: Precision) -> Result<Timing, DeviceError> {
    let gemm = speed_kernel(precision)
        .ok_or_else(|| DeviceError::Internal(format!("no speed kernel of {precision:?} is listed")))?;
    device
        .has_gemm()
        .map_err(|reason| DeviceError::NoProducts(reason.to_owned()))?;
    let (_, kernel) = device.gemm_tile(gemm)?;
    let size = u32::try_from(order.size).unwrap_or(u32::MAX);
    let key = mix64(fastrand::u64(..));
    let operands = Operands::random(device, gemm, size, key)?;
    for (matrix, buffer) in operands.inputs().enumerate() {
        match order.data {
            Data::Normal => {}
            Data::Zeros => device.stream().fill_bytes(buffer, 0)?,
            Data::Integers => {
                let elements = order.size * order.size;
                let hi = if gemm.input == Format::Fp8E4m3 { 3 } else { 15 };
                let fill = device.fill_integers(buffer.address(), elements, key, matrix as u32, gemm.input, hi)?;
                device.stream().launch(&fill)?;
            }
        }
    }
    let mark = marks(device, 1)?;
    let launches = operands.launches(device, mark.address())?;
    let timed = time(device, &plan(order), Some(&mark), &mut |stream, index| {
        stream.launch(&launches[index as usize % launches.len()])
    })?;
    answer(
        device,
        order,
        kernel,
        operations(size),
        &timed,
        Unit::TeraFlopPerSecond,
        1e12,
    )
}

fn streaming(device: &Device, order: &Order) -> Result<Timing, DeviceError> {
    let bytes = order.size / WORD16 * WORD16;
    if bytes == 0 {
        return Err(DeviceError::Internal("a buffer needs at least 16 bytes".to_owned()));
    }
    let buffers = match order.work {
        Work::Triad => 3,
        Work::Copy => 2,
        _ => 1,
    };
    let held: Vec<_> = (0..buffers).map(|_| device.alloc(bytes)).collect::<Result<_, _>>()?;
    for buffer in &held {
        device
            .stream()
            .launch(&device.linear_fill(buffer.address(), bytes / 4, 1, 0)?)?;
    }
    let sum = device.alloc(WORD16)?;
    let at = |index: usize| held[index].address();
    let n16 = bytes / WORD16;
    let (name, launch): (&str, Launch) = match (order.work, order.blocks_per_sm) {
        (Work::Write, _) => ("gp_write", device.write_words(at(0), n16, 1, 0)?),
        (Work::Copy, _) => ("gp_copy", device.copy_words(at(1), at(0), n16, 0)?),
        (Work::Triad, _) => ("gp_triad", device.triad([at(0), at(1), at(2)], 0.5, n16, 0)?),
        (_, Some(blocks)) => ("gp_read", device.read_words_by(blocks, [at(0), n16, sum.address()])?),
        (_, None) => ("gp_read", device.read_words(at(0), n16, sum.address(), 0)?),
    };
    let timed = time(device, &plan(order), None, &mut |stream, _| stream.launch(&launch))?;
    let image = device.image(gridproof_probe_kernels::Set::Misc).unwrap_or("none");
    let moved = (bytes * buffers) as f64;
    answer(
        device,
        order,
        format!("{name}@{}", image.trim_end_matches(".cubin").trim_end_matches(".ptx")),
        moved,
        &timed,
        Unit::GigabytePerSecond,
        1e9,
    )
}

fn answer(
    device: &Device,
    order: &Order,
    kernel: String,
    amount: f64,
    timed: &Timed,
    unit: Unit,
    scale: f64,
) -> Result<Timing, DeviceError> {
    let rates = timed.seconds.iter().map(|seconds| amount / seconds / scale).collect();
    Ok(Timing {
        gpu: device.facts().name.clone(),
        kernel,
        size: order.size,
        data: order.data,
        blocks_per_sm: order.blocks_per_sm,
        launches_per_sample: timed.launches_per_sample,
        rate: samples(unit, rates)?,
        sm_clock_mhz: median(&timed.sm_clock_mhz),
        wall_over_events: timed.wall_over_events,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_fill_the_time_that_was_asked_for() {
        let order = |milliseconds| Order {
            work: Work::Read,
            size: 1 << 30,
            milliseconds,
            data: Data::Normal,
            blocks_per_sm: None,
        };
        assert_eq!(plan(&order(2_000)).samples, 50);
        assert_eq!(plan(&order(0)).samples, 5);
        assert_eq!(plan(&order(u64::MAX)).samples, 500);
    }
}
