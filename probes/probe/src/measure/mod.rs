//! The measurements of one GPU: each takes the opened device and answers a part of the report.
//!
//! An error that is final (`DeviceError::is_final`) ends the run on this GPU; any other becomes a failed outcome of its
//! own measurement, and the next one follows.

pub(crate) mod bandwidth;
pub(crate) mod capacity;
pub(crate) mod census;
pub(crate) mod exact;
pub(crate) mod fma;
pub(crate) mod gemm;
pub(crate) mod heartbeat;
mod held;
pub(crate) mod kernels;
mod knee;
pub(crate) mod l2;
pub(crate) mod launch;
pub(crate) mod links;
pub(crate) mod pcie;
pub(crate) mod product;
mod shares;
pub(crate) mod statistics;
pub(crate) mod sustained;
pub(crate) mod together;

use crate::device::{Device, DeviceError};
use gridproof_probe_protocol::report::{Mode, NvmlSample, Outcome};
use gridproof_probe_protocol::samples::{Samples, Unit};

/// What NVML says of one GPU. Implementations answer `None` where NVML has no answer, and never fail.
pub(crate) trait Sampler {
    /// One reading now; `at_ms` is 0.
    fn read(&self) -> NvmlSample;
    /// Energy counter, mJ since the driver was loaded.
    fn energy_mj(&self) -> Option<u64>;
    /// Begins to read ten times a second in a thread of its own; `at_ms` counts from here.
    fn start(&self) -> Box<dyn Sampling>;
}

/// Readings that are going on.
pub(crate) trait Sampling {
    /// Ends them and answers all, in order.
    fn stop(self: Box<Self>) -> Vec<NvmlSample>;
}

/// Where there is no NVML.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoSampler;

impl Sampler for NoSampler {
    fn read(&self) -> NvmlSample {
        NvmlSample::default()
    }

    fn energy_mj(&self) -> Option<u64> {
        None
    }

    fn start(&self) -> Box<dyn Sampling> {
        Box::new(Self)
    }
}

impl Sampling for NoSampler {
    fn stop(self: Box<Self>) -> Vec<NvmlSample> {
        Vec::new()
    }
}

/// What every measurement gets beside the device.
pub(crate) struct MeasureContext<'a> {
    /// How much is measured.
    pub(crate) mode: Mode,
    /// Fresh each run: keys of generated data come from it.
    pub(crate) seed: u64,
    /// Called now and then with the share of this measurement that is done, 0 to 1.
    pub(crate) progress: &'a dyn Fn(f64),
    /// Multiprocessors of the census, once it was taken.
    pub(crate) census_multiprocessors: Option<u32>,
    /// NVML.
    pub(crate) sampler: &'a dyn Sampler,
}

impl MeasureContext<'_> {
    /// Multiprocessors that really run: those of the census, else what the driver says.
    pub(crate) fn multiprocessors(&self, device: &Device) -> u32 {
        self.census_multiprocessors
            .filter(|count| *count > 0)
            .unwrap_or_else(|| device.multiprocessors())
    }

    /// `quick` or `full` by mode.
    pub(crate) fn pick<T>(&self, quick: T, full: T) -> T {
        match self.mode {
            Mode::Quick => quick,
            Mode::Full => full,
        }
    }

    /// A key for generated data, another for every `purpose`.
    pub(crate) fn key(&self, purpose: u64) -> u64 {
        gridproof_probe_protocol::work::mix64::mix64(self.seed ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// Samples of what was measured; values that are no numbers are the driver's nonsense.
pub(crate) fn samples(unit: Unit, values: Vec<f64>) -> Result<Samples, DeviceError> {
    Samples::new(unit, values).ok_or_else(|| DeviceError::Garbage(format!("no finite samples in {unit:?}")))
}

/// A measurement's outcome; errors after which nothing more can be measured go up.
pub(crate) fn outcome<T>(result: Result<T, DeviceError>) -> Result<Outcome<T>, DeviceError> {
    match result {
        Ok(result) => Ok(Outcome::Measured { result }),
        Err(
            error @ (DeviceError::NoKernel(_) | DeviceError::NoProducts(_) | DeviceError::UnknownArchitecture { .. }),
        ) => Ok(Outcome::not_measured(error.to_string())),
        Err(error) if error.is_final() => Err(error),
        Err(error) => Ok(Outcome::Failed {
            error: error.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_kernel_is_left_out_an_error_is_told_and_a_lost_gpu_ends_it() {
        let error = |code| DeviceError::Driver {
            call: "cuLaunchKernel",
            code,
            name: String::new(),
        };
        assert_eq!(outcome(Ok(1)), Ok(Outcome::Measured { result: 1 }));
        let left_out = outcome::<()>(Err(DeviceError::NoKernel("gp_x".to_owned())));
        assert!(matches!(left_out, Ok(Outcome::NotMeasured { .. })));
        assert!(matches!(outcome::<()>(Err(error(1))), Ok(Outcome::Failed { .. })));
        assert_eq!(outcome::<()>(Err(error(719))), Err(error(719)));
    }
}
