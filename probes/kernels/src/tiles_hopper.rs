//! Launch shapes of sm_90a's own products (tensor maps).

use crate::abi::{Operands, Tile};
use crate::arch::Arch;
use crate::layout::hopper::shape;

/// Bytes of one element of the inputs, by kernel.
pub(crate) const HOPPER: &[(&str, u32)] = &[
    ("gp_gemm_bf16_bf16", 2),
    ("gp_gemm_bf16_f32", 2),
    ("gp_gemm_f16_f16", 2),
    ("gp_gemm_f16_f32", 2),
    ("gp_gemm_e4m3_f32", 1),
    ("gp_gemm_s8_s32", 1),
    ("gp_gemm_tf32_f32", 4),
];

/// See [`tiles::tile`](crate::tiles::tile).
pub(crate) fn tile(arch: Arch, kernel: &str) -> Option<Tile> {
    let (_, bytes) = HOPPER.iter().find(|(name, _)| arch == Arch::Sm90a && *name == kernel)?;
    let depth = shape::ROW_BYTES / bytes;
    Some(Tile {
        rows: shape::TILE_ROWS,
        columns: shape::TILE_COLUMNS,
        depth,
        threads: shape::THREADS,
        cluster: shape::CLUSTER,
        shared_bytes: shape::SHARED_BYTES,
        operands: Operands::TensorMaps {
            box_a: (depth, shape::TILE_ROWS),
            box_b: (depth, shape::TILE_COLUMNS / shape::CLUSTER),
        },
    })
}
