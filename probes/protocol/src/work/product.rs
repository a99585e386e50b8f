//! The exact product on the CPU, in plain loops that the compiler turns into 16-bit multiply-adds.

/// Rows of B that are kept in the cache while all rows of A pass.
const B_PANEL: usize = 64;
/// Rows of B that share each load of a row of A.
const B_STEP: usize = 4;

/// D[m,n] = A[m,k] · B[n,k]ᵀ, row-major. Sums wrap as i32; [`ExactProduct`](super::exact::ExactProduct) keeps them from
/// getting there.
///
/// # Panics
/// When a slice is not of the shape.
pub fn multiply(a: &[i16], b: &[i16], m: usize, n: usize, k: usize) -> Vec<i32> {
    assert_eq!((a.len(), b.len()), (m * k, n * k), "matrices of the shape");
    let mut d = vec![0; m * n];
    multiply_rows(a, b, n, k, &mut d);
    d
}

/// [`multiply`] by `threads` threads, each a part of the rows.
///
/// # Panics
/// When a slice is not of the shape.
pub fn multiply_by_threads(a: &[i16], b: &[i16], m: usize, n: usize, k: usize, threads: usize) -> Vec<i32> {
    assert_eq!((a.len(), b.len()), (m * k, n * k), "matrices of the shape");
    let mut d = vec![0; m * n];
    if m * n * k == 0 {
        return d;
    }
    let rows = m.div_ceil(threads.max(1));
    std::thread::scope(|scope| {
        for (part, rows_of_a) in d.chunks_mut(rows * n).zip(a.chunks(rows * k)) {
            scope.spawn(move || multiply_rows(rows_of_a, b, n, k, part));
        }
    });
    d
}

fn multiply_rows(a: &[i16], b: &[i16], n: usize, k: usize, d: &mut [i32]) {
    if n * k == 0 {
        return;
    }
    for first in (0..n).step_by(B_PANEL) {
        let last = (first + B_PANEL).min(n);
        for (row, out) in a.chunks_exact(k).zip(d.chunks_exact_mut(n)) {
            let panel = &b[first * k..last * k];
            for (four, cells) in panel.chunks(B_STEP * k).zip(out[first..last].chunks_mut(B_STEP)) {
                if cells.len() == B_STEP {
                    cells.copy_from_slice(&dot_four(row, four, k));
                } else {
                    for (one, cell) in four.chunks_exact(k).zip(cells) {
                        *cell = dot(row, one);
                    }
                }
            }
        }
    }
}

/// D[m,n] = A[m,k] · B[n,k]ᵀ in fp64, each sum in the order of k: the reference for products of data that no format
/// holds exactly.
///
/// # Panics
/// When a slice is not of the shape.
pub fn multiply_f64(a: &[f64], b: &[f64], m: usize, n: usize, k: usize) -> Vec<f64> {
    assert_eq!((a.len(), b.len()), (m * k, n * k), "operands of {m}×{n}×{k}");
    if n * k == 0 {
        return vec![0.0; m * n];
    }
    let mut d = Vec::with_capacity(m * n);
    for row in a.chunks_exact(k) {
        d.extend(
            b.chunks_exact(k)
                .map(|column| row.iter().zip(column).map(|(x, y)| x * y).sum::<f64>()),
        );
    }
    d
}

#[inline]
fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter()
        .zip(b)
        .fold(0, |sum: i32, (x, y)| sum.wrapping_add(i32::from(*x) * i32::from(*y)))
}

#[inline]
fn dot_four(a: &[i16], four: &[i16], k: usize) -> [i32; B_STEP] {
    let (b0, rest) = four.split_at(k);
    let (b1, rest) = rest.split_at(k);
    let (b2, b3) = rest.split_at(k);
    let (mut s0, mut s1, mut s2, mut s3) = (0_i32, 0_i32, 0_i32, 0_i32);
    for ((((x, y0), y1), y2), y3) in a.iter().zip(b0).zip(b1).zip(b2).zip(b3) {
        let x = i32::from(*x);
        s0 = s0.wrapping_add(x * i32::from(*y0));
        s1 = s1.wrapping_add(x * i32::from(*y1));
        s2 = s2.wrapping_add(x * i32::from(*y2));
        s3 = s3.wrapping_add(x * i32::from(*y3));
    }
    [s0, s1, s2, s3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn it_is_the_naive_product(m in 1_usize..9, n in 1_usize..140, k in 1_usize..70, seed: u64) {
            let mut random = fastrand::Rng::with_seed(seed);
            let a: Vec<i16> = (0..m * k).map(|_| random.i16(-127..=127)).collect();
            let b: Vec<i16> = (0..n * k).map(|_| random.i16(-127..=127)).collect();
            let naive: Vec<i32> = (0..m * n)
                .map(|at| (0..k).map(|i| i32::from(a[at / n * k + i]) * i32::from(b[at % n * k + i])).sum())
                .collect();
            prop_assert_eq!(&multiply(&a, &b, m, n, k), &naive);
            prop_assert_eq!(&multiply_by_threads(&a, &b, m, n, k, 3), &naive);
        }
    }

    #[test]
    fn the_reference_in_doubles_is_the_product_of_integers() {
        let (a, b): (Vec<i16>, Vec<i16>) = ((0..6).map(|i| i - 2).collect(), (0..12).map(|i| 5 - i).collect());
        let wide = |values: &[i16]| values.iter().map(|v| f64::from(*v)).collect::<Vec<_>>();
        let exact: Vec<f64> = multiply(&a, &b, 2, 4, 3).into_iter().map(f64::from).collect();
        assert_eq!(multiply_f64(&wide(&a), &wide(&b), 2, 4, 3), exact);
    }

    #[test]
    fn nothing_times_nothing_is_nothing() {
        assert!(multiply(&[], &[], 0, 0, 4).is_empty());
        assert_eq!(multiply_by_threads(&[], &[], 2, 2, 0, 2), [0; 4]);
    }

    /// The shape of the quick mode, end to end on one core: generate, multiply, check, digest. Slow, so run by hand.
    #[test]
    #[ignore = "takes seconds"]
    fn the_quick_shape_takes_seconds() {
        use crate::work::{digest, exact, freivalds};
        let product = exact::ExactProduct::new(2048, 2048, 2048, 1, exact::Accumulator::Fp32).expect("exact");
        let mut last = std::time::Instant::now();
        let mut lap = |what: &str| {
            println!("{what}: {:?}", last.elapsed());
            last = std::time::Instant::now();
        };
        let (a, b) = (product.a(), product.b());
        lap("generate");
        let d = multiply(&a, &b, 2048, 2048, 2048);
        lap("multiply");
        assert!(freivalds::check(&product, exact::Returned::Int32(&d), 3, 2));
        lap("check");
        assert!(digest::digest(exact::Returned::Int32(&d)).is_some());
        lap("digest");
    }
}
