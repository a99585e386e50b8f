//! Speed of matrix products, by precision.

use super::product::{Operands, marks, operations, speed_kernel, speed_size};
use super::statistics::{median, per_sm_per_clock};
use super::{MeasureContext, samples};
use crate::device::timing::{Plan, Timed, time};
use crate::device::{Device, DeviceError};
use gridproof_probe_protocol::report::{Gemm, Precision};
use gridproof_probe_protocol::samples::Unit;
use std::time::Duration;

/// Every precision of the report, for the tests that nothing is forgotten.
#[cfg(test)]
pub(crate) const PRECISIONS: [Precision; 6] = [
    Precision::Bf16,
    Precision::Fp16,
    Precision::Fp8E4m3,
    Precision::Int8,
    Precision::Tf32,
    Precision::Fp64,
];

/// One precision; `NoKernel` where this GPU's image has none for it.
pub(crate) fn one(device: &Device, context: &MeasureContext<'_>, precision: Precision) -> Result<Gemm, DeviceError> {
    let gemm = speed_kernel(precision)
        .ok_or_else(|| DeviceError::Internal(format!("no speed kernel of {precision:?} is listed")))?;
    let (_, kernel) = device.gemm_tile(gemm)?;
    let size = speed_size(precision);
    let operands = Operands::random(device, gemm, size, context.key(precision as u64))?;
    let mark = marks(device, 1)?;
    let launches = operands.launches(device, mark.address())?;
    let warm_up = context.pick(Duration::from_secs(1), Duration::from_secs(3));
    let plan = Plan::new(context.mode, warm_up);
    let timed = time(device, &plan, Some(&mark), &mut |stream, index| {
        stream.launch(&launches[index as usize % launches.len()])
    })?;
    report(precision, kernel, size, timed, context.multiprocessors(device))
}

fn report(
    precision: Precision,
    kernel: String,
    size: u32,
    timed: Timed,
    multiprocessors: u32,
) -> Result<Gemm, DeviceError> {
    let tflops: Vec<f64> = timed
        .seconds
        .iter()
        .map(|seconds| operations(size) / seconds / 1e12)
        .collect();
    let clock = median(&timed.sm_clock_mhz);
    let tflops = samples(Unit::TeraFlopPerSecond, tflops)?;
    Ok(Gemm {
        precision,
        kernel,
        m: size,
        n: size,
        k: size,
        launches_per_sample: timed.launches_per_sample,
        flop_per_sm_per_clock: clock.and_then(|clock| per_sm_per_clock(tflops.median, multiprocessors, clock)),
        tflops,
        sm_clock_mhz: clock
            .map(|_| samples(Unit::Megahertz, timed.sm_clock_mhz))
            .transpose()?,
        wall_over_events: timed.wall_over_events,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn speed_is_operations_over_time_and_the_rate_takes_the_measured_clock() {
        let timed = Timed {
            launches_per_sample: 14,
            seconds: vec![1.4e-3, 1.4e-3],
            wall_over_events: 1.001,
            sm_clock_mhz: vec![1600.0, 1600.0],
        };
        let gemm = report(Precision::Bf16, "k@i".to_owned(), 8192, timed.clone(), 132).unwrap();
        assert!((gemm.tflops.median - 785.4).abs() < 0.1, "{}", gemm.tflops.median);
        assert!((gemm.flop_per_sm_per_clock.unwrap() - 3718.7).abs() < 1.0);
        let unmarked = report(
            Precision::Bf16,
            "k".to_owned(),
            8192,
            Timed {
                sm_clock_mhz: vec![],
                ..timed
            },
            132,
        )
        .unwrap();
        assert_eq!((unmarked.sm_clock_mhz, unmarked.flop_per_sm_per_clock), (None, None));
    }
}
