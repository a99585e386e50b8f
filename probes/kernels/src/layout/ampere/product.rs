//! One tile of D through all the maps: global memory, swizzled stage, lanes' registers, `mma`, exchange, addresses of D.

use super::fragments::{Instruction, load_matrices};
use super::maps::{Swizzle, Width, a_address, b_address, copies, d_row, double_address, exchanged};
use super::{CHUNK_BYTES, LANES, STEP_BYTES, Shape, raster};
use crate::abi::Format;

/// A product as a kernel is asked for it; `a` and `b` are the operands' bytes, rows of `k` elements.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Format of A and B.
    pub format: Format,
    /// Shape of the kernel.
    pub shape: Shape,
    /// Swizzle of its panels.
    pub swizzle: Swizzle,
    /// Width of the results.
    pub width: Width,
    /// Sizes: D is m × n, depth k, multiples of the tile.
    pub sizes: [u32; 3],
    /// A, row-major.
    pub a: &'a [u8],
    /// B, row-major, rows are columns of D.
    pub b: &'a [u8],
}

/// Sums of one warp's fragments: `[16-row fragment][8-column fragment][lane]` of four elements.
type Sums = Vec<Vec<Vec<Vec<f64>>>>;

/// Values of a lane's elements, by lane.
type Lanes = Vec<Vec<f64>>;

impl Job<'_> {
    /// Computes the tile at a place of the walk and calls `store(row, column, value)` for each result.
    pub fn tile(&self, place: u32, mut store: impl FnMut(u32, u32, f64)) {
        let [m, n, k] = self.sizes;
        let (row, column) = raster::tile(place, m / self.shape.tile_rows, n / self.shape.tile_columns);
        let origin = (row * self.shape.tile_rows, column * self.shape.tile_columns);
        let blocks = k * self.format.bytes() as u32 / self.shape.row_bytes;
        let mut sums: Vec<Sums> = (0..self.shape.threads / LANES).map(|_| self.clear()).collect();
        for block in 0..blocks {
            let stage = self.stage(origin, block);
            for (warp, sums) in sums.iter_mut().enumerate() {
                if self.format == Format::Fp64 {
                    self.add_doubles(&stage, warp as u32, sums);
                } else {
                    self.add_steps(&stage, warp as u32, sums);
                }
            }
        }
        for (warp, sums) in sums.iter().enumerate() {
            let (row, column) = self.shape.warp_origin(warp as u32);
            self.store(sums, |r, c, value| {
                store(origin.0 + row + r, origin.1 + column + c, value)
            });
        }
    }

    fn clear(&self) -> Sums {
        let columns = vec![vec![vec![0.0; 4]; LANES as usize]; self.shape.warp_columns as usize / 8];
        vec![columns; self.shape.warp_rows as usize / 16]
    }

    /// Bytes of a stage after all threads' copies of one block of depth.
    fn stage(&self, origin: (u32, u32), block: u32) -> Vec<u8> {
        let row_bytes = self.sizes[2] as usize * self.format.bytes();
        let mut stage = vec![0xff; self.shape.stage_bytes() as usize];
        let panels = [
            (self.a, origin.0, self.shape.tile_rows, 0),
            (self.b, origin.1, self.shape.tile_columns, self.shape.b_offset()),
        ];
        for (matrix, first, rows, offset) in panels {
            for thread in 0..self.shape.threads {
                for (row, chunk) in copies(self.shape, rows, thread) {
                    let from = (first + row) as usize * row_bytes
                        + (block * self.shape.row_bytes + chunk * CHUNK_BYTES) as usize;
                    let to = (offset + self.swizzle.offset(row, chunk)) as usize;
                    let bytes = CHUNK_BYTES as usize;
                    stage[to..to + bytes].copy_from_slice(&matrix[from..from + bytes]);
                }
            }
        }
        stage
    }

    fn values(&self, registers: &[[u8; 4]]) -> Vec<f64> {
        registers
            .concat()
            .chunks(self.format.bytes())
            .map(|bytes| self.format.decode(bytes))
            .collect()
    }

    fn add_steps(&self, stage: &[u8], warp: u32, sums: &mut Sums) {
        let instruction = Instruction::of(self.format);
        let (row, column) = self.shape.warp_origin(warp);
        for step in 0..self.shape.row_bytes / STEP_BYTES {
            let load = |panel: u32, first: u32, map: fn(u32, u32) -> (u32, u32)| {
                load_matrices(
                    stage,
                    std::array::from_fn(|lane| {
                        let (r, chunk) = map(lane as u32, step);
                        panel + self.swizzle.offset(first + r, chunk)
                    }),
                )
            };
            for (i, sums) in sums.iter_mut().enumerate() {
                let registers = load(0, row + i as u32 * 16, a_address);
                let a: Lanes = registers.iter().map(|own| self.values(own)).collect();
                for (j, sums) in sums.iter_mut().enumerate() {
                    let registers = load(self.shape.b_offset(), column + j as u32 / 2 * 16, b_address);
                    let pair = j % 2 * 2;
                    let b: Lanes = registers.iter().map(|own| self.values(&own[pair..pair + 2])).collect();
                    instruction.multiply(sums, &a, &b);
                }
            }
        }
    }

    /// Depths are taken evens first, then odds, of every eight; A and B agree.
    fn add_doubles(&self, stage: &[u8], warp: u32, sums: &mut Sums) {
        let (row, column) = self.shape.warp_origin(warp);
        let read = |panel: u32, first: u32, eight: u32, odd: u32| -> Lanes {
            let value = |lane| {
                let (r, chunk) = double_address(lane, eight);
                let at = (panel + self.swizzle.offset(first + r, chunk) + odd * 8) as usize;
                vec![self.format.decode(&stage[at..at + 8])]
            };
            (0..LANES).map(value).collect()
        };
        for (eight, odd) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for (i, sums) in sums.iter_mut().enumerate() {
                for half in 0..2 {
                    let a = read(0, row + i as u32 * 16 + half * 8, eight, odd);
                    for (j, sums) in sums.iter_mut().enumerate() {
                        let b = read(self.shape.b_offset(), column + j as u32 * 8, eight, odd);
                        let own = half as usize * 2..half as usize * 2 + 2;
                        let mut part: Lanes = sums.iter().map(|lane| lane[own.clone()].to_vec()).collect();
                        Instruction::M8n8k4F64.multiply(&mut part, &a, &b);
                        for (lane, part) in sums.iter_mut().zip(part) {
                            lane[own.clone()].copy_from_slice(&part);
                        }
                    }
                }
            }
        }
    }

    fn store(&self, sums: &Sums, mut store: impl FnMut(u32, u32, f64)) {
        let together = self.width.fragments();
        for (i, sums) in sums.iter().enumerate() {
            for first in (0..sums.len() as u32).step_by(together as usize) {
                for lane in 0..LANES {
                    for half in 0..2 {
                        for (e, (from, fragment, pair)) in exchanged(self.width, lane).into_iter().enumerate() {
                            let value = sums[(first + fragment) as usize][from as usize][(half * 2 + pair) as usize];
                            let column = first * 8 + self.width.column(lane) + e as u32;
                            store(i as u32 * 16 + d_row(lane, half), column, value);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DEEP_SHAPE, F64_SHAPE, PRODUCT_SHAPE};
    use super::*;
    use proptest::prelude::*;

    fn kernel(format: Format, width: Width, deep: bool) -> (Shape, Swizzle, Width) {
        match (format, deep) {
            (Format::Fp64, _) => (F64_SHAPE, Swizzle::Double, width),
            (_, false) => (PRODUCT_SHAPE, Swizzle::Rows64, width),
            (_, true) => (DEEP_SHAPE, Swizzle::Rows128, width),
        }
    }

    const KERNELS: [(Format, Width); 6] = [
        (Format::Bf16, Width::Two),
        (Format::Fp16, Width::Four),
        (Format::Int8, Width::Four),
        (Format::Fp8E4m3, Width::Four),
        (Format::Fp32, Width::Four),
        (Format::Fp64, Width::Eight),
    ];

    fn integers(seed: u64, count: u32, format: Format) -> (Vec<i64>, Vec<u8>) {
        let mut random = fastrand::Rng::with_seed(seed);
        let limit = if format == Format::Fp8E4m3 { 16 } else { 127 };
        let values: Vec<i64> = (0..count).map(|_| random.i64(-limit..=limit)).collect();
        let mut bytes = vec![0; count as usize * format.bytes()];
        for (value, out) in values.iter().zip(bytes.chunks_mut(format.bytes())) {
            if format == Format::Int8 {
                out[0] = *value as i8 as u8
            } else {
                format.encode(*value as f32, out)
            }
        }
        (values, bytes)
    }

    fn check(format: Format, width: Width, deep: bool, seed: u64) {
        let (shape, swizzle, width) = kernel(format, width, deep);
        let mut random = fastrand::Rng::with_seed(seed);
        let grid = (random.u32(1..=3), random.u32(1..=2));
        let k = shape.row_bytes / format.bytes() as u32 * random.u32(1..=2);
        let sizes = [grid.0 * shape.tile_rows, grid.1 * shape.tile_columns, k];
        let (values_a, a) = integers(seed ^ 1, sizes[0] * k, format);
        let (values_b, b) = integers(seed ^ 2, sizes[1] * k, format);
        let job = Job {
            format,
            shape,
            swizzle,
            width,
            sizes,
            a: &a,
            b: &b,
        };
        let place = random.u32(0..grid.0 * grid.1);
        let mut stored = std::collections::HashMap::new();
        job.tile(place, |row, column, value| {
            assert!(stored.insert((row, column), value).is_none(), "stored twice")
        });
        let (tile_row, tile_column) = raster::tile(place, grid.0, grid.1);
        assert_eq!(stored.len() as u32, shape.tile_rows * shape.tile_columns);
        for row in tile_row * shape.tile_rows..(tile_row + 1) * shape.tile_rows {
            for column in tile_column * shape.tile_columns..(tile_column + 1) * shape.tile_columns {
                let (x, y) = ((row * k) as usize, (column * k) as usize);
                let pairs = values_a[x..x + k as usize].iter().zip(&values_b[y..y + k as usize]);
                let naive: i64 = pairs.map(|(a, b)| a * b).sum();
                assert_eq!(stored[&(row, column)], naive as f64, "{format:?} D[{row}, {column}]");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_tile_through_all_maps_is_the_naive_product(which in 0..KERNELS.len(), deep: bool, seed: u64) {
            check(KERNELS[which].0, KERNELS[which].1, deep, seed);
        }
    }

    #[test]
    fn every_kernel_is_the_naive_product() {
        for (format, width) in KERNELS {
            check(format, width, false, 7);
        }
        check(Format::Bf16, Width::Two, true, 8);
    }
}
