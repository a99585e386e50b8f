//! Parameters of a launch, by the kernel's name.

use super::Kernel;
use super::tensor_map::TensorMap;
use crate::error::{Answer, CuError, refuse};
use gridproof_probe_kernels::abi::{Format, GEMMS};

/// The caller's parameter `index`, of that many bytes. `None` for a null pointer.
pub type Fetch<'a> = &'a dyn Fn(usize, usize) -> Option<Vec<u8>>;

struct Parameters<'a> {
    kernel: &'a str,
    fetch: Fetch<'a>,
}

impl Parameters<'_> {
    fn bytes<const N: usize>(&self, index: usize) -> Answer<[u8; N]> {
        match (self.fetch)(index, N).and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => Ok(bytes),
            None => refuse(
                CuError::INVALID_VALUE,
                format_args!("{}: parameter {index} is null", self.kernel),
            ),
        }
    }

    fn u64(&self, index: usize) -> Answer<u64> {
        self.bytes(index).map(u64::from_le_bytes)
    }

    fn u32(&self, index: usize) -> Answer<u32> {
        self.bytes(index).map(u32::from_le_bytes)
    }

    fn i32(&self, index: usize) -> Answer<i32> {
        self.bytes(index).map(i32::from_le_bytes)
    }

    fn format(&self, index: usize) -> Answer<Format> {
        let number = self.u32(index)?;
        match Format::from_u32(number) {
            Some(format) => Ok(format),
            None => refuse(
                CuError::LAUNCH_FAILED,
                format_args!("{}: no format has number {number}", self.kernel),
            ),
        }
    }
}

/// Boxes of the tensor maps of A and B, {k, rows}.
pub type Boxes = [(u32, u32); 2];

/// Reads the parameters of `kernel`; a product of an image with `tensor_maps` takes its operands by them.
///
/// # Errors
/// `INVALID_VALUE` for a null parameter, `NOT_SUPPORTED` for a kernel that is not in the calling interface.
pub fn decode(kernel: &str, tensor_maps: Option<Boxes>, fetch: Fetch<'_>) -> Answer<Kernel> {
    let p = Parameters { kernel, fetch };
    Ok(match kernel {
        "gp_fill_normal" => Kernel::FillNormal {
            out: p.u64(0)?,
            n: p.u64(1)?,
            key: p.u64(2)?,
            matrix: p.u32(3)?,
            format: p.format(4)?,
        },
        "gp_fill_integers" => Kernel::FillIntegers {
            out: p.u64(0)?,
            n: p.u64(1)?,
            key: p.u64(2)?,
            matrix: p.u32(3)?,
            format: p.format(4)?,
            hi: p.i32(5)?,
        },
        "gp_linear_fill" => Kernel::LinearFill {
            out: p.u64(0)?,
            words: p.u64(1)?,
            seed: p.u32(2)?,
            first: p.u64(3)?,
        },
        "gp_read" => Kernel::Read {
            input: p.u64(0)?,
            n16: p.u64(1)?,
            out: p.u64(2)?,
            mark: p.u64(3)?,
        },
        "gp_write" => Kernel::Write {
            out: p.u64(0)?,
            n16: p.u64(1)?,
            value: p.u32(2)?,
            mark: p.u64(3)?,
        },
        "gp_copy" => Kernel::Copy {
            out: p.u64(0)?,
            input: p.u64(1)?,
            n16: p.u64(2)?,
            mark: p.u64(3)?,
        },
        "gp_triad" => Kernel::Triad {
            a: p.u64(0)?,
            b: p.u64(1)?,
            c: p.u64(2)?,
            k: f32::from_bits(p.u32(3)?),
            n16: p.u64(4)?,
            mark: p.u64(5)?,
        },
        "gp_fill" => Kernel::Fill {
            out: p.u64(0)?,
            n: p.u64(1)?,
            seed: p.u64(2)?,
            base: p.u64(3)?,
        },
        "gp_verify" => Kernel::Verify {
            input: p.u64(0)?,
            n: p.u64(1)?,
            seed: p.u64(2)?,
            base: p.u64(3)?,
            bad: p.u64(4)?,
        },
        "gp_ring" => Kernel::Ring {
            out: p.u64(0)?,
            lines: p.u32(1)?,
            a: p.u32(2)?,
            c: p.u32(3)?,
        },
        "gp_chase" => Kernel::Chase {
            ring: p.u64(0)?,
            steps: p.u32(1)?,
            start: p.u32(2)?,
            out: p.u64(3)?,
        },
        "gp_chase_map" => Kernel::ChaseMap {
            ring: p.u64(0)?,
            steps: p.u32(1)?,
            lines: p.u32(2)?,
            cycles: p.u64(3)?,
            sm: p.u64(4)?,
        },
        "gp_noop" => Kernel::Noop,
        "gp_blocker" => Kernel::Blocker {
            flag: p.u64(0)?,
            timeout_ns: p.u64(1)?,
        },
        "gp_census" => Kernel::Census {
            sm: p.u64(0)?,
            nsm: p.u64(1)?,
            cycles: p.u64(2)?,
            ns: p.u64(3)?,
            spin: p.u64(4)?,
        },
        "gp_heartbeat" => Kernel::Heartbeat {
            out: p.u64(0)?,
            duration_ns: p.u64(1)?,
            threshold_ns: p.u64(2)?,
        },
        "gp_fma_f32" => Kernel::Fma {
            double: false,
            out: p.u64(0)?,
            iterations: p.i32(3)?,
            mark: p.u64(4)?,
        },
        "gp_fma_f64" => Kernel::Fma {
            double: true,
            out: p.u64(0)?,
            iterations: p.i32(3)?,
            mark: p.u64(4)?,
        },
        _ => return product(&p, tensor_maps),
    })
}

fn product(p: &Parameters<'_>, tensor_maps: Option<Boxes>) -> Answer<Kernel> {
    let Some(kernel) = GEMMS.iter().find(|gemm| gemm.name == p.kernel) else {
        return refuse(
            CuError::NOT_SUPPORTED,
            format_args!("{} is not in the calling interface", p.kernel),
        );
    };
    let size = |index| {
        let value = p.i32(index)?;
        match usize::try_from(value) {
            Ok(value) if value > 0 => Ok(value),
            _ => refuse(CuError::LAUNCH_FAILED, format_args!("{}: a size is {value}", p.kernel)),
        }
    };
    let shape = [size(3)?, size(4)?, size(5)?];
    let (d, mark) = (p.u64(2)?, p.u64(6)?);
    let (a, b) = if let Some([box_a, box_b]) = tensor_maps {
        let a = TensorMap::decode(&p.bytes(0)?).and_then(|map| map.fits(kernel, [shape[0], shape[2]], box_a, "A"))?;
        let b = TensorMap::decode(&p.bytes(1)?).and_then(|map| map.fits(kernel, [shape[1], shape[2]], box_b, "B"))?;
        (a, b)
    } else {
        (p.u64(0)?, p.u64(1)?)
    };
    Ok(Kernel::Gemm {
        kernel,
        a,
        b,
        d,
        shape,
        mark,
    })
}
