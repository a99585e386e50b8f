//! Conflicts of shared memory: 32 banks of 4 bytes; 16-byte accesses of a warp run eight lanes at a time, and each such
//! phase takes as many turns as the fullest bank has different words.

/// Lanes of a warp that one phase of 16-byte accesses serves.
pub const PHASE_LANES: usize = 8;

/// Turns that one phase of 16-byte accesses takes; 1 means no conflict.
pub fn turns(addresses: &[u32]) -> usize {
    let mut words = [const { Vec::new() }; 32];
    for address in addresses {
        for word in address / 4..address / 4 + 4 {
            let bank: &mut Vec<u32> = &mut words[(word % 32) as usize];
            if !bank.contains(&word) {
                bank.push(word);
            }
        }
    }
    words.iter().map(Vec::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::maps::{Swizzle, a_address, b_address, copies, double_address};
    use super::super::{DEEP_SHAPE, F64_SHAPE, LANES, PRODUCT_SHAPE};
    use super::*;

    fn worst(addresses: impl Iterator<Item = u32>) -> usize {
        addresses
            .collect::<Vec<_>>()
            .chunks(PHASE_LANES)
            .map(turns)
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn the_count_of_turns_knows_a_conflict() {
        assert_eq!(turns(&[0, 16, 32, 48, 64, 80, 96, 112]), 1);
        assert_eq!(turns(&[0, 128, 256]), 3);
        assert_eq!(turns(&[0, 0, 0]), 1, "one word for many lanes is no conflict");
    }

    #[test]
    fn ldmatrix_meets_no_conflict_at_any_fragment_and_step() {
        for (swizzle, steps) in [(Swizzle::Rows64, 2), (Swizzle::Rows128, 4)] {
            for base in (0..256).step_by(16) {
                for step in 0..steps {
                    for map in [a_address, b_address] {
                        let address = |lane| {
                            let (row, chunk) = map(lane, step);
                            swizzle.offset(base + row, chunk)
                        };
                        assert_eq!(worst((0..LANES).map(address)), 1, "{swizzle:?} row {base} step {step}");
                    }
                }
            }
        }
    }

    #[test]
    fn without_the_swizzle_ldmatrix_would_conflict() {
        for (row_bytes, turns) in [(64, 4), (128, 8)] {
            let address = |lane| {
                let (row, chunk) = a_address(lane, 0);
                row * row_bytes + chunk * 16
            };
            assert_eq!(worst((0..LANES).map(address)), turns);
        }
    }

    #[test]
    fn fp64_reads_meet_no_conflict() {
        for base in (0..128).step_by(8) {
            for eight in 0..2 {
                let address = |lane| {
                    let (row, chunk) = double_address(lane, eight);
                    Swizzle::Double.offset(base + row, chunk)
                };
                assert_eq!(worst((0..LANES).map(address)), 1);
            }
        }
    }

    #[test]
    fn copies_into_shared_memory_meet_no_conflict() {
        for (shape, swizzle) in [
            (PRODUCT_SHAPE, Swizzle::Rows64),
            (DEEP_SHAPE, Swizzle::Rows128),
            (F64_SHAPE, Swizzle::Double),
        ] {
            let passes = copies(shape, shape.tile_columns, 0).count();
            for pass in 0..passes {
                let address = |thread| {
                    let (row, chunk) = copies(shape, shape.tile_columns, thread)
                        .nth(pass)
                        .expect("as many as for thread 0");
                    swizzle.offset(row, chunk)
                };
                assert_eq!(worst((0..shape.threads).map(address)), 1, "{shape:?} pass {pass}");
            }
        }
    }
}
