//! Operands of a product on the device: several sets, so that none of them stays in the L2 cache.

use crate::device::{Buffer, Device, DeviceError, Launch, Product, element_bytes};
use gridproof_probe_kernels::abi::{GEMMS, GemmKernel, GemmRole, MARK_BYTES};
use gridproof_probe_protocol::report::Precision;

/// Sets of operands that are used in turn.
pub(crate) const SETS: usize = 3;
/// m, n and k of the products whose speed is measured.
pub(crate) const SIZE: u32 = 8192;
/// The same for doubles: on GPUs with 1/64 of the rate one product of 8192 takes over a second.
const DOUBLE_SIZE: u32 = 4096;

/// The kernel whose speed stands for a precision.
pub(crate) fn speed_kernel(precision: Precision) -> Option<&'static GemmKernel> {
    GEMMS
        .iter()
        .find(|gemm| gemm.precision == precision && matches!(gemm.role, GemmRole::Speed | GemmRole::Both))
}

/// m, n and k of a precision's speed product.
pub(crate) fn speed_size(precision: Precision) -> u32 {
    if precision == Precision::Fp64 {
        DOUBLE_SIZE
    } else {
        SIZE
    }
}

/// Operations of one product, a multiply-add counting as two.
pub(crate) fn operations(size: u32) -> f64 {
    2.0 * f64::from(size).powi(3)
}

/// Sets of random-normal operands of a square product.
#[derive(Debug)]
pub(crate) struct Operands {
    gemm: &'static GemmKernel,
    size: u32,
    sets: Vec<[Buffer; 3]>,
}

impl Operands {
    /// Allocates and fills up to [`SETS`] sets; fewer where memory is short, an error where not even one fits.
    pub(crate) fn random(device: &Device, gemm: &'static GemmKernel, size: u32, key: u64) -> Result<Self, DeviceError> {
        // Before gigabytes are filled: is there such a kernel at all?
        device.gemm_tile(gemm)?;
        let mut sets = Vec::new();
        for _ in 0..SETS {
            match allocate(device, gemm, size) {
                Ok(set) => sets.push(set),
                Err(error) if error.is_out_of_memory() && !sets.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        let elements = u64::from(size) * u64::from(size);
        for (matrix, buffer) in sets.iter().flat_map(|[a, b, _]| [a, b]).enumerate() {
            let fill = device.fill_normal(buffer.address(), elements, key, matrix as u32, gemm.input)?;
            device.stream().launch(&fill)?;
        }
        device.stream().synchronize()?;
        Ok(Self { gemm, size, sets })
    }

    /// All A and B.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Buffer> {
        self.sets.iter().flat_map(|[a, b, _]| [a, b])
    }

    /// One launch a set, to be used in turn. `mark` is an address, or 0.
    pub(crate) fn launches(&self, device: &Device, mark: u64) -> Result<Vec<Launch>, DeviceError> {
        let Self { gemm, size, sets } = self;
        sets.iter()
            .map(|[a, b, d]| {
                let (a, b, d) = (a.address(), b.address(), d.address());
                device.gemm(
                    gemm,
                    &Product {
                        a,
                        b,
                        d,
                        m: *size,
                        n: *size,
                        k: *size,
                        mark,
                    },
                )
            })
            .collect()
    }
}

fn allocate(device: &Device, gemm: &GemmKernel, size: u32) -> Result<[Buffer; 3], DeviceError> {
    let elements = u64::from(size) * u64::from(size);
    let input = elements * element_bytes(gemm.input);
    Ok([
        device.alloc(input)?,
        device.alloc(input)?,
        device.alloc(elements * gemm.output_bytes as u64)?,
    ])
}

/// Room for `count` marks.
pub(crate) fn marks(device: &Device, count: u64) -> Result<Buffer, DeviceError> {
    let buffer = device.alloc(count * MARK_BYTES as u64)?;
    device.stream().fill_bytes(&buffer, 0)?;
    device.stream().synchronize()?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_has_one_kernel_for_speed_and_a_set_does_not_fit_into_any_cache() {
        use Precision::{Bf16, Fp8E4m3, Fp16, Fp64, Int8, Tf32};
        for precision in [Bf16, Fp16, Fp8E4m3, Int8, Tf32, Fp64] {
            let gemm = speed_kernel(precision).unwrap_or_else(|| panic!("{precision:?}"));
            let size = u64::from(speed_size(precision));
            let set = size * size * (2 * element_bytes(gemm.input) + gemm.output_bytes as u64);
            assert!(set >= 256 << 20, "{precision:?}: {set}");
        }
        assert_eq!(
            speed_kernel(Precision::Bf16).map(|gemm| gemm.name),
            Some("gp_gemm_bf16_bf16")
        );
    }
}
