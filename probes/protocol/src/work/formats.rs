//! Number formats of the products: rounding to nearest even from fp32, and back.

use serde::{Deserialize, Serialize};

/// Element format of the generators, by the number that the kernels take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u32)]
pub enum Format {
    /// bfloat16.
    Bf16 = 0,
    /// IEEE half.
    Fp16 = 1,
    /// 8-bit float, finite only, saturating (E4M3).
    Fp8E4m3 = 2,
    /// fp32; tf32 products read it.
    Fp32 = 3,
    /// IEEE double.
    Fp64 = 4,
    /// Signed bytes.
    Int8 = 5,
}

impl Format {
    /// The format that a kernel's parameter means.
    pub fn from_u32(value: u32) -> Option<Self> {
        [
            Self::Bf16,
            Self::Fp16,
            Self::Fp8E4m3,
            Self::Fp32,
            Self::Fp64,
            Self::Int8,
        ]
        .into_iter()
        .find(|format| *format as u32 == value)
    }

    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Self::Fp8E4m3 | Self::Int8 => 1,
            Self::Bf16 | Self::Fp16 => 2,
            Self::Fp32 => 4,
            Self::Fp64 => 8,
        }
    }

    /// `value` in this format, little-endian, into the first [`Format::bytes`] of `out`; int8 by [`f32_to_int8`].
    ///
    /// # Panics
    /// When `out` is shorter.
    #[inline]
    pub fn encode(self, value: f32, out: &mut [u8]) {
        match self {
            Self::Bf16 => out[..2].copy_from_slice(&f32_to_bf16(value).to_le_bytes()),
            Self::Fp16 => out[..2].copy_from_slice(&f32_to_fp16(value).to_le_bytes()),
            Self::Fp8E4m3 => out[0] = f32_to_e4m3(value),
            Self::Fp32 => out[..4].copy_from_slice(&value.to_le_bytes()),
            Self::Fp64 => out[..8].copy_from_slice(&f64::from(value).to_le_bytes()),
            Self::Int8 => out[0] = f32_to_int8(value) as u8,
        }
    }

    /// The value of one element, exact except that a double is rounded to fp64's own value.
    ///
    /// # Panics
    /// When `bytes` is shorter than [`Format::bytes`].
    #[inline]
    pub fn decode(self, bytes: &[u8]) -> f64 {
        match self {
            Self::Bf16 => f64::from(bf16_to_f32(u16::from_le_bytes([bytes[0], bytes[1]]))),
            Self::Fp16 => f64::from(fp16_to_f32(u16::from_le_bytes([bytes[0], bytes[1]]))),
            Self::Fp8E4m3 => f64::from(e4m3_to_f32(bytes[0])),
            Self::Fp32 => f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
            Self::Fp64 => {
                let mut word = [0; 8];
                word.copy_from_slice(&bytes[..8]);
                f64::from_le_bytes(word)
            }
            Self::Int8 => f64::from(bytes[0] as i8),
        }
    }
}

/// bfloat16 nearest to `value`, ties to even; NaN stays NaN, overflow is infinite.
#[inline]
pub fn f32_to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    let half_and_odd = 0x7fff + ((bits >> 16) & 1);
    ((bits + half_and_odd) >> 16) as u16
}

/// Exact.
#[inline]
pub fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// A format with `mantissa` stored bits and smallest normal exponent `min_exponent`: magnitude of `value` in steps of
/// its own exponent, rounded to nearest even, as exponent field and mantissa in one number (a carry moves up by itself).
#[inline]
fn round_magnitude(value: f32, mantissa: i32, min_exponent: i32) -> u32 {
    let magnitude = f64::from(value.abs());
    let exponent = ((magnitude.to_bits() >> 52) as i32 - 1023).max(min_exponent);
    // Powers of two and products with them are exact in fp64, so only the last step rounds.
    let steps = (magnitude * power_of_two(mantissa - exponent)).round_ties_even() as u32;
    ((exponent - min_exponent) as u32) * (1 << mantissa) + steps
}

#[inline]
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// IEEE half nearest to `value`, ties to even; overflow is infinite.
#[inline]
pub fn f32_to_fp16(value: f32) -> u16 {
    const INFINITE: u32 = 0x7c00;
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    if value.is_nan() {
        return sign | 0x7e00;
    }
    if value.is_infinite() {
        return sign | INFINITE as u16;
    }
    sign | round_magnitude(value, 10, -14).min(INFINITE) as u16
}

/// Exact.
#[inline]
pub fn fp16_to_f32(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let mantissa = f64::from(bits & 0x3ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => mantissa * power_of_two(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + mantissa) * power_of_two(i32::from(exponent) - 25),
    };
    (sign * magnitude) as f32
}

/// Largest finite E4M3 number, 448.
const E4M3_LARGEST: u32 = 0x7e;

/// E4M3 (finite, no infinity) nearest to `value`, ties to even; larger numbers become ±448, NaN stays NaN.
#[inline]
pub fn f32_to_e4m3(value: f32) -> u8 {
    let sign = ((value.to_bits() >> 24) & 0x80) as u8;
    if value.is_nan() {
        return sign | 0x7f;
    }
    if value.is_infinite() {
        return sign | E4M3_LARGEST as u8;
    }
    sign | round_magnitude(value, 3, -6).min(E4M3_LARGEST) as u8
}

/// Exact.
#[inline]
pub fn e4m3_to_f32(bits: u8) -> f32 {
    let sign = if bits & 0x80 == 0 { 1.0 } else { -1.0 };
    let mantissa = f64::from(bits & 7);
    let magnitude = match (bits >> 3) & 15 {
        0 => mantissa * power_of_two(-9),
        15 if bits & 7 == 7 => f64::NAN,
        exponent => (8.0 + mantissa) * power_of_two(i32::from(exponent) - 10),
    };
    (sign * magnitude) as f32
}

/// Whole number nearest to `value`, ties to even, clamped to ±127; NaN is 0.
#[inline]
pub fn f32_to_int8(value: f32) -> i8 {
    value.round_ties_even().clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every finite number of a small format, ascending, with its bits.
    fn finite(bits: impl Iterator<Item = u16>, back: impl Fn(u16) -> f32) -> Vec<(f32, u16)> {
        let mut all: Vec<_> = bits
            .map(|bits| (back(bits), bits))
            .filter(|(value, _)| value.is_finite())
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    }

    /// The bits of the number next to `value`, by search: what rounding to nearest even means.
    fn nearest(all: &[(f32, u16)], value: f32) -> u16 {
        let distance = |entry: &&(f32, u16)| (f64::from(entry.0) - f64::from(value)).abs();
        let best = all.iter().map(|entry| distance(&entry)).fold(f64::INFINITY, f64::min);
        let ties: Vec<_> = all
            .iter()
            .filter(|entry| distance(entry) == best && entry.0 != 0.0)
            .collect();
        match ties.as_slice() {
            [] => u16::from(value.is_sign_negative()),
            [only] => only.1,
            [first, ..] => ties
                .iter()
                .find(|entry| entry.1 % 2 == 0)
                .map_or(first.1, |entry| entry.1),
        }
    }

    #[test]
    fn every_number_of_each_format_comes_back_as_itself() {
        for bits in 0..=u16::MAX {
            if !fp16_to_f32(bits).is_nan() {
                assert_eq!(f32_to_fp16(fp16_to_f32(bits)), bits, "fp16 {bits:#x}");
            }
            if !bf16_to_f32(bits).is_nan() {
                assert_eq!(f32_to_bf16(bf16_to_f32(bits)), bits, "bf16 {bits:#x}");
            }
        }
        for bits in 0..=u8::MAX {
            if !e4m3_to_f32(bits).is_nan() {
                assert_eq!(f32_to_e4m3(e4m3_to_f32(bits)), bits, "e4m3 {bits:#x}");
            }
        }
    }

    #[test]
    fn values_and_ties_of_the_standards() {
        assert_eq!(
            (
                f32_to_bf16(1.0),
                f32_to_bf16(1.0 + 1.0 / 256.0),
                f32_to_bf16(1.0 + 3.0 / 256.0)
            ),
            (0x3f80, 0x3f80, 0x3f82)
        );
        assert_eq!(
            (f32_to_fp16(65504.0), f32_to_fp16(65519.0), f32_to_fp16(65520.0)),
            (0x7bff, 0x7bff, 0x7c00)
        );
        assert_eq!(
            (f32_to_e4m3(448.0), f32_to_e4m3(-1e9), f32_to_e4m3(f32::INFINITY)),
            (0x7e, 0xfe, 0x7e)
        );
        assert_eq!(
            (e4m3_to_f32(0x01), e4m3_to_f32(0x08), e4m3_to_f32(0x38)),
            (0.001_953_125, 0.015_625, 1.0)
        );
        assert_eq!(
            (
                f32_to_int8(2.5),
                f32_to_int8(-3.5),
                f32_to_int8(1e9),
                f32_to_int8(-128.0)
            ),
            (2, -4, 127, -127)
        );
        assert!(bf16_to_f32(f32_to_bf16(f32::NAN)).is_nan() && fp16_to_f32(f32_to_fp16(f32::NAN)).is_nan());
        assert!(e4m3_to_f32(f32_to_e4m3(f32::NAN)).is_nan());
        assert_eq!(
            (f32_to_bf16(-0.0), f32_to_fp16(-0.0), f32_to_e4m3(-0.0)),
            (0x8000, 0x8000, 0x80)
        );
    }

    proptest! {
        #[test]
        fn e4m3_is_the_nearest_number_and_even_on_a_tie(value in -500.0_f32..500.0) {
            let all = finite(0..=255, |bits| e4m3_to_f32(bits as u8));
            prop_assume!(value.abs() > 0.001);
            prop_assert_eq!(u16::from(f32_to_e4m3(value)), nearest(&all, value));
        }

        #[test]
        fn ties_of_e4m3_go_to_even(bits in 8_u8..0x7e) {
            let middle = f32::midpoint(e4m3_to_f32(bits), e4m3_to_f32(bits + 1));
            prop_assert_eq!(f32_to_e4m3(middle), bits + bits % 2);
        }

        #[test]
        fn ties_of_fp16_go_to_even(bits in 0_u16..0x7bff) {
            let middle = f32::midpoint(fp16_to_f32(bits), fp16_to_f32(bits + 1));
            prop_assert_eq!(f32_to_fp16(middle), bits + bits % 2);
            prop_assert_eq!(f32_to_fp16(middle.next_up()), bits + 1);
            prop_assert_eq!(f32_to_fp16(middle.next_down()), bits);
        }

        #[test]
        fn encoding_and_decoding_small_integers_is_exact(value in -15_i8..=15) {
            for format in (0..6).filter_map(Format::from_u32) {
                let mut bytes = [0; 8];
                format.encode(f32::from(value), &mut bytes);
                prop_assert_eq!(format.decode(&bytes), f64::from(value));
            }
        }
    }
}
