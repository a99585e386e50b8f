//! Accumulators of a warpgroup product m64n256, and how a warp turns them into 16-byte packets of D (`hopper_store.cuh`).

use super::shape::ACCUMULATORS;

/// Lanes of a warp.
pub const LANES: usize = 32;

/// Row and column of D, within the 64 × 256 results of a warpgroup, that accumulator `index` of `thread` (of 128) holds: the
/// table of `wgmma.mma_async` D fragments in PTX.
pub fn place(thread: u32, index: u32) -> (u32, u32) {
    let (warp, lane) = (thread / 32, thread % 32);
    let row = 16 * warp + lane / 4 + 8 * (index / 2 % 2);
    let column = 8 * (index / 4) + 2 * (lane % 4) + index % 2;
    (row, column)
}

/// One 16-byte store of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<T> {
    /// Row within the 16 rows of the warp.
    pub row: u32,
    /// First byte within the row of D of this tile.
    pub byte: u32,
    /// What is stored, lowest address first: pairs of two-byte results, or four-byte results.
    pub words: [T; 4],
}

/// Registers of a warp: what each lane holds.
pub type Warp<T> = [[T; ACCUMULATORS]; LANES];

/// `shfl.xor` by `bit`: lanes with that bit give `x` and take into `x`, the others `y`.
fn exchange<T: Copy, const N: usize>(lanes: &mut [[T; N]; LANES], x: usize, y: usize, bit: usize) {
    let given: Vec<T> = lanes
        .iter()
        .enumerate()
        .map(|(lane, v)| if lane & bit != 0 { v[x] } else { v[y] })
        .collect();
    for (lane, v) in lanes.iter_mut().enumerate() {
        v[if lane & bit != 0 { x } else { y }] = given[lane ^ bit];
    }
}

fn packets<T: Copy>(lanes: &[[T; 4]; LANES], half: usize, byte: impl Fn(usize) -> usize) -> Vec<Packet<T>> {
    let packet = |(lane, words): (usize, &[T; 4])| Packet {
        row: (lane / 4 + 8 * half) as u32,
        byte: byte(lane) as u32,
        words: *words,
    };
    lanes.iter().enumerate().map(packet).collect()
}

/// Stores of two-byte results: `Narrow::store`. A word is two neighbours of a row.
pub fn narrow<T: Copy>(warp: &Warp<T>) -> Vec<Packet<[T; 2]>> {
    let mut stores = Vec::new();
    for (group, half) in (0..8).flat_map(|group| [(group, 0), (group, 1)]) {
        let pair = |d: &[T; ACCUMULATORS], i: usize| {
            let at = 16 * group + 4 * i + 2 * half;
            [d[at], d[at + 1]]
        };
        let mut v: [[[T; 2]; 4]; LANES] = std::array::from_fn(|lane| std::array::from_fn(|i| pair(&warp[lane], i)));
        exchange(&mut v, 0, 1, 1);
        exchange(&mut v, 2, 3, 1);
        exchange(&mut v, 0, 2, 2);
        exchange(&mut v, 1, 3, 2);
        stores.extend(packets(&v, half, |lane| 64 * group + 16 * (lane & 3)));
    }
    stores
}

/// Stores of four-byte results: `Wide::store`.
pub fn wide<T: Copy>(warp: &Warp<T>) -> Vec<Packet<T>> {
    let mut stores = Vec::new();
    for (group, half) in (0..16).flat_map(|group| [(group, 0), (group, 1)]) {
        let at = 8 * group + 2 * half;
        // a[0], a[1], b[0], b[1]
        let mut v: [[T; 4]; LANES] = std::array::from_fn(|lane| [0, 1, 4, 5].map(|i| warp[lane][at + i]));
        exchange(&mut v, 0, 2, 1);
        exchange(&mut v, 1, 3, 1);
        stores.extend(packets(&v, half, |lane| {
            64 * group + 32 * (lane & 1) + 16 * (lane >> 1 & 1)
        }));
    }
    stores
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    type Place = (u32, u32);

    /// A warp whose accumulators hold their own places.
    fn places() -> Box<Warp<Place>> {
        Box::new(std::array::from_fn(|lane| {
            std::array::from_fn(|index| place(lane as u32, index as u32))
        }))
    }

    #[test]
    fn fragments_cover_the_product_once() {
        let all: BTreeSet<Place> = (0..128)
            .flat_map(|thread| (0..128).map(move |i| place(thread, i)))
            .collect();
        assert_eq!(all.len(), 64 * 256);
        assert_eq!(all.last(), Some(&(63, 255)));
    }

    /// Corners of the table in PTX.
    #[test]
    fn fragments_are_those_of_ptx() {
        assert_eq!(place(0, 1), (0, 1));
        assert_eq!(place(3, 0), (0, 6));
        assert_eq!(place(4, 2), (9, 0));
        assert_eq!(place(127, 127), (63, 255));
        assert_eq!(place(32, 4), (16, 8));
    }

    #[test]
    fn narrow_stores_hold_eight_neighbours_each() {
        let stores = narrow(&places());
        let mut seen = BTreeSet::new();
        for store in &stores {
            let want: Vec<Place> = (0..8).map(|i| (store.row, store.byte / 2 + i)).collect();
            assert_eq!(store.words.as_flattened(), want);
            assert_eq!(store.byte % 16, 0);
            seen.insert((store.row, store.byte));
        }
        assert_eq!((stores.len(), seen.len()), (16 * 32, 16 * 32));
    }

    #[test]
    fn wide_stores_hold_four_neighbours_each() {
        let stores = wide(&places());
        let mut seen = BTreeSet::new();
        for store in &stores {
            let want: Vec<Place> = (0..4).map(|i| (store.row, store.byte / 4 + i)).collect();
            assert_eq!(store.words.to_vec(), want);
            assert_eq!(store.byte % 16, 0);
            seen.insert((store.row, store.byte));
        }
        assert_eq!((stores.len(), seen.len()), (32 * 32, 32 * 32));
    }

    /// One store instruction of a warp fills whole 32-byte sectors.
    #[test]
    fn a_store_leaves_no_sector_half_written() {
        let places = places();
        let of = |stores: Vec<(u32, u32)>| {
            for instruction in stores.chunks(LANES) {
                let chunks: BTreeSet<_> = instruction.iter().collect();
                assert!(chunks.iter().all(|(row, byte)| chunks.contains(&(*row, byte ^ 16))));
            }
        };
        of(narrow(&places).iter().map(|p| (p.row, p.byte)).collect());
        of(wide(&places).iter().map(|p| (p.row, p.byte)).collect());
    }
}
