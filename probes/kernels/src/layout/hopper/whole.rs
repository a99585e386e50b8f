//! One block's tile after the other through all maps, byte by byte: boxes into a stage, descriptors out of it, fragments,
//! packets, D; compared with the plain product.

use super::fragment::{self, Warp};
use super::operands::{Operand, descriptor, loaded};
use super::raster::Raster;
use super::ring::cursor;
use super::shape::*;

/// An integer matrix, row-major.
struct Matrix {
    columns: usize,
    values: Vec<i32>,
}

impl Matrix {
    fn random(random: &mut fastrand::Rng, rows: usize, columns: usize) -> Self {
        Self {
            columns,
            values: (0..rows * columns).map(|_| random.i32(-100..=100)).collect(),
        }
    }

    fn row(&self, row: usize) -> &[i32] {
        &self.values[row * self.columns..][..self.columns]
    }

    fn times_transposed(&self, b: &Self) -> Vec<i32> {
        let n = b.values.len() / b.columns;
        let dot = |(row, column): (usize, usize)| self.row(row).iter().zip(b.row(column)).map(|(x, y)| x * y).sum();
        (0..self.values.len() / self.columns)
            .flat_map(|row| (0..n).map(move |column| (row, column)))
            .map(dot)
            .collect()
    }
}

/// Shared memory of a block.
struct Shared(Vec<u8>);

impl Shared {
    /// A tensor-map load: box of 128 bytes of K by `rows`, elements of `bytes`.
    fn load(&mut self, to: u32, from: &Matrix, k: usize, row: usize, rows: u32, bytes: usize) {
        for r in 0..rows {
            for (element, value) in from.row(row + r as usize)[k..][..ROW_BYTES as usize / bytes]
                .iter()
                .enumerate()
            {
                for (byte, part) in value.to_le_bytes()[..bytes].iter().enumerate() {
                    self.0[loaded(to, r, (element * bytes + byte) as u32) as usize] = *part;
                }
            }
        }
    }

    /// The elements of a row that one product takes.
    fn read(&self, operand: Operand, row: u32, bytes: usize) -> Vec<i32> {
        let element = |i: usize| {
            let mut value = [0u8; 4];
            for (byte, part) in value[4 - bytes..].iter_mut().enumerate() {
                *part = self.0[operand.read(row, (i * bytes + byte) as u32) as usize];
            }
            i32::from_le_bytes(value) >> (32 - 8 * bytes)
        };
        (0..STEP_BYTES as usize / bytes).map(element).collect()
    }
}

/// `wgmma`: adds the products of 64 rows of A and 256 of B to the accumulators of 128 threads.
fn multiply(d: &mut [[i32; ACCUMULATORS]], shared: &Shared, a: u64, b: u64, bytes: usize) {
    let [a, b] = [a, b].map(|d| Operand::decode(d).expect("a descriptor of ours"));
    let rows: Vec<_> = (0..PRODUCT_ROWS).map(|row| shared.read(a, row, bytes)).collect();
    let columns: Vec<_> = (0..TILE_COLUMNS).map(|row| shared.read(b, row, bytes)).collect();
    for (thread, sums) in d.iter_mut().enumerate() {
        for (index, sum) in sums.iter_mut().enumerate() {
            let (row, column) = fragment::place(thread as u32, index as u32);
            *sum += rows[row as usize]
                .iter()
                .zip(&columns[column as usize])
                .map(|(x, y)| x * y)
                .sum::<i32>();
        }
    }
}

/// Results as the stores leave them: place in D to value.
fn store(d: &[[i32; ACCUMULATORS]], narrow: bool, mut put: impl FnMut(usize, usize, i32)) {
    for (number, warp) in d.chunks(fragment::LANES).enumerate() {
        let warp: &Warp<i32> = warp.try_into().expect("a warp has 32 lanes");
        let packets: Vec<(u32, u32, Vec<i32>)> = if narrow {
            let packets = fragment::narrow(warp).into_iter();
            packets
                .map(|p| (p.row, p.byte / 2, p.words.as_flattened().to_vec()))
                .collect()
        } else {
            fragment::wide(warp)
                .into_iter()
                .map(|p| (p.row, p.byte / 4, p.words.to_vec()))
                .collect()
        };
        for (row, column, values) in packets {
            for (i, value) in values.into_iter().enumerate() {
                put(16 * number + row as usize, column as usize + i, value);
            }
        }
    }
}

/// The tile at (row, column) of D by block `rank`, the ring beginning at `use_`.
fn tile(a: &Matrix, b: &Matrix, place: (u32, u32), bytes: usize, mut use_: u32) -> [Vec<[i32; ACCUMULATORS]>; 2] {
    let depth = ROW_BYTES as usize / bytes;
    let base = 3 * ALIGNMENT;
    let mut shared = Shared(vec![0xa5; (base + STAGES * STAGE_BYTES) as usize]);
    let mut d = [vec![[0; ACCUMULATORS]; 128], vec![[0; ACCUMULATORS]; 128]];
    for k in (0..a.columns).step_by(depth) {
        let (stage, _) = cursor(use_, STAGES, 0);
        let (to_a, to_b) = (base + stage * STAGE_BYTES, base + stage * STAGE_BYTES + A_BYTES);
        shared.load(to_a, a, k, place.0 as usize, TILE_ROWS, bytes);
        let rows_of_b = TILE_COLUMNS / CLUSTER;
        for from in 0..CLUSTER {
            let row = place.1 + from * rows_of_b;
            shared.load(
                to_b + from * rows_of_b * ROW_BYTES,
                b,
                k,
                row as usize,
                rows_of_b,
                bytes,
            );
        }
        for (warpgroup, d) in d.iter_mut().enumerate() {
            let a = descriptor(to_a + warpgroup as u32 * (A_BYTES / 2));
            for step in 0..u64::from(ROW_BYTES / STEP_BYTES) {
                multiply(d, &shared, a + 2 * step, descriptor(to_b) + 2 * step, bytes);
            }
        }
        use_ += 1;
    }
    d
}

/// Two cluster tiles side by side, all blocks, two steps of K.
fn check(bytes: usize, narrow: bool, seed: u64) {
    let random = &mut fastrand::Rng::with_seed(seed);
    let (m, n, k) = (256, 512, 2 * ROW_BYTES as usize / bytes);
    let (a, b) = (Matrix::random(random, m, k), Matrix::random(random, n, k));
    let mut result = vec![None; m * n];
    let raster = Raster::new(m as u32, n as u32);
    for (number, rank) in (0..raster.tiles()).flat_map(|tile| (0..CLUSTER).map(move |rank| (tile, rank))) {
        let place = raster.place(number, rank);
        for (warpgroup, d) in tile(&a, &b, place, bytes, random.u32(0..100)).iter().enumerate() {
            store(d, narrow, |row, column, value| {
                let row = place.0 as usize + warpgroup * PRODUCT_ROWS as usize + row;
                let at = &mut result[row * n + place.1 as usize + column];
                assert_eq!(at.replace(value), None, "stored twice");
            });
        }
    }
    let result: Vec<i32> = result
        .into_iter()
        .map(|value| value.expect("every place is stored"))
        .collect();
    assert!(
        result == a.times_transposed(&b),
        "{bytes}-byte inputs, narrow output: {narrow}"
    );
}

#[test]
fn two_byte_inputs_multiply_to_narrow_and_wide_results() {
    check(2, true, 1);
    check(2, false, 2);
}

#[test]
fn one_byte_inputs_multiply() {
    check(1, false, 3);
}

#[test]
fn four_byte_inputs_multiply() {
    check(4, false, 4);
}
