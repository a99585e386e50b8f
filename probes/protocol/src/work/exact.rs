//! What an exact product is: shape, ranges, key, and the guard that no partial sum can leave the exact range.

use super::generate;

/// Largest magnitude in A: exact in bf16, fp16 and int8.
pub const A_HI: i32 = 127;
/// Largest magnitude in B.
pub const B_HI: i32 = 15;
/// Number of A for the generators.
pub const A_MATRIX: u32 = 0;
/// Number of B.
pub const B_MATRIX: u32 = 1;

/// What the products are summed up in. All whole numbers below the limit are exact, so every order of summation gives
/// the same result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accumulator {
    /// fp32: exact below 2^24.
    Fp32,
    /// i32: no overflow below 2^31.
    Int32,
    /// fp64: exact below 2^53.
    Fp64,
}

impl Accumulator {
    /// Every partial sum must stay below this in magnitude.
    pub fn limit(self) -> u128 {
        match self {
            Self::Fp32 => 1 << 24,
            Self::Int32 => 1 << 31,
            Self::Fp64 => 1 << 53,
        }
    }
}

/// Why a product is not exact or not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExactError {
    /// A partial sum can leave the range in which every whole number is exact.
    #[error("a partial sum of {k} products up to {largest} can reach {sum}, exact only below {limit}")]
    TooLong {
        /// Depth.
        k: usize,
        /// Largest product.
        largest: u128,
        /// Their sum.
        sum: u128,
        /// See [`Accumulator::limit`].
        limit: u128,
    },
    /// A range is empty or wider than the generator or i8 allows (1 to 127).
    #[error("magnitudes must be 1 to 127, not {0}")]
    Range(i32),
    /// A dimension is 0, or a matrix has 2^32 elements or more.
    #[error("a product of shape {m}×{n}×{k} is not possible")]
    Shape {
        /// Rows of A.
        m: usize,
        /// Rows of B.
        n: usize,
        /// Depth.
        k: usize,
    },
}

/// D[m,n] = A[m,k] · B[n,k]ᵀ of generated integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactProduct {
    m: usize,
    n: usize,
    k: usize,
    key: u64,
    a_hi: i32,
    b_hi: i32,
}

impl ExactProduct {
    /// The product with the ranges of the report ([`A_HI`], [`B_HI`]).
    pub fn new(m: usize, n: usize, k: usize, key: u64, accumulator: Accumulator) -> Result<Self, ExactError> {
        Self::with_ranges(m, n, k, key, accumulator, A_HI, B_HI)
    }

    /// With other ranges; refused when a partial sum could reach the accumulator's limit.
    pub fn with_ranges(
        m: usize,
        n: usize,
        k: usize,
        key: u64,
        accumulator: Accumulator,
        a_hi: i32,
        b_hi: i32,
    ) -> Result<Self, ExactError> {
        for hi in [a_hi, b_hi] {
            if !(1..=127).contains(&hi) {
                return Err(ExactError::Range(hi));
            }
        }
        let too_big = |rows: usize, columns: usize| {
            rows.checked_mul(columns)
                .is_none_or(|elements| elements == 0 || elements as u64 >= 1 << 32)
        };
        if too_big(m, k) || too_big(n, k) || too_big(m, n) {
            return Err(ExactError::Shape { m, n, k });
        }
        let largest = (a_hi * b_hi) as u128;
        let sum = largest * k as u128;
        if sum >= accumulator.limit() {
            return Err(ExactError::TooLong {
                k,
                largest,
                sum,
                limit: accumulator.limit(),
            });
        }
        Ok(Self {
            m,
            n,
            k,
            key,
            a_hi,
            b_hi,
        })
    }

    /// Rows of A and D.
    pub fn m(&self) -> usize {
        self.m
    }

    /// Rows of B, columns of D.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Depth.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Key of both generators.
    pub fn key(&self) -> u64 {
        self.key
    }

    /// Row `row` of A; `out` has length k.
    pub fn a_row(&self, row: usize, out: &mut [i16]) {
        generate::fill_integers(self.key, A_MATRIX, self.a_hi, (row * self.k) as u64, out);
    }

    /// Row `row` of B; `out` has length k.
    pub fn b_row(&self, row: usize, out: &mut [i16]) {
        generate::fill_integers(self.key, B_MATRIX, self.b_hi, (row * self.k) as u64, out);
    }

    /// All of A.
    pub fn a(&self) -> Vec<i16> {
        let mut all = vec![0; self.m * self.k];
        self.a_row(0, &mut all);
        all
    }

    /// All of B.
    pub fn b(&self) -> Vec<i16> {
        let mut all = vec![0; self.n * self.k];
        self.b_row(0, &mut all);
        all
    }
}

/// What a device gave back as D, row-major.
#[derive(Clone, Copy, Debug)]
pub enum Returned<'a> {
    /// i32.
    Int32(&'a [i32]),
    /// fp32 that hold whole numbers.
    Fp32(&'a [f32]),
    /// fp64 that hold whole numbers.
    Fp64(&'a [f64]),
}

impl Returned<'_> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Int32(all) => all.len(),
            Self::Fp32(all) => all.len(),
            Self::Fp64(all) => all.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `index` as i32; `None` when it is no whole number of that range (NaN poison, a fraction, too large).
    #[inline]
    pub fn get(&self, index: usize) -> Option<i32> {
        match self {
            Self::Int32(all) => all.get(index).copied(),
            Self::Fp32(all) => all.get(index).and_then(|value| whole(f64::from(*value))),
            Self::Fp64(all) => all.get(index).and_then(|value| whole(*value)),
        }
    }
}

#[inline]
fn whole(value: f64) -> Option<i32> {
    let cut = value as i32;
    (f64::from(cut) == value).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_depth_whose_sum_can_reach_the_limit_is_refused() {
        let k_max = (1 << 24) / (127 * 15);
        assert!(ExactProduct::new(64, 64, k_max, 1, Accumulator::Fp32).is_ok());
        assert!(matches!(
            ExactProduct::new(64, 64, k_max + 1, 1, Accumulator::Fp32),
            Err(ExactError::TooLong { limit: 16_777_216, .. })
        ));
        let k_max = (1 << 31) / (127 * 127);
        assert!(ExactProduct::with_ranges(8, 8, k_max, 1, Accumulator::Int32, 127, 127).is_ok());
        assert!(ExactProduct::with_ranges(8, 8, k_max + 1, 1, Accumulator::Int32, 127, 127).is_err());
        assert!(ExactProduct::new(8192, 8192, 8192, 1, Accumulator::Fp32).is_ok());
    }

    #[test]
    fn empty_and_oversized_shapes_and_ranges_are_refused() {
        assert!(matches!(
            ExactProduct::new(0, 8, 8, 1, Accumulator::Fp64),
            Err(ExactError::Shape { .. })
        ));
        assert!(ExactProduct::new(1 << 20, 8, 1 << 12, 1, Accumulator::Fp64).is_err());
        assert!(ExactProduct::new(usize::MAX, usize::MAX, 2, 1, Accumulator::Fp64).is_err());
        assert_eq!(
            ExactProduct::with_ranges(8, 8, 8, 1, Accumulator::Int32, 128, 1),
            Err(ExactError::Range(128))
        );
        assert_eq!(
            ExactProduct::with_ranges(8, 8, 8, 1, Accumulator::Int32, 1, 0),
            Err(ExactError::Range(0))
        );
    }

    #[test]
    fn poison_and_fractions_are_no_results() {
        let returned = [3.0, -4.0, f32::NAN, 0.5, 3e9, f32::INFINITY];
        let seen: Vec<_> = (0..7).map(|index| Returned::Fp32(&returned).get(index)).collect();
        assert_eq!(seen, [Some(3), Some(-4), None, None, None, None, None]);
    }
}
