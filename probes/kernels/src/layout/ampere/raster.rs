//! The walk of the persistent blocks over the tiles of D.

/// Tile rows that are walked together, column by column, so that their operands stay in L2.
pub const RASTER_GROUP: u32 = 8;

/// Tile (row, column) at a place of the walk over `rows` × `columns` tiles.
pub fn tile(place: u32, rows: u32, columns: u32) -> (u32, u32) {
    let group = place / (RASTER_GROUP * columns);
    let inside = place % (RASTER_GROUP * columns);
    let height = RASTER_GROUP.min(rows - group * RASTER_GROUP);
    (group * RASTER_GROUP + inside % height, inside / height)
}

/// Places of the walk that a persistent block takes, in order.
pub fn places(block: u32, blocks: u32, tiles: u32) -> impl Iterator<Item = u32> {
    (block..tiles).step_by(blocks as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_blocks_together_compute_every_tile_once(rows in 1u32..40, columns in 1u32..40, blocks in 1u32..200) {
            let mut count = vec![0; (rows * columns) as usize];
            for block in 0..blocks {
                for place in places(block, blocks, rows * columns) {
                    let (row, column) = tile(place, rows, columns);
                    prop_assert!(row < rows && column < columns);
                    count[(row * columns + column) as usize] += 1;
                }
            }
            prop_assert!(count.iter().all(|n| *n == 1));
        }
    }

    #[test]
    fn neighbours_in_the_walk_share_operands() {
        let wave: Vec<_> = (0..108).map(|place| tile(place, 64, 32)).collect();
        let rows: std::collections::HashSet<_> = wave.iter().map(|t| t.0).collect();
        let columns: std::collections::HashSet<_> = wave.iter().map(|t| t.1).collect();
        assert_eq!(
            (rows.len(), columns.len()),
            (8, 14),
            "108 tiles at once need 22 panels and not 109"
        );
    }
}
