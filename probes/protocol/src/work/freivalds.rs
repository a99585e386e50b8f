//! Freivalds' check modulo p = 2^61 − 1: D = A·Bᵀ is checked by D·r = A·(Bᵀ·r) for random r, so in O(n²) instead of
//! O(n³). A wrong D passes a round with probability at most 1/p, because entries of D − A·Bᵀ below p in magnitude stay
//! different from zero modulo p. r must be unknown to whoever made D, or D must have been fixed before.

use super::{
    exact::{ExactProduct, Returned},
    philox::{halves, philox4x32},
};

/// 2^61 − 1, prime.
pub const MODULUS: u64 = (1 << 61) - 1;
/// Fourth counter word of the random vectors ("FREI").
const FREIVALDS_TAG: u32 = 0x4652_4549;

/// Shape of D[m,n] = A[m,k] · B[n,k]ᵀ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows of A.
    pub m: usize,
    /// Rows of B.
    pub n: usize,
    /// Depth.
    pub k: usize,
}

/// Whether all `rounds` rounds pass for any matrices of i64, each given row by row. `d_row` returns `false` when the row
/// holds something that is no number; then the check fails.
///
/// Sound for |entries of D − A·Bᵀ| < p; larger differences that are multiples of p pass.
pub fn check_rows(
    shape: Shape,
    key: u64,
    rounds: u32,
    mut a_row: impl FnMut(usize, &mut [i64]),
    mut b_row: impl FnMut(usize, &mut [i64]),
    mut d_row: impl FnMut(usize, &mut [i64]) -> bool,
) -> bool {
    let Shape { m, n, k } = shape;
    let vectors: Vec<Vec<u64>> = (0..rounds).map(|round| random_vector(key, round, n)).collect();
    let mut folded = vec![vec![0_u64; k]; vectors.len()];
    let mut row = vec![0_i64; k];
    for j in 0..n {
        b_row(j, &mut row);
        for (sums, vector) in folded.iter_mut().zip(&vectors) {
            for (sum, value) in sums.iter_mut().zip(&row) {
                *sum = add(*sum, multiply(element(*value), vector[j]));
            }
        }
    }
    let mut answer = vec![0_i64; n];
    (0..m).all(|i| {
        a_row(i, &mut row);
        d_row(i, &mut answer)
            && folded
                .iter()
                .zip(&vectors)
                .all(|(sums, vector)| dot(&row, sums) == dot(&answer, vector))
    })
}

/// Whether `returned` is the product, by `rounds` rounds with vectors from `key`. A and B are generated row by row.
pub fn check(product: &ExactProduct, returned: Returned<'_>, key: u64, rounds: u32) -> bool {
    let shape = Shape {
        m: product.m(),
        n: product.n(),
        k: product.k(),
    };
    if returned.len() != shape.m * shape.n {
        return false;
    }
    let mut narrow = vec![0_i16; shape.k];
    let mut also_narrow = vec![0_i16; shape.k];
    check_rows(
        shape,
        key,
        rounds,
        |row, out| {
            product.a_row(row, &mut narrow);
            widen(&narrow, out);
        },
        |row, out| {
            product.b_row(row, &mut also_narrow);
            widen(&also_narrow, out);
        },
        |row, out| {
            out.iter_mut().enumerate().all(|(column, slot)| {
                returned
                    .get(row * shape.n + column)
                    .map(|value| *slot = i64::from(value))
                    .is_some()
            })
        },
    )
}

fn widen(narrow: &[i16], out: &mut [i64]) {
    for (slot, value) in out.iter_mut().zip(narrow) {
        *slot = i64::from(*value);
    }
}

/// Uniform over 0..p up to 2^-61: 61 random bits, p itself counts as 0.
fn random_vector(key: u64, round: u32, length: usize) -> Vec<u64> {
    (0..length as u64)
        .map(|index| {
            let [low, high] = halves(index);
            let block = philox4x32([low, high, round, FREIVALDS_TAG], halves(key));
            reduce((u64::from(block[1]) << 32 | u64::from(block[0])) >> 3)
        })
        .collect()
}

fn dot(values: &[i64], vector: &[u64]) -> u64 {
    values
        .iter()
        .zip(vector)
        .fold(0, |sum, (value, factor)| add(sum, multiply(element(*value), *factor)))
}

/// One subtraction brings a number up to 2p − 1 below p.
#[inline]
fn reduce(value: u64) -> u64 {
    if value >= MODULUS { value - MODULUS } else { value }
}

#[inline]
fn add(a: u64, b: u64) -> u64 {
    reduce(a + b)
}

/// 2^61 is 1 modulo p, so the high bits are added to the low ones.
#[inline]
fn multiply(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    reduce((wide as u64 & MODULUS) + (wide >> 61) as u64)
}

/// The element of the field that a signed number is.
#[inline]
fn element(value: i64) -> u64 {
    let magnitude = value.unsigned_abs();
    let residue = reduce((magnitude & MODULUS) + (magnitude >> 61));
    if value < 0 && residue != 0 {
        MODULUS - residue
    } else {
        residue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::{exact::Accumulator, product};
    use proptest::prelude::*;

    const ROUNDS: u32 = 2;

    fn work(m: usize, n: usize, k: usize) -> (ExactProduct, Vec<i32>) {
        let work = ExactProduct::new(m, n, k, 42, Accumulator::Fp32).expect("exact");
        (work, product::multiply(&work.a(), &work.b(), m, n, k))
    }

    proptest! {
        #[test]
        fn field_arithmetic_is_that_of_wide_numbers(a: i64, b: i64) {
            let modulus = i128::from(MODULUS);
            let wide = |value: i64| i128::from(value).rem_euclid(modulus);
            prop_assert_eq!(i128::from(element(a)), wide(a));
            prop_assert_eq!(i128::from(multiply(element(a), element(b))), wide(a) * wide(b) % modulus);
            prop_assert_eq!(i128::from(add(element(a), element(b))), (wide(a) + wide(b)) % modulus);
        }

        #[test]
        fn one_wrong_element_is_found_wherever_it_is(row in 0_usize..48, column in 0_usize..40, by in 1_i32..1 << 24, key: u64) {
            let (work, mut d) = work(48, 40, 96);
            prop_assert!(check(&work, Returned::Int32(&d), key, ROUNDS));
            d[row * 40 + column] ^= by;
            prop_assert!(!check(&work, Returned::Int32(&d), key, 1));
        }

        #[test]
        fn any_whole_numbers_can_be_checked(values in prop::collection::vec(any::<i64>(), 12), wrong in 0_usize..4) {
            // 2×3 by 2×3; the true result may exceed i64, so it is given modulo p.
            let (a, b) = values.split_at(6);
            // Each product is reduced: three of 2^126 would not fit i128.
            let modulus = i128::from(MODULUS);
            let product = |i: usize, j: usize, x: usize| (i128::from(a[i * 3 + x]) * i128::from(b[j * 3 + x])).rem_euclid(modulus);
            let wide = |i: usize, j: usize| (0..3).map(|x| product(i, j, x)).sum::<i128>() % modulus;
            let mut d: Vec<i64> = (0..4).map(|at| wide(at / 2, at % 2) as i64).collect();
            let verify = |d: &[i64]| check_rows(
                Shape { m: 2, n: 2, k: 3 }, 5, ROUNDS,
                |i, out| out.copy_from_slice(&a[i * 3..i * 3 + 3]),
                |j, out| out.copy_from_slice(&b[j * 3..j * 3 + 3]),
                |i, out| { out.copy_from_slice(&d[i * 2..i * 2 + 2]); true },
            );
            prop_assert!(verify(&d));
            d[wrong] = (d[wrong] + 1) % MODULUS as i64;
            prop_assert!(!verify(&d));
        }
    }

    #[test]
    fn a_wrong_row_a_wrong_tile_and_swapped_rows_are_found() {
        let (work, good) = work(64, 64, 64);
        let fails = |change: &dyn Fn(&mut Vec<i32>)| {
            let mut d = good.clone();
            change(&mut d);
            !check(&work, Returned::Int32(&d), 9, ROUNDS)
        };
        assert!(fails(&|d| d[5 * 64..6 * 64].fill(0)), "a row");
        assert!(
            fails(&|d| (0..16).for_each(|row| d[row * 64 + 16..row * 64 + 32].fill(1))),
            "a tile"
        );
        assert!(
            fails(&|d| (0..64).for_each(|column| d.swap(column, 64 + column))),
            "rows in the wrong order"
        );
        // Two errors that cancel in a sum over the row, which a check with r = 1 would miss.
        assert!(fails(&|d| (d[0], d[1]) = (d[0] + 1, d[1] - 1)), "errors that cancel");
    }

    #[test]
    fn poison_and_a_missing_row_fail() {
        let (work, good) = work(16, 16, 16);
        let mut d: Vec<f32> = good.iter().map(|value| *value as f32).collect();
        assert!(check(&work, Returned::Fp32(&d), 1, ROUNDS));
        assert!(!check(&work, Returned::Fp32(&d[..240]), 1, ROUNDS));
        d[255] = f32::NAN;
        assert!(!check(&work, Returned::Fp32(&d), 1, ROUNDS));
    }

    /// Without rounds nothing is checked; the caller states how many were made in the report.
    #[test]
    fn vectors_differ_by_round_and_key() {
        assert_ne!(random_vector(1, 0, 8), random_vector(1, 1, 8));
        assert_ne!(random_vector(1, 0, 8), random_vector(2, 0, 8));
        assert!(random_vector(1, 0, 1000).iter().all(|value| *value < MODULUS));
    }
}
