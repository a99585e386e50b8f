//! CPU models of the generators of the kernels, bit for bit: `gp_fill_normal` and `gp_fill_integers`.

use super::{
    formats::Format,
    philox::{halves, philox4x32},
};

/// Fourth counter word of `gp_fill_normal` ("NRML").
pub const NORMAL_TAG: u32 = 0x4e52_4d4c;
/// Fourth counter word of `gp_fill_integers` ("INTG").
pub const INTEGERS_TAG: u32 = 0x494e_5447;
/// Elements that one Philox block gives to `gp_fill_integers`.
pub const LANES: usize = 8;
/// Mean of the sum of 16 uniform bytes.
const SUM_MEAN: i32 = 2040;
/// One over the standard deviation of the sum of 16 uniform bytes, √(16 · 65535 / 12) = 295.6.
pub const NORMAL_SCALE: f32 = (1.0_f64 / 295.6) as f32;
/// int8 products get 32 steps a standard deviation.
const INT8_STEPS: f32 = 32.0;

/// Element `index` of matrix `matrix` before it is rounded to a format: close to normal, mean 0, variance 1, |z| < 6.91.
#[inline]
pub fn normal(key: u64, matrix: u32, index: u64) -> f32 {
    let [low, high] = halves(index);
    let block = philox4x32([low, high, matrix, NORMAL_TAG], halves(key));
    let sum: u32 = block.iter().map(|word| byte_sum(*word)).sum();
    (sum as i32 - SUM_MEAN) as f32 * NORMAL_SCALE
}

#[inline]
fn byte_sum(word: u32) -> u32 {
    let pairs = (word & 0x00ff_00ff) + ((word >> 8) & 0x00ff_00ff);
    (pairs & 0xffff) + (pairs >> 16)
}

/// What is rounded to the format: bytes are scaled, all others are taken as they are.
#[inline]
fn scaled(format: Format, z: f32) -> f32 {
    if format == Format::Int8 { z * INT8_STEPS } else { z }
}

/// The bytes of the elements from `first` on that `gp_fill_normal` writes; `out` holds whole elements.
pub fn fill_normal(format: Format, key: u64, matrix: u32, first: u64, out: &mut [u8]) {
    for (index, element) in out.chunks_exact_mut(format.bytes()).enumerate() {
        format.encode(
            scaled(format, normal(key, matrix, first.wrapping_add(index as u64))),
            element,
        );
    }
}

/// Element `index` of `gp_fill_integers`: uniform over −hi..=hi up to 2⁻¹⁶.
#[inline]
pub fn integer(key: u64, matrix: u32, index: u64, hi: i32) -> i32 {
    let block = integer_block(key, matrix, index / LANES as u64, hi);
    block[(index % LANES as u64) as usize]
}

/// Elements 8·`block` to 8·`block` + 7.
#[inline]
fn integer_block(key: u64, matrix: u32, block: u64, hi: i32) -> [i32; LANES] {
    let [low, high] = halves(block);
    let words = philox4x32([low, high, matrix, INTEGERS_TAG], halves(key));
    let width = (2 * hi + 1) as u32;
    std::array::from_fn(|lane| {
        let half = (words[lane / 2] >> (16 * (lane % 2))) & 0xffff;
        ((half.wrapping_mul(width)) >> 16) as i32 - hi
    })
}

/// The elements from `first` on of `gp_fill_integers` as numbers; a row of a matrix, or all of it.
pub fn fill_integers(key: u64, matrix: u32, hi: i32, first: u64, out: &mut [i16]) {
    let mut index = first;
    let mut rest = out;
    while !rest.is_empty() {
        let lane = (index % LANES as u64) as usize;
        let block = integer_block(key, matrix, index / LANES as u64, hi);
        let count = (LANES - lane).min(rest.len());
        let (now, later) = rest.split_at_mut(count);
        for (element, value) in now.iter_mut().zip(&block[lane..]) {
            *element = *value as i16;
        }
        rest = later;
        index = index.wrapping_add(count as u64);
    }
}

/// The bytes of the elements from `first` on that `gp_fill_integers` writes; `out` holds whole elements.
pub fn fill_integer_bytes(format: Format, key: u64, matrix: u32, hi: i32, first: u64, out: &mut [u8]) {
    let mut values = [0_i16; 512];
    let mut index = first;
    for part in out.chunks_mut(values.len() * format.bytes()) {
        let count = part.len() / format.bytes();
        fill_integers(key, matrix, hi, index, &mut values[..count]);
        for (element, value) in part.chunks_exact_mut(format.bytes()).zip(values) {
            format.encode(f32::from(value), element);
        }
        index = index.wrapping_add(count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn normal_elements_have_the_moments_and_tails_of_a_normal_distribution() {
        const COUNT: u64 = 400_000;
        let values: Vec<f64> = (0..COUNT).map(|index| f64::from(normal(7, 1, index))).collect();
        let moment = |power: i32| values.iter().map(|z| z.powi(power)).sum::<f64>() / COUNT as f64;
        let share = |limit: f64| values.iter().filter(|z| z.abs() < limit).count() as f64 / COUNT as f64;
        // Five standard errors: 5/√n for the mean, 5·√(2/n) for the variance.
        assert!(moment(1).abs() < 0.008, "mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.012, "variance {}", moment(2));
        assert!(moment(3).abs() < 0.03, "skewness {}", moment(3));
        // The sum of 16 uniform numbers has kurtosis 3 − 1.2/16.
        assert!((moment(4) - 2.925).abs() < 0.08, "kurtosis {}", moment(4));
        assert!((share(1.0) - 0.683).abs() < 0.005 && (share(2.0) - 0.954).abs() < 0.003 && share(3.0) > 0.996);
    }

    #[test]
    fn neighbours_and_matrices_are_uncorrelated() {
        const COUNT: u64 = 100_000;
        let with = |other: &dyn Fn(u64) -> f32| {
            (0..COUNT)
                .map(|i| f64::from(normal(3, 0, i)) * f64::from(other(i)))
                .sum::<f64>()
                / COUNT as f64
        };
        for (name, correlation) in [
            ("next", with(&|i| normal(3, 0, i + 1))),
            ("row of 8192", with(&|i| normal(3, 0, i + 8192))),
            ("matrix", with(&|i| normal(3, 1, i))),
            ("key", with(&|i| normal(4, 0, i))),
        ] {
            assert!(correlation.abs() < 0.016, "{name}: {correlation}");
        }
    }

    #[test]
    fn integers_cover_their_range_evenly() {
        let mut counts = [0_u32; 31];
        for index in 0..310_000 {
            counts[(integer(11, 2, index, 15) + 15) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        let wide: Vec<i32> = (0..40_000).map(|index| integer(11, 2, index, 127)).collect();
        assert_eq!((wide.iter().min(), wide.iter().max()), (Some(&-127), Some(&127)));
    }

    #[test]
    fn lanes_are_the_halves_of_the_block_low_half_first() {
        let words = philox4x32([1, 0, 5, INTEGERS_TAG], [9, 0]);
        let lane = |half: u32| ((half * 255) >> 16) as i32 - 127;
        assert_eq!(integer(9, 5, 8, 127), lane(words[0] & 0xffff));
        assert_eq!(integer(9, 5, 9, 127), lane(words[0] >> 16));
        assert_eq!(integer(9, 5, 15, 127), lane(words[3] >> 16));
    }

    proptest! {
        #[test]
        fn filling_any_range_is_element_by_element(
            key: u64, matrix: u32, first in 0_u64..1 << 40, count in 0_usize..1100, hi in 1_i32..=127, format in 0_u32..6,
        ) {
            let mut filled = vec![0; count];
            fill_integers(key, matrix, hi, first, &mut filled);
            let format = Format::from_u32(format).expect("in range");
            let mut bytes = vec![0; count * format.bytes()];
            fill_integer_bytes(format, key, matrix, hi, first, &mut bytes);
            let mut normals = vec![0; count * format.bytes()];
            fill_normal(format, key, matrix, first, &mut normals);
            let mut element = [0; 8];
            for (index, value) in filled.into_iter().enumerate() {
                let at = first + index as u64;
                let range = index * format.bytes()..(index + 1) * format.bytes();
                prop_assert_eq!(i32::from(value), integer(key, matrix, at, hi));
                prop_assert!(i32::from(value).abs() <= hi);
                format.encode(f32::from(value), &mut element);
                prop_assert_eq!(&bytes[range.clone()], &element[..format.bytes()]);
                format.encode(scaled(format, normal(key, matrix, at)), &mut element);
                prop_assert_eq!(&normals[range], &element[..format.bytes()]);
            }
        }
    }
}
