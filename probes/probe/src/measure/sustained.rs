//! The product again and again: what is left of the speed when the chip is hot and the power limit holds.

use super::product::{Operands, marks, operations, speed_kernel, speed_size};
use super::statistics::{last_over_first, p5_over_median};
use super::{MeasureContext, samples};
use crate::device::timing::{estimate, megahertz, read_mark};
use crate::device::{Device, DeviceError, Event, Launch};
use gridproof_probe_kernels::abi::GemmKernel;
use gridproof_probe_protocol::report::{Precision, Sustained};
use gridproof_probe_protocol::samples::Unit;
use std::time::{Duration, Instant};

/// Formats in the order in which they stand for a GPU: the first that its image has.
const PRECISIONS: [Precision; 2] = [Precision::Bf16, Precision::Fp16];
/// Length of one window, s; a little over the half second that the report promises.
const WINDOW_SECONDS: f64 = 0.55;
/// Windows at most, should the first estimate be far off.
const MAX_WINDOWS: usize = 512;
/// Launches of one window at most: two windows are in the driver's queue, which holds about a thousand.
const MAX_LAUNCHES: f64 = 500.0;
/// Launches before the windows are laid out, so that the estimate is of a warm GPU.
const WARM_LAUNCHES: usize = 20;

/// One window.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    launches: u32,
    seconds: f64,
    clock_mhz: Option<f64>,
}

/// 10 seconds in quick mode, 60 in full.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<Sustained, DeviceError> {
    device
        .has_gemm()
        .map_err(|reason| DeviceError::NoProducts(reason.to_owned()))?;
    let gemm = kernel(device)?;
    let size = speed_size(gemm.precision);
    let operands = Operands::random(device, gemm, size, context.key(gemm.precision as u64))?;
    let launches = operands.launches(device, 0)?;
    let per_window = launches_per_window(warm_estimate(device, &launches)?);
    let length = context.pick(Duration::from_secs(10), Duration::from_secs(60));

    let energy = context.sampler.energy_mj();
    let sampling = context.sampler.start();
    let run = windows(device, context, &operands, &launches, per_window, length);
    let nvml = sampling.stop();
    let energy_mj = energy
        .zip(context.sampler.energy_mj())
        .and_then(|(from, to)| to.checked_sub(from));
    let (windows, wall) = run?;
    let figures = Sustained {
        nvml,
        energy_mj,
        ..report(gemm.precision, size, &windows, wall)?
    };
    Ok(figures)
}

/// The first of [`PRECISIONS`] that this GPU's image has.
fn kernel(device: &Device) -> Result<&'static GemmKernel, DeviceError> {
    for gemm in PRECISIONS.into_iter().filter_map(speed_kernel) {
        match device.gemm_tile(gemm) {
            Ok(_) => return Ok(gemm),
            Err(DeviceError::NoKernel(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(DeviceError::NoKernel("for sustained products".to_owned()))
}

/// Seconds of one product on a GPU that has worked for a moment.
fn warm_estimate(device: &Device, launches: &[Launch]) -> Result<f64, DeviceError> {
    let stream = device.stream();
    for launch in launches.iter().cycle().take(WARM_LAUNCHES) {
        stream.launch(launch)?;
    }
    stream.synchronize()?;
    estimate(device, &mut |stream, index| {
        stream.launch(&launches[index as usize % launches.len()])
    })
}

fn launches_per_window(once: f64) -> u32 {
    (WINDOW_SECONDS / once.max(1e-9)).ceil().clamp(1.0, MAX_LAUNCHES) as u32
}

/// Runs windows back to back, the next always queued before the last is waited for, until the host's clock says that the
/// time is over. Answers them and the time by the host's clock.
fn windows(
    device: &Device,
    context: &MeasureContext<'_>,
    operands: &Operands,
    launches: &[Launch],
    per_window: u32,
    length: Duration,
) -> Result<(Vec<Window>, f64), DeviceError> {
    let stream = device.stream();
    let marks = marks(device, MAX_WINDOWS as u64)?;
    let mut events: Vec<Event> = vec![device.event()?];
    let started = Instant::now();
    stream.record(&events[0])?;
    while started.elapsed() < length && events.len() <= MAX_WINDOWS {
        let window = events.len() - 1;
        // The last product of each window leaves the mark of its clock.
        for launch in launches.iter().cycle().take(per_window as usize - 1) {
            stream.launch(launch)?;
        }
        let address = marks.address() + window as u64 * gridproof_probe_kernels::abi::MARK_BYTES as u64;
        let marked = operands.launches(device, address)?;
        stream.launch(&marked[window % marked.len()])?;
        let end = device.event()?;
        stream.record(&end)?;
        if let Some(before) = window.checked_sub(1) {
            events[before + 1].synchronize()?;
        }
        events.push(end);
        (context.progress)((started.elapsed().as_secs_f64() / length.as_secs_f64()).min(1.0));
    }
    stream.synchronize()?;
    let wall = started.elapsed().as_secs_f64();
    let mut windows = Vec::new();
    for (index, pair) in events.windows(2).enumerate() {
        windows.push(Window {
            launches: per_window,
            seconds: pair[0].seconds_until(&pair[1])?,
            clock_mhz: megahertz(&read_mark(stream, &marks, index as u64)?)?,
        });
    }
    Ok((windows, wall))
}

fn report(precision: Precision, size: u32, windows: &[Window], wall: f64) -> Result<Sustained, DeviceError> {
    let events: f64 = windows.iter().map(|window| window.seconds).sum();
    if windows.is_empty() || windows.iter().any(|window| window.seconds <= 0.0) {
        return Err(DeviceError::Garbage("products in no time".to_owned()));
    }
    let tflops: Vec<f64> = windows
        .iter()
        .map(|window| f64::from(window.launches) * operations(size) / window.seconds / 1e12)
        .collect();
    let clocks: Vec<f64> = windows.iter().filter_map(|window| window.clock_mhz).collect();
    Ok(Sustained {
        precision,
        m: size,
        n: size,
        k: size,
        seconds: wall,
        last_over_first: last_over_first(&tflops),
        p5_over_median: p5_over_median(&tflops),
        tflops: samples(Unit::TeraFlopPerSecond, tflops)?,
        sm_clock_mhz: if clocks.is_empty() {
            None
        } else {
            Some(samples(Unit::Megahertz, clocks)?)
        },
        wall_over_events: wall / events,
        nvml: Vec::new(),
        energy_mj: None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_window_is_half_a_second_and_never_fills_the_queue() {
        let launches = launches_per_window(1.5e-3);
        assert!(f64::from(launches) * 1.5e-3 >= 0.5);
        assert_eq!(launches_per_window(0.0), 500);
        assert_eq!(launches_per_window(3.0), 1, "a slow GPU has longer windows");
    }

    #[test]
    fn throttling_shows_in_the_thirds_and_a_fast_device_clock_in_the_ratio() {
        let window = |seconds| Window {
            launches: 100,
            seconds,
            clock_mhz: Some(1500.0),
        };
        let windows: Vec<Window> = [0.5, 0.5, 0.5, 0.6, 1.0, 1.0].map(window).to_vec();
        let figures = report(Precision::Bf16, 8192, &windows, 4.1).unwrap();
        assert!((figures.last_over_first - 0.5).abs() < 1e-9);
        assert!((figures.wall_over_events - 1.0).abs() < 1e-9);
        assert_eq!(figures.sm_clock_mhz.map(|clocks| clocks.median), Some(1500.0));
        assert!((figures.tflops.max - 219.9).abs() < 0.1);
        let lying = report(Precision::Bf16, 8192, &windows, 8.2).unwrap();
        assert!((lying.wall_over_events - 2.0).abs() < 1e-9);
    }

    #[test]
    fn no_time_is_nonsense() {
        assert!(report(Precision::Bf16, 8192, &[], 1.0).is_err());
        let window = Window {
            launches: 1,
            seconds: 0.0,
            clock_mhz: None,
        };
        assert!(report(Precision::Bf16, 8192, &[window], 1.0).is_err());
    }
}
