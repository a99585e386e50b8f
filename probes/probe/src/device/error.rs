//! What can go wrong between the probe and the driver, and what it means for the run.

use crate::worker::wire::FailureKind;

/// Codes of the driver after which nothing more can be had from this GPU: device unavailable (46), driver shut down (4),
/// no or invalid device after it had been opened (100, 101), uncorrectable memory or link error (214, 220), contained
/// memory error (226), destroyed context (709), hardware stack error (714), launch failed (719: what a GPU that left the
/// bus answers), external device (911), unknown (999: likewise).
const LOST: [u32; 12] = [4, 46, 100, 101, 214, 220, 226, 709, 714, 719, 911, 999];
/// `CUDA_ERROR_OUT_OF_MEMORY`.
const OUT_OF_MEMORY: u32 = 2;
/// `CUDA_ERROR_NO_DEVICE`.
const NO_DEVICE: u32 = 100;
/// `CUDA_ERROR_DEVICE_UNAVAILABLE`.
const UNAVAILABLE: u32 = 46;
/// `CUDA_ERROR_STUB_LIBRARY`: a toolkit's stand-in for linking, no driver.
const STUB: u32 = 34;
/// The driver is older than the kernel module or than the calls: newer driver required, mismatch, not supported on this
/// device.
const OLD: [u32; 3] = [36, 803, 804];
/// The driver takes no such image: invalid image, no binary for this GPU, invalid intermediate code, no compiler in the
/// driver, intermediate code newer than the driver, compiling switched off, invalid source.
const IMAGE_REFUSED: [u32; 7] = [200, 209, 218, 221, 222, 223, 300];
/// `CUDA_ERROR_NOT_SUPPORTED` and the refusals of graph capture.
const NOT_SUPPORTED: [u32; 3] = [801, 900, 901];

/// Error of the device layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeviceError {
    /// No driver library on this machine.
    #[error("no NVIDIA driver: libcuda.so.1 is not found or does not load")]
    NoDriver,
    /// The driver is older than the kernels.
    #[error("the driver knows CUDA {}.{} only, the kernels need {}.{}", found / 1000, found % 1000 / 10, needed / 1000, needed % 1000 / 10)]
    OldDriver {
        /// What it knows, 1000 × major + 10 × minor.
        found: i32,
        /// What is needed, the same way.
        needed: i32,
    },
    /// The driver lacks a function that every driver of the needed version has.
    #[error("the driver has no function {0}")]
    MissingSymbol(&'static str),
    /// The driver sees no GPU.
    #[error("the driver sees no GPU")]
    NoGpu,
    /// No image of ours loads.
    #[error("no kernel image of this probe runs on this GPU (compute capability {}.{}): {tried}", reported.0, reported.1)]
    UnknownArchitecture {
        /// Compute capability that the driver reports.
        reported: (i32, i32),
        /// What was tried, for a reader.
        tried: String,
    },
    /// This GPU's image has no such kernel.
    #[error("no kernel {0} for this architecture")]
    NoKernel(String),
    /// There are no tensor kernels of ours for this GPU; why not.
    #[error("{0}")]
    NoProducts(String),
    /// A call of the driver failed.
    #[error("{call}: {name} ({code})")]
    Driver {
        /// The call.
        call: &'static str,
        /// The driver's code.
        code: u32,
        /// The driver's name for it.
        name: String,
    },
    /// The driver answered what cannot be.
    #[error("the driver answers nonsense: {0}")]
    Garbage(String),
    /// An error of ours.
    #[error("{0}")]
    Internal(String),
}

impl DeviceError {
    /// What the error means for the run.
    pub(crate) fn kind(&self) -> FailureKind {
        match self {
            Self::NoDriver => FailureKind::NoDriver,
            Self::OldDriver { .. } | Self::MissingSymbol(_) => FailureKind::OldDriver,
            Self::NoGpu => FailureKind::NoGpu,
            Self::UnknownArchitecture { .. } | Self::NoKernel(_) | Self::NoProducts(_) => {
                FailureKind::UnknownArchitecture
            }
            Self::Driver { code, .. } if *code == STUB => FailureKind::NoDriver,
            Self::Driver { code, .. } if OLD.contains(code) => FailureKind::OldDriver,
            // Nothing can be lost before there was something.
            Self::Driver { call, code, .. } if *call == "cuInit" => match *code {
                NO_DEVICE => FailureKind::NoGpu,
                _ => FailureKind::Driver,
            },
            // In use by another process that wants it for itself.
            Self::Driver { call, code, .. } if *call == "cuDevicePrimaryCtxRetain" && *code == UNAVAILABLE => {
                FailureKind::Driver
            }
            Self::Driver { code, .. } if LOST.contains(code) => FailureKind::GpuLost,
            Self::Driver { .. } => FailureKind::Driver,
            Self::Garbage(_) => FailureKind::Garbage,
            Self::Internal(_) => FailureKind::Internal,
        }
    }

    /// Whether going on with other measurements on this GPU makes no sense.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.kind(), FailureKind::GpuLost | FailureKind::Garbage)
    }

    /// Whether memory ran out, which an attempt to take all of it expects.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Driver { code, .. } if *code == OUT_OF_MEMORY)
    }

    /// Whether the driver refuses an image because of what it is or for what it was built.
    pub(crate) fn is_image_refused(&self) -> bool {
        matches!(self, Self::Driver { code, .. } if IMAGE_REFUSED.contains(code))
    }

    /// Whether the driver cannot do this at all (graphs on an odd driver, peer access), which is no fault.
    pub(crate) fn is_not_supported(&self) -> bool {
        matches!(self, Self::Driver { code, .. } if NOT_SUPPORTED.contains(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(call: &'static str, code: u32) -> DeviceError {
        DeviceError::Driver {
            call,
            code,
            name: "NAME".to_owned(),
        }
    }

    #[test]
    fn a_gpu_that_fell_off_the_bus_is_lost_and_a_wrong_argument_is_not() {
        for code in [46, 214, 719, 999] {
            assert_eq!(driver("cuLaunchKernel", code).kind(), FailureKind::GpuLost, "{code}");
            assert!(driver("cuLaunchKernel", code).is_final());
        }
        for code in [1, 2, 400, 700, 701, 702] {
            assert_eq!(driver("cuLaunchKernel", code).kind(), FailureKind::Driver, "{code}");
        }
    }

    #[test]
    fn no_device_at_the_start_is_no_gpu_and_later_a_lost_one() {
        assert_eq!(driver("cuInit", 100).kind(), FailureKind::NoGpu);
        assert_eq!(driver("cuMemAlloc", 100).kind(), FailureKind::GpuLost);
        assert_eq!(
            driver("cuInit", 999).kind(),
            FailureKind::Driver,
            "a container without the devices"
        );
        assert_eq!(
            driver("cuDevicePrimaryCtxRetain", 46).kind(),
            FailureKind::Driver,
            "taken by another"
        );
        assert_eq!(driver("cuInit", 34).kind(), FailureKind::NoDriver);
        assert_eq!(driver("cuInit", 803).kind(), FailureKind::OldDriver);
    }

    #[test]
    fn versions_read_as_people_write_them() {
        let error = DeviceError::OldDriver {
            found: 11040,
            needed: 12000,
        };
        assert_eq!(
            error.to_string(),
            "the driver knows CUDA 11.4 only, the kernels need 12.0"
        );
        assert_eq!(error.kind(), FailureKind::OldDriver);
    }

    #[test]
    fn a_refused_image_is_no_lost_gpu() {
        for code in IMAGE_REFUSED {
            assert!(driver("cuModuleLoadData", code).is_image_refused());
            assert_eq!(driver("cuModuleLoadData", code).kind(), FailureKind::Driver);
        }
        assert!(!driver("cuModuleLoadData", 999).is_image_refused());
    }
}
