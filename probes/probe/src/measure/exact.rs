//! Products of small integers: exact in any order of summation, so the result must be the CPU's, bit for bit. Faults and
//! fakes show here, whatever their speed.

use super::MeasureContext;
use crate::device::{Buffer, Device, DeviceError, Product, element_bytes};
use gridproof_probe_kernels::abi::{Format, GEMMS, GemmKernel, GemmRole};
use gridproof_probe_protocol::report::{ExactCase, ExactWork};
use gridproof_probe_protocol::work::digest::digest;
use gridproof_probe_protocol::work::exact::{A_HI, A_MATRIX, Accumulator, B_HI, B_MATRIX, ExactProduct, Returned};
use gridproof_probe_protocol::work::freivalds;

/// m, n and k in quick and full mode.
const SIZES: (u32, u32) = (2048, 8192);
/// A wrong result passes one round with a probability of 2^-61.
const ROUNDS: u32 = 2;
/// Distinguishes the keys of this measurement from others'.
const PURPOSE: u64 = 0x4558_4143;

/// What the device gave back.
#[derive(Debug)]
enum Answer {
    Int32(Vec<i32>),
    Fp32(Vec<f32>),
    Fp64(Vec<f64>),
}

impl Answer {
    fn returned(&self) -> Returned<'_> {
        match self {
            Self::Int32(all) => Returned::Int32(all),
            Self::Fp32(all) => Returned::Fp32(all),
            Self::Fp64(all) => Returned::Fp64(all),
        }
    }

    /// Whether no element still is what the memory was filled with.
    fn is_complete(&self, poison: u8) -> bool {
        let (four, eight) = (u32::from_ne_bytes([poison; 4]), u64::from_ne_bytes([poison; 8]));
        match self {
            Self::Int32(all) => all.iter().all(|value| value.cast_unsigned() != four),
            Self::Fp32(all) => all.iter().all(|value| value.to_bits() != four),
            Self::Fp64(all) => all.iter().all(|value| value.to_bits() != eight),
        }
    }
}

/// All exact kernels that this GPU's image has; `NoProducts` or `NoKernel` when it has none.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<ExactWork, DeviceError> {
    device
        .has_gemm()
        .map_err(|reason| DeviceError::NoProducts(reason.to_owned()))?;
    let kernels: Vec<&GemmKernel> = GEMMS.iter().filter(|gemm| gemm.role != GemmRole::Speed).collect();
    let mut cases = Vec::new();
    for (index, gemm) in kernels.iter().enumerate() {
        match one(device, context, gemm) {
            Ok(case) => cases.push(case),
            Err(DeviceError::NoKernel(_)) => {}
            Err(error) => return Err(error),
        }
        (context.progress)((index + 1) as f64 / kernels.len() as f64);
    }
    if cases.is_empty() {
        return Err(DeviceError::NoKernel("for exact products".to_owned()));
    }
    Ok(ExactWork { cases })
}

fn one(device: &Device, context: &MeasureContext<'_>, gemm: &GemmKernel) -> Result<ExactCase, DeviceError> {
    let (_, kernel) = device.gemm_tile(gemm)?;
    let size = context.pick(SIZES.0, SIZES.1);
    let side = size as usize;
    let key = context.key(PURPOSE ^ gemm.precision as u64);
    let work = ExactProduct::new(side, side, side, key, accumulator(gemm.input))
        .map_err(|error| DeviceError::Internal(error.to_string()))?;
    let poison = poison(gemm.input);
    let answer = compute(device, gemm, size, key, poison)?;
    // Drawn after the result is there, so that nothing could be made to fit it.
    let check_key = fastrand::u64(..);
    let correct = freivalds::check(&work, answer.returned(), check_key, ROUNDS);
    Ok(ExactCase {
        precision: gemm.precision,
        kernel,
        m: size,
        n: size,
        k: size,
        key: format!("{key:016x}"),
        // A result that is not even made of whole numbers has no digest.
        digest: digest(answer.returned()).unwrap_or_default(),
        freivalds_rounds: ROUNDS,
        correct,
        complete: answer.is_complete(poison),
    })
}

/// Generates A and B on the device, poisons D, multiplies, reads D.
fn compute(device: &Device, gemm: &GemmKernel, size: u32, key: u64, poison: u8) -> Result<Answer, DeviceError> {
    let elements = u64::from(size) * u64::from(size);
    let stream = device.stream();
    let input = |matrix, hi| -> Result<Buffer, DeviceError> {
        let buffer = device.alloc(elements * element_bytes(gemm.input))?;
        stream.launch(&device.fill_integers(buffer.address(), elements, key, matrix, gemm.input, hi)?)?;
        Ok(buffer)
    };
    let (a, b) = (input(A_MATRIX, A_HI)?, input(B_MATRIX, B_HI)?);
    let d = device.alloc(elements * gemm.output_bytes as u64)?;
    stream.fill_bytes(&d, poison)?;
    let (a, b) = (a.address(), b.address());
    let product = Product {
        a,
        b,
        d: d.address(),
        m: size,
        n: size,
        k: size,
        mark: 0,
    };
    device.run(&device.gemm(gemm, &product)?)?;
    let count = elements as usize;
    Ok(match gemm.input {
        Format::Int8 => Answer::Int32(stream.read(&d, 0, count)?),
        Format::Fp64 => Answer::Fp64(stream.read(&d, 0, count)?),
        _ => Answer::Fp32(stream.read(&d, 0, count)?),
    })
}

fn accumulator(input: Format) -> Accumulator {
    match input {
        Format::Int8 => Accumulator::Int32,
        Format::Fp64 => Accumulator::Fp64,
        _ => Accumulator::Fp32,
    }
}

/// What D is filled with: not a number where there are such, else a number above every possible result (0xff… would be
/// −1, which is one).
fn poison(input: Format) -> u8 {
    if input == Format::Int8 { 0x7f } else { 0xff }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poison_is_never_a_result() {
        let largest = i64::from(A_HI) * i64::from(B_HI) * i64::from(SIZES.1);
        assert!(i64::from(i32::from_ne_bytes([poison(Format::Int8); 4])) > largest);
        assert!(f32::from_bits(u32::from_ne_bytes([poison(Format::Bf16); 4])).is_nan());
        assert!(f64::from_bits(u64::from_ne_bytes([poison(Format::Fp64); 8])).is_nan());
    }

    #[test]
    fn one_element_that_was_not_written_is_seen() {
        let hole = f32::from_bits(u32::MAX);
        assert!(Answer::Fp32(vec![1.0, -1.0]).is_complete(0xff));
        assert!(!Answer::Fp32(vec![1.0, hole]).is_complete(0xff));
        assert!(Answer::Int32(vec![0, -1]).is_complete(0x7f), "-1 is a result");
        assert!(!Answer::Int32(vec![0x7f7f_7f7f]).is_complete(0x7f));
        assert!(!Answer::Fp64(vec![f64::from_bits(u64::MAX)]).is_complete(0xff));
    }

    #[test]
    fn both_shapes_are_exact_in_every_accumulator() {
        for size in [SIZES.0 as usize, SIZES.1 as usize] {
            for input in [Format::Bf16, Format::Fp16, Format::Int8, Format::Fp64] {
                assert!(
                    ExactProduct::new(size, size, size, 1, accumulator(input)).is_ok(),
                    "{size} {input:?}"
                );
            }
        }
    }
}
