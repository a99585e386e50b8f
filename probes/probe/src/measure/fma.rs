//! Multiply-adds from registers. A rate alone says nothing (it can be far above what the memory feeds), but the ratio of
//! fp64 to fp32 at one clock is a property of the chip.

use super::statistics::{median, per_sm_per_clock};
use super::{MeasureContext, product, samples};
use crate::device::timing::{Plan, Timed, estimate, time};
use crate::device::{Device, DeviceError, Launch};
use gridproof_probe_kernels::abi::FMA_CHAINS;
use gridproof_probe_protocol::report::FmaRatios;
use gridproof_probe_protocol::samples::Unit;
use std::time::Duration;

/// Iterations of the run that tells how many are needed.
const TRIAL_ITERATIONS: i32 = 512;
/// Length of one launch, s.
const LAUNCH_SECONDS: f64 = 0.005;
/// Iterations at most.
const MAX_ITERATIONS: f64 = 4_000_000.0;
/// Before the first sample of each.
const WARM_UP: Duration = Duration::from_millis(500);

/// Rate of one of the two kernels.
struct Rate {
    tflops: Vec<f64>,
    clock_mhz: Option<f64>,
}

/// fp32 and fp64.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<FmaRatios, DeviceError> {
    let out = device.alloc(device.fma_threads() * 8)?;
    let mark = product::marks(device, 1)?;
    let (address, mark_address) = (out.address(), mark.address());
    let single = rate(device, context, &mark, &|iterations| {
        device.fma_f32(address, iterations, mark_address)
    })?;
    (context.progress)(0.5);
    let double = rate(device, context, &mark, &|iterations| {
        device.fma_f64(address, iterations, mark_address)
    })?;
    report(single, double, context.multiprocessors(device))
}

fn rate(
    device: &Device,
    context: &MeasureContext<'_>,
    mark: &crate::device::Buffer,
    kernel: &dyn Fn(i32) -> Result<Launch, DeviceError>,
) -> Result<Rate, DeviceError> {
    let trial = kernel(TRIAL_ITERATIONS)?;
    device.run(&trial)?;
    let once = estimate(device, &mut |stream, _| stream.launch(&trial))?;
    let iterations = iterations(once);
    let launch = kernel(iterations)?;
    let plan = Plan::new(context.mode, WARM_UP);
    let timed = time(device, &plan, Some(mark), &mut |stream, _| stream.launch(&launch))?;
    let operations = operations(device.fma_threads(), iterations);
    Ok(rate_of(operations, &timed))
}

fn rate_of(operations: f64, timed: &Timed) -> Rate {
    Rate {
        tflops: timed
            .seconds
            .iter()
            .map(|seconds| operations / seconds / 1e12)
            .collect(),
        clock_mhz: median(&timed.sm_clock_mhz),
    }
}

/// So many that a launch lasts about [`LAUNCH_SECONDS`], from the time of the trial.
fn iterations(trial_seconds: f64) -> i32 {
    let needed = f64::from(TRIAL_ITERATIONS) * LAUNCH_SECONDS / trial_seconds.max(1e-9);
    needed.clamp(f64::from(TRIAL_ITERATIONS), MAX_ITERATIONS) as i32
}

/// Of one launch; a multiply-add counts as two.
fn operations(threads: u64, iterations: i32) -> f64 {
    threads as f64 * f64::from(iterations) * f64::from(FMA_CHAINS) * 2.0
}

fn report(single: Rate, double: Rate, multiprocessors: u32) -> Result<FmaRatios, DeviceError> {
    let fp32_tflops = samples(Unit::TeraFlopPerSecond, single.tflops)?;
    let fp64_tflops = samples(Unit::TeraFlopPerSecond, double.tflops)?;
    let per_clock =
        |tflops: f64, clock: Option<f64>| clock.and_then(|mhz| per_sm_per_clock(tflops, multiprocessors, mhz));
    let fp32_per_sm_per_clock = per_clock(fp32_tflops.median, single.clock_mhz);
    let fp64_per_sm_per_clock = per_clock(fp64_tflops.median, double.clock_mhz);
    // At one clock where both are known: doubles can draw more power and run at a lower one.
    let fp64_over_fp32 = match (fp32_per_sm_per_clock, fp64_per_sm_per_clock) {
        (Some(single), Some(double)) => double / single,
        _ => fp64_tflops.median / fp32_tflops.median,
    };
    if !fp64_over_fp32.is_finite() {
        return Err(DeviceError::Garbage("multiply-adds in no time".to_owned()));
    }
    Ok(FmaRatios {
        fp32_tflops,
        fp64_tflops,
        fp32_per_sm_per_clock,
        fp64_per_sm_per_clock,
        fp64_over_fp32,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_launch_is_long_enough_to_hide_its_ends_and_bounded() {
        assert_eq!(iterations(5e-5), 51_200);
        assert_eq!(iterations(10.0), TRIAL_ITERATIONS, "slow doubles are not made slower");
        assert_eq!(iterations(0.0), MAX_ITERATIONS as i32);
    }

    #[test]
    fn the_ratio_does_not_depend_on_the_clock() {
        let rate = |tflops: f64, mhz| Rate {
            tflops: vec![tflops],
            clock_mhz: Some(mhz),
        };
        let ratios = report(rate(60.0, 1900.0), rate(30.0 * 1500.0 / 1900.0, 1500.0), 132).unwrap();
        assert!((ratios.fp64_over_fp32 - 0.5).abs() < 1e-9, "{}", ratios.fp64_over_fp32);
        assert!((ratios.fp32_per_sm_per_clock.unwrap() - 239.2).abs() < 0.1);
        let unmarked = |tflops| Rate {
            tflops: vec![tflops],
            clock_mhz: None,
        };
        let ratios = report(unmarked(64.0), unmarked(1.0), 128).unwrap();
        assert_eq!(
            (ratios.fp64_over_fp32, ratios.fp32_per_sm_per_clock),
            (1.0 / 64.0, None)
        );
    }
}
