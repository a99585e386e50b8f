//! Where the bytes of A and B lie in shared memory: written by tensor-map loads, read by warpgroup products.

use super::shape::ROW_BYTES;

/// Bytes from one group of eight rows to the next.
pub const STRIDE_BYTES: u32 = 8 * ROW_BYTES;

/// The 128-byte swizzle of PTX: bits 4..=6 of a shared address (which 16-byte chunk of a row) are xored with bits 7..=9
/// (which row of eight).
pub fn swizzle(address: u32) -> u32 {
    address ^ (((address >> 7) & 7) << 4)
}

/// Where a tensor-map load with that swizzle puts a byte of its box: rows of 128 bytes one after the other from `to`.
pub fn loaded(to: u32, row: u32, byte: u32) -> u32 {
    swizzle(to + row * ROW_BYTES + byte)
}

/// Descriptor of an operand whose rows run along K, under the 128-byte swizzle; as `hopper::descriptor`.
pub fn descriptor(address: u32) -> u64 {
    u64::from((address & 0x3_ffff) >> 4) | (1 << 16) | (u64::from(STRIDE_BYTES >> 4) << 32) | (1 << 62)
}

/// What a warpgroup product reads in a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// Address of the first byte.
    pub start: u32,
    /// Bytes from one group of eight rows to the next.
    pub stride: u32,
}

impl Operand {
    /// `None` for another layout than the 128-byte swizzle with base offset zero.
    pub fn decode(descriptor: u64) -> Option<Self> {
        let field = |low: u32, bits: u32| ((descriptor >> low) & ((1 << bits) - 1)) as u32;
        (field(62, 2) == 1 && field(49, 3) == 0).then(|| Self {
            start: field(0, 14) << 4,
            stride: field(32, 14) << 4,
        })
    }

    /// Address of a byte of a row of the 32 bytes of K that a product takes.
    pub fn read(self, row: u32, byte: u32) -> u32 {
        swizzle(self.start + row / 8 * self.stride + row % 8 * ROW_BYTES + byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::hopper::shape::STEP_BYTES;
    use proptest::prelude::*;

    /// Fields by hand from the PTX table of matrix descriptors.
    #[test]
    fn descriptor_has_the_fields_of_ptx() {
        assert_eq!(descriptor(0x400), 0x4000_0040_0001_0040);
        assert_eq!(descriptor(0x3_0000), 0x4000_0040_0001_3000);
    }

    #[test]
    fn other_layouts_are_not_read() {
        assert_eq!(Operand::decode(descriptor(0) & !(1 << 62)), None);
        assert_eq!(Operand::decode(descriptor(0) | (1 << 63)), None);
        assert_eq!(Operand::decode(descriptor(0) | (1 << 49)), None);
    }

    /// The eight rows of a column of chunks lie in eight different groups of four banks, so they are read at once.
    #[test]
    fn a_column_of_chunks_meets_every_bank_once() {
        for chunk in 0..8 {
            let groups: std::collections::BTreeSet<_> =
                (0..8).map(|row| loaded(0x400, row, chunk * 16) % 128 / 16).collect();
            assert_eq!(groups.len(), 8, "chunk {chunk}");
        }
    }

    proptest! {
        #[test]
        fn descriptor_keeps_start_and_stride(unit in 0u32..(1 << 14)) {
            let start = unit << 4;
            prop_assert_eq!(Operand::decode(descriptor(start)), Some(Operand { start, stride: STRIDE_BYTES }));
        }

        /// A product at K step `step` reads just the bytes that the load put there, for any stage and any row of B.
        #[test]
        fn products_read_what_loads_wrote(base in 0u32..192, row in 0u32..256, step in 0u32..4, byte in 0u32..STEP_BYTES) {
            let base = base * 1024;
            let operand = Operand::decode(descriptor(base) + u64::from(step * 2));
            let operand = operand.expect("the step does not leave the address field");
            prop_assert_eq!(operand.read(row, byte), loaded(base, row, step * STEP_BYTES + byte));
        }

        /// A box is a permutation of its bytes that keeps each 1,024 bytes and each 16 bytes together.
        #[test]
        fn swizzle_moves_chunks_within_their_group(address in 0u32..(1 << 18)) {
            prop_assert_eq!(swizzle(swizzle(address)), address);
            prop_assert_eq!(swizzle(address) >> 7, address >> 7);
            prop_assert_eq!(swizzle(address) & 15, address & 15);
        }
    }
}
