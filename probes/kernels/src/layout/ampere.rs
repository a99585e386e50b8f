//! Models of the products that take pointers (`cuda/gemm80.cu`, `cuda/gemm_f64.cu`): where every byte lies on its way from
//! global memory through the swizzled ring in shared memory and the fragments of `mma.sync` to the result.
//!
//! The models follow NVIDIA's PTX ISA (9.7.14, fragments of `mma` and `ldmatrix`) and are written apart from the kernels;
//! `tests/products_on_cpu.rs` compiles the kernels' own text for the CPU, compares every map, and runs it.

pub mod banks;
pub mod fragments;
pub mod maps;
pub mod pipeline;
pub mod product;
pub mod raster;

/// Bytes of one asynchronous copy, and of one row of an 8×8 matrix of `ldmatrix`.
pub const CHUNK_BYTES: u32 = 16;
/// Depth of one `mma` of the 1-, 2- and 4-byte types.
pub const STEP_BYTES: u32 = 32;
/// Threads of a warp.
pub const LANES: u32 = 32;

/// How one thread block computes a tile of D.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows of D of a tile.
    pub tile_rows: u32,
    /// Columns of D of a tile.
    pub tile_columns: u32,
    /// Rows of D of one warp.
    pub warp_rows: u32,
    /// Columns of D of one warp.
    pub warp_columns: u32,
    /// Depth of one stage, bytes of a row of A or B.
    pub row_bytes: u32,
    /// Stages of the ring.
    pub stages: u32,
    /// Threads of a block.
    pub threads: u32,
}

/// Products with 1-, 2- and 4-byte inputs: 96 KiB of shared memory, which every GPU from 8.0 on grants.
pub const PRODUCT_SHAPE: Shape = Shape {
    tile_rows: 128,
    tile_columns: 256,
    warp_rows: 64,
    warp_columns: 64,
    row_bytes: 64,
    stages: 4,
    threads: 256,
};

/// The same on sm_80, which grants more: 144 KiB, half the barriers.
pub const DEEP_SHAPE: Shape = Shape {
    row_bytes: 128,
    stages: 3,
    ..PRODUCT_SHAPE
};

/// The fp64 product.
pub const F64_SHAPE: Shape = Shape {
    tile_rows: 128,
    tile_columns: 128,
    warp_rows: 32,
    warp_columns: 64,
    row_bytes: 128,
    stages: 3,
    threads: 256,
};

impl Shape {
    /// Byte offset of B's panel in a stage: A's panel comes first.
    pub const fn b_offset(self) -> u32 {
        self.tile_rows * self.row_bytes
    }

    /// Bytes of one stage.
    pub const fn stage_bytes(self) -> u32 {
        (self.tile_rows + self.tile_columns) * self.row_bytes
    }

    /// Dynamic shared memory of a block.
    pub const fn shared_bytes(self) -> u32 {
        self.stage_bytes() * self.stages
    }

    /// 16-byte chunks of a panel's row.
    pub const fn chunks(self) -> u32 {
        self.row_bytes / CHUNK_BYTES
    }

    /// First row and column, inside the tile, of a warp's part: warps go down the rows first.
    pub fn warp_origin(self, warp: u32) -> (u32, u32) {
        let down = self.tile_rows / self.warp_rows;
        (warp % down * self.warp_rows, warp / down * self.warp_columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warps_of_a_block_share_its_tile_without_overlap() {
        for shape in [PRODUCT_SHAPE, DEEP_SHAPE, F64_SHAPE] {
            let mut owner = vec![0; (shape.tile_rows * shape.tile_columns) as usize];
            for warp in 0..shape.threads / LANES {
                let (row, column) = shape.warp_origin(warp);
                for r in row..row + shape.warp_rows {
                    for c in column..column + shape.warp_columns {
                        owner[(r * shape.tile_columns + c) as usize] += 1;
                    }
                }
            }
            assert!(owner.iter().all(|count| *count == 1), "{shape:?}");
        }
    }
}
