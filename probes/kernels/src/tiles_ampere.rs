//! Launch shapes of the products that take pointers.

use crate::abi::{GEMMS, Operands, Tile};
use crate::arch::Arch;
use crate::layout::ampere::{DEEP_SHAPE, F64_SHAPE, PRODUCT_SHAPE};

/// See [`tiles::tile`](crate::tiles::tile).
pub(crate) fn tile(arch: Arch, kernel: &str) -> Option<Tile> {
    let gemm = GEMMS.iter().find(|gemm| gemm.name == kernel)?;
    let pointers = matches!(
        arch,
        Arch::Sm80 | Arch::Sm86 | Arch::Sm89 | Arch::Sm120 | Arch::Compute80
    );
    // mma.sync on e4m3 is an instruction of its own only there; elsewhere it is made of fp16 products.
    let e4m3 = matches!(arch, Arch::Sm89 | Arch::Sm120);
    let (shape, element_bytes) = match kernel {
        "gp_gemm_f64_f64" if pointers || arch == Arch::Sm90a => (F64_SHAPE, 8),
        "gp_gemm_e4m3_f32" if !e4m3 => return None,
        _ if arch == Arch::Sm80 => (DEEP_SHAPE, gemm.input.bytes()),
        _ if pointers => (PRODUCT_SHAPE, gemm.input.bytes()),
        _ => return None,
    };
    Some(Tile {
        rows: shape.tile_rows,
        columns: shape.tile_columns,
        depth: shape.row_bytes / element_bytes as u32,
        threads: shape.threads,
        cluster: 1,
        shared_bytes: shape.shared_bytes(),
        operands: Operands::Pointers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::ARCHES;

    const KIB: u32 = 1024;

    fn shared_limit(arch: Arch) -> u32 {
        match arch {
            Arch::Sm80 => 163 * KIB,
            Arch::Sm90a => 227 * KIB,
            _ => 99 * KIB,
        }
    }

    #[test]
    fn every_image_has_its_products_and_no_other() {
        for arch in ARCHES {
            let has: Vec<_> = GEMMS
                .iter()
                .map(|g| g.name)
                .filter(|name| tile(arch, name).is_some())
                .collect();
            let all = GEMMS.len();
            let expected = match arch {
                Arch::Sm89 | Arch::Sm120 => all,
                Arch::Sm80 | Arch::Sm86 | Arch::Compute80 => all - 1,
                Arch::Sm90a => 1,
                _ => 0,
            };
            assert_eq!(has.len(), expected, "{arch}: {has:?}");
        }
        assert_eq!(tile(Arch::Sm80, "gp_gemm_e4m3_f32"), None);
        assert_eq!(tile(Arch::Sm80, "gp_read"), None);
    }

    #[test]
    fn tiles_divide_the_probes_shapes_and_fit_every_gpu_the_image_may_run_on() {
        for arch in ARCHES {
            for gemm in GEMMS {
                let Some(tile) = tile(arch, gemm.name) else { continue };
                for n in [2048, 8192] {
                    assert_eq!(
                        (n % tile.rows, n % tile.columns, n % tile.depth),
                        (0, 0, 0),
                        "{arch} {}",
                        gemm.name
                    );
                }
                assert!(
                    tile.shared_bytes <= shared_limit(arch),
                    "{arch} {}: {}",
                    gemm.name,
                    tile.shared_bytes
                );
            }
        }
    }
}
