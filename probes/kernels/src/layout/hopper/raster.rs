//! Which tile of D a cluster computes when.

use super::shape::{CLUSTER, GROUP_ROWS, TILE_COLUMNS, TILE_ROWS};

/// Tiles of D, in clusters along m.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Rows of cluster tiles.
    pub tiles_m: u32,
    /// Columns of tiles.
    pub tiles_n: u32,
}

impl Raster {
    /// `m` and `n` are multiples of the cluster's tile.
    pub fn new(m: u32, n: u32) -> Self {
        Self {
            tiles_m: m / (TILE_ROWS * CLUSTER),
            tiles_n: n / TILE_COLUMNS,
        }
    }

    /// Tiles of clusters in all.
    pub fn tiles(self) -> u32 {
        self.tiles_m * self.tiles_n
    }

    /// First row and column of D of block `rank` of the cluster that has `tile`; as `Problem::place`.
    pub fn place(self, tile: u32, rank: u32) -> (u32, u32) {
        let (group, within) = (tile / (GROUP_ROWS * self.tiles_n), tile % (GROUP_ROWS * self.tiles_n));
        let rows = GROUP_ROWS.min(self.tiles_m - group * GROUP_ROWS);
        let row = ((group * GROUP_ROWS + within % rows) * CLUSTER + rank) * TILE_ROWS;
        (row, within / rows * TILE_COLUMNS)
    }

    /// Tiles that a cluster of a grid of `blocks` takes, in order.
    pub fn walk(self, cluster: u32, blocks: u32) -> impl Iterator<Item = u32> {
        (cluster..self.tiles()).step_by((blocks / CLUSTER) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Whatever the sizes and the grid: every tile of D once, none outside.
        #[test]
        fn every_tile_is_computed_once(tiles_m in 1u32..40, tiles_n in 1u32..20, clusters in 1u32..80) {
            let (m, n) = (tiles_m * TILE_ROWS * CLUSTER, tiles_n * TILE_COLUMNS);
            let raster = Raster::new(m, n);
            let mut seen = BTreeSet::new();
            for cluster in 0..clusters {
                for tile in raster.walk(cluster, clusters * CLUSTER) {
                    for rank in 0..CLUSTER {
                        let (row, column) = raster.place(tile, rank);
                        prop_assert!(row + TILE_ROWS <= m && column + TILE_COLUMNS <= n);
                        prop_assert!(seen.insert((row, column)), "twice: {row}, {column}");
                    }
                }
            }
            prop_assert_eq!(seen.len() as u32, tiles_m * CLUSTER * tiles_n);
        }

        /// Block 0 has never fewer tiles than another, so its clock covers the kernel.
        #[test]
        fn the_first_cluster_works_longest(tiles in 1u32..3000, clusters in 1u32..80) {
            let raster = Raster { tiles_m: tiles, tiles_n: 1 };
            let first = raster.walk(0, clusters * CLUSTER).count();
            prop_assert!((0..clusters).all(|c| raster.walk(c, clusters * CLUSTER).count() <= first));
        }
    }

    /// 66 clusters at work at once on 8192² share 8 strips of A and at most 10 of B; row by row it would be 3 and 32.
    #[test]
    fn clusters_at_work_share_operands() {
        let raster = Raster::new(8192, 8192);
        let group = GROUP_ROWS * raster.tiles_n;
        for start in (0..raster.tiles() - 66).filter(|start| start / group == (start + 65) / group) {
            let places: Vec<_> = (start..start + 66).map(|tile| raster.place(tile, 0)).collect();
            let rows: BTreeSet<_> = places.iter().map(|p| p.0).collect();
            let columns: BTreeSet<_> = places.iter().map(|p| p.1).collect();
            assert!(
                rows.len() == 8 && columns.len() <= 10,
                "{} rows and {} columns",
                rows.len(),
                columns.len()
            );
        }
    }
}
