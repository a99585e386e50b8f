//! `ldmatrix` and the fragments of `mma.sync`, element by element as the PTX ISA's tables give them.

use super::LANES;
use crate::abi::Format;

/// `ldmatrix.x4` of 8×8 matrices of 16-bit pairs: lane l gives the address of row l % 8 of matrix l / 8; lane l receives, of
/// each matrix, the four bytes from 4·(l % 4) on of row l / 4.
pub fn load_matrices(shared: &[u8], addresses: [u32; LANES as usize]) -> [[[u8; 4]; 4]; LANES as usize] {
    let mut registers = [[[0; 4]; 4]; LANES as usize];
    for (lane, own) in registers.iter_mut().enumerate() {
        for (matrix, register) in own.iter_mut().enumerate() {
            let at = addresses[matrix * 8 + lane / 4] as usize + lane % 4 * 4;
            register.copy_from_slice(&shared[at..at + 4]);
        }
    }
    registers
}

/// An instruction `mma.sync.aligned.<shape>.row.col`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// bf16 or fp16.
    M16n8k16,
    /// 8-bit integers or floats.
    M16n8k32,
    /// tf32.
    M16n8k8,
    /// fp64.
    M8n8k4F64,
    /// fp64, Hopper.
    M16n8k16F64,
}

impl Instruction {
    /// The one that the kernels use for inputs of this format.
    pub fn of(format: Format) -> Self {
        match format {
            Format::Bf16 | Format::Fp16 => Self::M16n8k16,
            Format::Fp8E4m3 | Format::Int8 => Self::M16n8k32,
            Format::Fp32 => Self::M16n8k8,
            Format::Fp64 => Self::M8n8k4F64,
        }
    }

    /// Rows of the result and depth; the columns are 8.
    pub fn rows_and_depth(self) -> (u32, u32) {
        match self {
            Self::M16n8k16 | Self::M16n8k16F64 => (16, 16),
            Self::M16n8k32 => (16, 32),
            Self::M16n8k8 => (16, 8),
            Self::M8n8k4F64 => (8, 4),
        }
    }

    /// Elements of A, of B and of the result in each lane.
    pub fn elements(self) -> (u32, u32, u32) {
        let (rows, depth) = self.rows_and_depth();
        (rows * depth / LANES, 8 * depth / LANES, rows * 8 / LANES)
    }

    /// Row and depth of element i of A in a lane.
    pub fn a(self, lane: u32, i: u32) -> (u32, u32) {
        let (group, thread) = (lane / 4, lane % 4);
        match self {
            Self::M16n8k16 => {
                let row = if i < 2 || (4..6).contains(&i) { group } else { group + 8 };
                (row, thread * 2 + i % 2 + if i < 4 { 0 } else { 8 })
            }
            Self::M16n8k32 => {
                let row = if i < 4 || (8..12).contains(&i) {
                    group
                } else {
                    group + 8
                };
                (row, thread * 4 + i % 4 + if i < 8 { 0 } else { 16 })
            }
            Self::M16n8k8 => {
                let row = if i == 0 || i == 2 { group } else { group + 8 };
                (row, thread + if i < 2 { 0 } else { 4 })
            }
            Self::M8n8k4F64 => (group, thread),
            Self::M16n8k16F64 if i.is_multiple_of(2) => (group, i * 2 + thread),
            Self::M16n8k16F64 => (group + 8, i * 2 - 2 + thread),
        }
    }

    /// Depth and column of element i of B in a lane.
    pub fn b(self, lane: u32, i: u32) -> (u32, u32) {
        let (group, thread) = (lane / 4, lane % 4);
        let depth = match self {
            Self::M16n8k16 => thread * 2 + i % 2 + if i < 2 { 0 } else { 8 },
            Self::M16n8k32 => thread * 4 + i % 4 + if i < 4 { 0 } else { 16 },
            Self::M16n8k8 => thread + if i < 1 { 0 } else { 4 },
            Self::M8n8k4F64 => thread,
            Self::M16n8k16F64 => thread + i * 4,
        };
        (depth, group)
    }

    /// Row and column of element i of the result in a lane.
    pub fn d(self, lane: u32, i: u32) -> (u32, u32) {
        (lane / 4 + i / 2 * 8, lane % 4 * 2 + i % 2)
    }

    /// D += A·B on lanes' elements; values are exact integers, so that order and rounding do not matter.
    ///
    /// # Panics
    /// When a lane has another number of elements than [`Instruction::elements`].
    pub fn multiply(self, d: &mut [Vec<f64>], a: &[Vec<f64>], b: &[Vec<f64>]) {
        let (rows, depth) = self.rows_and_depth();
        let mut matrix_a = vec![0.0; (rows * depth) as usize];
        let mut matrix_b = vec![0.0; (8 * depth) as usize];
        for lane in 0..LANES {
            let (own_a, own_b) = (&a[lane as usize], &b[lane as usize]);
            assert_eq!(
                (own_a.len() as u32, own_b.len() as u32),
                (self.elements().0, self.elements().1)
            );
            for (i, value) in own_a.iter().enumerate() {
                let (row, k) = self.a(lane, i as u32);
                matrix_a[(row * depth + k) as usize] = *value;
            }
            for (i, value) in own_b.iter().enumerate() {
                let (k, column) = self.b(lane, i as u32);
                matrix_b[(column * depth + k) as usize] = *value;
            }
        }
        for lane in 0..LANES {
            for (i, sum) in d[lane as usize].iter_mut().enumerate() {
                let (row, column) = self.d(lane, i as u32);
                let (x, y) = ((row * depth) as usize, (column * depth) as usize);
                let pairs = matrix_a[x..x + depth as usize]
                    .iter()
                    .zip(&matrix_b[y..y + depth as usize]);
                *sum += pairs.map(|(a, b)| a * b).sum::<f64>();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const ALL: [Instruction; 5] = [
        Instruction::M16n8k16,
        Instruction::M16n8k32,
        Instruction::M16n8k8,
        Instruction::M8n8k4F64,
        Instruction::M16n8k16F64,
    ];

    #[test]
    fn every_element_of_a_b_and_d_is_in_one_lane_once() {
        for instruction in ALL {
            let (rows, depth) = instruction.rows_and_depth();
            let (a, b, d) = instruction.elements();
            let places = |count: u32, map: &dyn Fn(u32, u32) -> (u32, u32)| -> HashSet<(u32, u32)> {
                (0..LANES)
                    .flat_map(|lane| (0..count).map(move |i| (lane, i)))
                    .map(|(lane, i)| map(lane, i))
                    .collect()
            };
            let full = |rows: u32, columns: u32| -> HashSet<(u32, u32)> {
                (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))).collect()
            };
            assert_eq!(
                places(a, &|l, i| instruction.a(l, i)),
                full(rows, depth),
                "A of {instruction:?}"
            );
            assert_eq!(
                places(b, &|l, i| instruction.b(l, i)),
                full(depth, 8),
                "B of {instruction:?}"
            );
            assert_eq!(
                places(d, &|l, i| instruction.d(l, i)),
                full(rows, 8),
                "D of {instruction:?}"
            );
        }
    }

    /// Why one text serves all types: ldmatrix moves 16-bit pairs, yet in bytes the fragments of 1-, 2- and 4-byte types lie
    /// alike: register r of A has row l/4 + 8·(r % 2) and bytes 16·(r / 2) + 4·(l % 4) on; of B row l/4, bytes 16·r + 4·(l % 4).
    #[test]
    fn in_bytes_the_fragments_of_all_types_lie_as_ldmatrix_brings_them() {
        for (instruction, bytes) in [
            (Instruction::M16n8k16, 2),
            (Instruction::M16n8k32, 1),
            (Instruction::M16n8k8, 4),
        ] {
            let in_register = 4 / bytes;
            for lane in 0..LANES {
                for i in 0..instruction.elements().0 {
                    let (row, k) = instruction.a(lane, i);
                    let (register, byte) = (i / in_register, i % in_register * bytes);
                    assert_eq!(row, lane / 4 + 8 * (register % 2), "{instruction:?}");
                    assert_eq!(
                        k * bytes,
                        16 * (register / 2) + 4 * (lane % 4) + byte,
                        "{instruction:?}"
                    );
                }
                for i in 0..instruction.elements().1 {
                    let (k, column) = instruction.b(lane, i);
                    let (register, byte) = (i / in_register, i % in_register * bytes);
                    assert_eq!(column, lane / 4);
                    assert_eq!(k * bytes, 16 * register + 4 * (lane % 4) + byte, "{instruction:?}");
                }
            }
        }
    }

    /// Hopper's fp64 instruction is eight of Ampere's: same lanes, elements in the order of depth.
    #[test]
    fn the_long_fp64_instruction_is_made_of_short_ones() {
        let (long, short) = (Instruction::M16n8k16F64, Instruction::M8n8k4F64);
        for lane in 0..LANES {
            for i in 0..8 {
                let (row, k) = short.a(lane, 0);
                assert_eq!(long.a(lane, i), (row + 8 * (i % 2), k + 4 * (i / 2)));
            }
            for i in 0..4 {
                let (k, column) = short.b(lane, 0);
                assert_eq!(long.b(lane, i), (k + 4 * i, column));
            }
        }
    }

    #[test]
    fn ldmatrix_brings_pairs_of_the_row_whose_address_another_lane_gave() {
        let shared: Vec<u8> = (0..=255).cycle().take(32 * 16).collect();
        let registers = load_matrices(&shared, std::array::from_fn(|lane| lane as u32 * 16));
        assert_eq!(registers[0][0], [0, 1, 2, 3]);
        assert_eq!(registers[5][0], [20, 21, 22, 23], "row 1, second pair of pairs");
        assert_eq!(
            registers[31][1],
            [252, 253, 254, 255],
            "row 7 of matrix 1 from lane 15's address"
        );
    }
}
