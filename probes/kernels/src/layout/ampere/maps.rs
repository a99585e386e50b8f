//! The kernels' index maps: which address a thread copies to, a lane reads from, and a lane stores to.

use super::{CHUNK_BYTES, STEP_BYTES, Shape};

/// How a panel's chunks are exchanged inside 128-byte lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swizzle {
    /// Rows of 64 bytes read by `ldmatrix`: two rows a line, four places.
    Rows64,
    /// Rows of 128 bytes read by `ldmatrix`: one row a line, eight places.
    Rows128,
    /// Rows of 128 bytes of which a quarter warp reads four chunks of two rows.
    Double,
}

impl Swizzle {
    /// Bytes of a panel's row.
    pub fn row_bytes(self) -> u32 {
        if self == Self::Rows64 { 64 } else { 128 }
    }

    /// Byte offset in the panel of chunk `chunk` of row `row`.
    pub fn offset(self, row: u32, chunk: u32) -> u32 {
        let place = match self {
            Self::Rows64 => chunk ^ (row / 2 % 4),
            Self::Rows128 => chunk ^ (row % 8),
            Self::Double => chunk ^ (row % 2 * 4),
        };
        row * self.row_bytes() + place * CHUNK_BYTES
    }
}

/// What one thread copies for a panel: (row, chunk), a pass after the other.
pub fn copies(shape: Shape, rows: u32, thread: u32) -> impl Iterator<Item = (u32, u32)> {
    let rows_a_pass = shape.threads / shape.chunks();
    let (row, chunk) = (thread / shape.chunks(), thread % shape.chunks());
    (0..rows / rows_a_pass).map(move |pass| (row + pass * rows_a_pass, chunk))
}

/// Row and chunk whose address a lane gives to `ldmatrix.x4` for 16 rows of A at one step of depth.
pub fn a_address(lane: u32, step: u32) -> (u32, u32) {
    (lane % 16, step * (STEP_BYTES / CHUNK_BYTES) + lane / 16)
}

/// The same for 16 rows of B, which are two fragments of 8 columns of D.
pub fn b_address(lane: u32, step: u32) -> (u32, u32) {
    (
        lane % 8 + lane / 16 * 8,
        step * (STEP_BYTES / CHUNK_BYTES) + lane / 8 % 2,
    )
}

/// Row and chunk that a lane reads of 8 rows of an fp64 panel; `eight` is which eight of the stage's depths.
pub fn double_address(lane: u32, eight: u32) -> (u32, u32) {
    (lane / 4, eight * 4 + lane % 4)
}

/// Bytes of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 2 bytes: four lanes exchange four fragments of 8 columns.
    Two,
    /// 4 bytes: two lanes exchange two fragments.
    Four,
    /// 8 bytes: no exchange.
    Eight,
}

impl Width {
    /// Fragments of 8 columns that are exchanged together.
    pub fn fragments(self) -> u32 {
        match self {
            Self::Two => 4,
            Self::Four => 2,
            Self::Eight => 1,
        }
    }

    /// Results in a 16-byte packet.
    pub fn packet(self) -> u32 {
        match self {
            Self::Two => 8,
            Self::Four => 4,
            Self::Eight => 2,
        }
    }

    /// First column of a lane's packet, inside the fragments exchanged together.
    pub fn column(self, lane: u32) -> u32 {
        match self {
            Self::Two => lane % 4 * 8,
            Self::Four => lane % 2 * 8 + lane / 2 % 2 * 4,
            Self::Eight => lane % 4 * 2,
        }
    }
}

/// Row of a lane's results inside 16 rows; `half` is which eight.
pub fn d_row(lane: u32, half: u32) -> u32 {
    half * 8 + lane / 4
}

/// What the exchange leaves in a lane's packet: for each of its results the (lane, fragment, element 0 or 1 of the pair) it
/// came from.
pub fn exchanged(width: Width, lane: u32) -> Vec<(u32, u32, u32)> {
    let quad = lane / 4 * 4;
    match width {
        Width::Two => (0..8).map(|e| (quad + e / 2, lane % 4, e % 2)).collect(),
        Width::Four => (0..4).map(|e| (lane / 2 * 2 + e / 2, lane % 2, e % 2)).collect(),
        Width::Eight => (0..2).map(|e| (lane, 0, e)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DEEP_SHAPE, F64_SHAPE, LANES, PRODUCT_SHAPE};
    use super::*;
    use std::collections::HashSet;

    const ALL: [Swizzle; 3] = [Swizzle::Rows64, Swizzle::Rows128, Swizzle::Double];

    #[test]
    fn a_swizzle_moves_chunks_inside_their_128_byte_line_and_loses_none() {
        for swizzle in ALL {
            let rows = 64;
            let mut seen = HashSet::new();
            for row in 0..rows {
                for chunk in 0..swizzle.row_bytes() / CHUNK_BYTES {
                    let at = swizzle.offset(row, chunk);
                    assert_eq!(at / swizzle.row_bytes(), row, "stays in its row");
                    assert!(at % CHUNK_BYTES == 0 && seen.insert(at));
                }
            }
            assert_eq!(seen.len() as u32, rows * swizzle.row_bytes() / CHUNK_BYTES);
        }
    }

    /// The kernels compute one address a lane and xor the step in: only a swizzle that is an xor by row allows it.
    #[test]
    fn a_step_of_depth_may_be_xored_into_the_swizzled_address() {
        for (swizzle, steps) in [(Swizzle::Rows64, 2), (Swizzle::Rows128, 4)] {
            for lane in 0..LANES {
                for step in 0..steps {
                    for address in [a_address, b_address] {
                        let ((row, first), (_, chunk)) = (address(lane, 0), address(lane, step));
                        assert_eq!(
                            swizzle.offset(row, first) ^ (step * STEP_BYTES),
                            swizzle.offset(row, chunk)
                        );
                    }
                }
            }
        }
        for lane in 0..LANES {
            let ((row, first), (_, second)) = (double_address(lane, 0), double_address(lane, 1));
            assert_eq!(
                Swizzle::Double.offset(row, first) ^ 64,
                Swizzle::Double.offset(row, second)
            );
        }
    }

    /// Adding multiples of 8 rows after the swizzle is what the kernels do for fragments and passes of copies.
    #[test]
    fn eight_rows_on_the_swizzle_is_the_same() {
        for swizzle in ALL {
            for row in 0..64 {
                for chunk in 0..swizzle.row_bytes() / CHUNK_BYTES {
                    assert_eq!(
                        swizzle.offset(row + 8, chunk),
                        swizzle.offset(row, chunk) + 8 * swizzle.row_bytes()
                    );
                }
            }
        }
    }

    #[test]
    fn the_threads_copy_every_chunk_of_both_panels_once() {
        for shape in [PRODUCT_SHAPE, DEEP_SHAPE, F64_SHAPE] {
            for rows in [shape.tile_rows, shape.tile_columns] {
                let all: Vec<_> = (0..shape.threads)
                    .flat_map(|thread| copies(shape, rows, thread))
                    .collect();
                let distinct: HashSet<_> = all.iter().copied().collect();
                assert_eq!(
                    (all.len(), distinct.len() as u32),
                    (distinct.len(), rows * shape.chunks())
                );
                assert!(
                    distinct
                        .iter()
                        .all(|(row, chunk)| *row < rows && *chunk < shape.chunks())
                );
            }
        }
    }

    #[test]
    fn packets_of_a_warp_cover_16_rows_of_the_exchanged_fragments_once() {
        for width in [Width::Two, Width::Four, Width::Eight] {
            let mut seen = HashSet::new();
            for lane in 0..LANES {
                for half in 0..2 {
                    for e in 0..width.packet() {
                        assert!(seen.insert((d_row(lane, half), width.column(lane) + e)));
                    }
                }
            }
            assert_eq!(seen.len() as u32, 16 * 8 * width.fragments());
        }
    }
}
