//! The product and reading while all other GPUs of the node do the same.

use super::product::{Operands, operations, speed_kernel, speed_size};
use super::statistics::median;
use super::{MeasureContext, shares};
use crate::device::{Buffer, Device, DeviceError, Event, Launch};
use gridproof_probe_protocol::report::Precision;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// Wanted size of what is read, bytes.
const READ_BYTES: u64 = 4 << 30;
/// Below, the caches are measured, bytes.
const MIN_READ_BYTES: u64 = 256 << 20;
/// Left to the driver, bytes.
const RESERVE_BYTES: u64 = 256 << 20;
/// A window of work between two events lasts about this long, so that the host need not hurry.
const WINDOW: Duration = Duration::from_millis(50);
/// Launches of a window at most.
const MAX_LAUNCHES: u32 = 256;
/// Of the key of this measurement.
const PURPOSE: u64 = 0x746f_6765;

/// What one GPU did while the others worked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ran {
    /// Begin by CLOCK_MONOTONIC, ns.
    pub(crate) from_ns: u64,
    /// End.
    pub(crate) to_ns: u64,
    /// The product, median TFLOP/s.
    pub(crate) gemm: Option<f64>,
    /// Reading, median GB/s.
    pub(crate) read: Option<f64>,
}

/// Everything allocated, filled and run once: ready to start.
#[derive(Debug)]
pub(crate) struct Prepared {
    // The launches refer to the memory below them.
    products: Option<(Vec<Launch>, f64)>,
    reading: Option<(Launch, f64)>,
    _operands: Option<Operands>,
    _memory: Option<[Buffer; 2]>,
    length: Duration,
}

/// Allocates and warms up. A GPU without a product kernel of ours only reads.
pub(crate) fn prepare(device: &Device, context: &MeasureContext<'_>) -> Result<Prepared, DeviceError> {
    let operands = if device.has_gemm().is_ok() {
        operands(device, context)?
    } else {
        None
    };
    let products = match &operands {
        Some((operands, size)) => Some((operands.launches(device, 0)?, operations(*size) / 1e12)),
        None => None,
    };
    let memory = reading_memory(device)?;
    let reading = match &memory {
        Some([data, sum]) => {
            let launch = device.read_words(data.address(), data.bytes() / 16, sum.address(), 0)?;
            Some((launch, data.bytes() as f64 / 1e9))
        }
        None => None,
    };
    for launch in products
        .iter()
        .flat_map(|(launches, _)| launches)
        .chain(reading.iter().map(|(launch, _)| launch))
    {
        device.run(launch)?;
    }
    Ok(Prepared {
        products,
        reading,
        _operands: operands.map(|(operands, _)| operands),
        _memory: memory,
        length: context.pick(Duration::from_secs(2), Duration::from_secs(10)),
    })
}

/// Works for the fixed time: the product for the first half, reading for the second.
pub(crate) fn run(device: &Device, prepared: &Prepared) -> Result<Ran, DeviceError> {
    let half = prepared.length / 2;
    let from_ns = monotonic_ns();
    let gemm = match &prepared.products {
        Some((launches, work)) => rate(device, launches, *work, half)?,
        None => None,
    };
    let read = match &prepared.reading {
        Some((launch, work)) => rate(device, std::slice::from_ref(launch), *work, half)?,
        None => None,
    };
    Ok(Ran {
        from_ns,
        to_ns: monotonic_ns(),
        gemm,
        read,
    })
}

/// Operands of the 16-bit product that this GPU has a kernel for, and its size.
fn operands(device: &Device, context: &MeasureContext<'_>) -> Result<Option<(Operands, u32)>, DeviceError> {
    for precision in [Precision::Bf16, Precision::Fp16] {
        let Some(gemm) = speed_kernel(precision) else { continue };
        let size = speed_size(precision);
        match Operands::random(device, gemm, size, context.key(PURPOSE)) {
            Ok(operands) => return Ok(Some((operands, size))),
            Err(error) if error.is_out_of_memory() => return Ok(None),
            Err(DeviceError::NoKernel(_) | DeviceError::UnknownArchitecture { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// What is read, and where its sum goes; `None` on a GPU that is full.
fn reading_memory(device: &Device) -> Result<Option<[Buffer; 2]>, DeviceError> {
    let sum = device.alloc(16)?;
    device.stream().fill_bytes(&sum, 0)?;
    let mut bytes = shares::round_down(
        READ_BYTES.min(device.memory()?.0.saturating_sub(RESERVE_BYTES)),
        1 << 20,
    );
    while bytes >= MIN_READ_BYTES {
        match device.alloc(bytes) {
            Ok(data) => {
                device.stream().fill_bytes(&data, 0x5a)?;
                return Ok(Some([data, sum]));
            }
            Err(error) if error.is_out_of_memory() => bytes = shares::round_down(bytes / 2, 1 << 20),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Median of `work` a second over windows that follow each other without a pause; two are always queued.
fn rate(device: &Device, launches: &[Launch], work: f64, length: Duration) -> Result<Option<f64>, DeviceError> {
    let stream = device.stream();
    let begin = Instant::now();
    device.run(&launches[0])?;
    let count = launches_per_window(begin.elapsed());
    let points: [Event; 3] = [device.event()?, device.event()?, device.event()?];
    stream.record(&points[0])?;
    let mut rates = Vec::new();
    let mut window = 0;
    while begin.elapsed() < length {
        for index in 0..count {
            stream.launch(&launches[(window + index as usize) % launches.len()])?;
        }
        stream.record(&points[(window + 1) % 3])?;
        if window > 0 {
            points[window % 3].synchronize()?;
            rates.extend(speed(
                points[(window - 1) % 3].seconds_until(&points[window % 3])?,
                count,
                work,
            ));
        }
        window += 1;
    }
    stream.synchronize()?;
    if window > 0 {
        rates.extend(speed(
            points[(window - 1) % 3].seconds_until(&points[window % 3])?,
            count,
            work,
        ));
    }
    Ok(median(&rates))
}

fn speed(seconds: f64, count: u32, work: f64) -> Option<f64> {
    (seconds > 0.0).then(|| f64::from(count) * work / seconds)
}

/// So many that a window lasts about as long as it should.
fn launches_per_window(once: Duration) -> u32 {
    let needed = WINDOW.as_nanos() / once.as_nanos().max(1);
    u32::try_from(needed).unwrap_or(MAX_LAUNCHES).clamp(1, MAX_LAUNCHES)
}

/// The clock that all processes of the node share.
fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_enough_work_and_never_fills_the_queue() {
        assert_eq!(launches_per_window(Duration::from_millis(2)), 25);
        assert_eq!(launches_per_window(Duration::from_secs(3)), 1);
        assert_eq!(launches_per_window(Duration::ZERO), MAX_LAUNCHES);
    }

    #[test]
    fn the_shared_clock_goes_forward() {
        let before = monotonic_ns();
        assert!(before > 0 && monotonic_ns() >= before);
    }

    #[test]
    fn no_time_is_no_speed() {
        assert_eq!(speed(0.0, 3, 1.0), None);
        assert_eq!(speed(0.5, 3, 2.0), Some(12.0));
    }
}
