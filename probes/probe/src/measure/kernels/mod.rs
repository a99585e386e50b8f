//! Every kernel of the calling interface at small sizes against its model on the CPU: bit for bit where the model has
//! bits, by meaning where it has clocks.

mod compare;
mod generators;
mod latency;
mod memory;
mod node;
mod products;
mod registers;
mod result;
mod room;
pub(crate) mod timed;

pub(crate) use result::{Case, Checked, Ending, Planned};

use crate::device::{Device, DeviceError};
use gridproof_probe_kernels::Set;
use gridproof_probe_kernels::abi::{GEMMS, GemmKernel, MISC_KERNELS};
use gridproof_probe_protocol::work::mix64::mix64;
use std::time::Instant;

/// What a check needs beside the kernel.
pub(crate) struct Bench<'a> {
    /// The GPU.
    pub(crate) device: &'a Device,
    /// Fresh each run: keys of the data come from it.
    pub(crate) seed: u64,
    /// Whether the exact products are also compared with the CPU's at 2048³.
    pub(crate) large: bool,
}

impl Bench<'_> {
    /// A key for generated data, another for every purpose.
    fn key(&self, purpose: u64) -> u64 {
        mix64(self.seed ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// What a check of one kernel answers: its cases, or why there are none.
type Cases = Result<Vec<Case>, DeviceError>;

/// Names of all kernels, in the order of the checks: what others rest on comes first.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    MISC_KERNELS.iter().copied().chain(GEMMS.iter().map(|gemm| gemm.name))
}

/// Checks one kernel. A kernel that the GPU's image does not have is not run; every other error of the driver is the
/// kernel's failure, and whether the context outlives it is told by [`leaves_context`].
pub(crate) fn check(bench: &Bench<'_>, name: &str) -> (Checked, Option<DeviceError>) {
    let began = Instant::now();
    let gemm = GEMMS.iter().find(|gemm| gemm.name == name);
    let set = if gemm.is_some() { Set::Gemm } else { Set::Misc };
    let result = match gemm {
        Some(gemm) => product(bench, gemm),
        None => misc(bench, name),
    };
    let (ending, error) = match result {
        Ok(cases) => (Ending::Ran { cases }, None),
        Err(
            error @ (DeviceError::NoKernel(_) | DeviceError::NoProducts(_) | DeviceError::UnknownArchitecture { .. }),
        ) => {
            let reason = error.to_string();
            (Ending::NotRun { reason }, None)
        }
        Err(error) => {
            let text = error.to_string();
            (Ending::Failed { error: text }, Some(error))
        }
    };
    let checked = Checked {
        kernel: name.to_owned(),
        image: bench.device.image(set).unwrap_or("none").to_owned(),
        ending,
        seconds: began.elapsed().as_secs_f64(),
    };
    (checked, error)
}

/// Whether the process can go on after this error of a kernel. Only what the driver refuses before anything runs leaves
/// the context as it was; after any other error of a launch every call fails until the process ends.
pub(crate) fn leaves_context(error: &DeviceError) -> bool {
    /// Invalid value, out of memory, invalid handle, not found, too many resources for a launch, not supported.
    const REFUSED: [u32; 6] = [1, 2, 400, 500, 701, 801];
    match error {
        DeviceError::Driver { code, .. } => REFUSED.contains(code),
        DeviceError::Internal(_) => true,
        _ => false,
    }
}

fn product(bench: &Bench<'_>, gemm: &'static GemmKernel) -> Cases {
    bench
        .device
        .has_gemm()
        .map_err(|reason| DeviceError::NoProducts(reason.to_owned()))?;
    products::check(bench, gemm)
}

fn misc(bench: &Bench<'_>, name: &str) -> Cases {
    match name {
        "gp_fill_normal" => generators::normal(bench),
        "gp_fill_integers" => generators::integers(bench),
        "gp_fma_f32" => registers::fma(bench, false),
        "gp_fma_f64" => registers::fma(bench, true),
        "gp_linear_fill" => memory::linear_fill(bench),
        "gp_read" => memory::read(bench),
        "gp_write" => memory::write(bench),
        "gp_copy" => memory::copy(bench),
        "gp_triad" => memory::triad(bench),
        "gp_fill" => memory::fill(bench),
        "gp_verify" => memory::verify(bench),
        "gp_ring" => latency::ring(bench),
        "gp_chase" => latency::chase(bench),
        "gp_chase_map" => latency::chase_map(bench),
        "gp_noop" => node::noop(bench),
        "gp_blocker" => node::blocker(bench),
        "gp_census" => node::census(bench),
        "gp_heartbeat" => node::heartbeat(bench),
        other => Err(DeviceError::Internal(format!("{other} has no check"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_refuses_leaves_the_context_and_what_a_kernel_broke_does_not() {
        let error = |code| DeviceError::Driver {
            call: "cuStreamSynchronize",
            code,
            name: String::new(),
        };
        for code in [1, 2, 701] {
            assert!(leaves_context(&error(code)), "{code}");
        }
        // Illegal address, illegal instruction, misaligned address, launch failed, lost.
        for code in [700, 715, 716, 719, 999] {
            assert!(!leaves_context(&error(code)), "{code}");
        }
        assert!(!leaves_context(&DeviceError::Garbage("x".to_owned())));
    }

    #[test]
    fn every_kernel_of_the_interface_is_named_once() {
        let all: Vec<_> = names().collect();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), MISC_KERNELS.len() + GEMMS.len());
        assert_eq!(distinct.len(), all.len());
    }
}
