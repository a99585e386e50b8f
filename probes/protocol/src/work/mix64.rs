//! The finaliser of MurmurHash3: what the capacity check writes into every word of memory.

/// A permutation of the 64-bit words, as `mix64` of the kernels.
#[inline]
pub fn mix64(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// Word `index` that `gp_fill` writes with this seed and base.
#[inline]
pub fn fill_word(seed: u64, base: u64, index: u64) -> u64 {
    mix64(seed.wrapping_add(base).wrapping_add(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Undoes every step in turn: what can be undone loses nothing, so no two words of a fill are equal.
    fn unmix64(mut x: u64) -> u64 {
        x ^= x >> 33;
        x = x.wrapping_mul(0x9cb4_b2f8_1293_37db);
        x ^= x >> 33;
        x = x.wrapping_mul(0x4f74_430c_22a5_4005);
        x ^ (x >> 33)
    }

    #[test]
    fn it_is_a_permutation() {
        for x in [0, 1, 2, 0x0123_4567_89ab_cdef, u64::MAX]
            .into_iter()
            .chain((0..1000).map(mix64))
        {
            assert_eq!(unmix64(mix64(x)), x);
        }
    }

    #[test]
    fn the_index_counts_on_from_base_and_seed_and_wraps() {
        assert_eq!(fill_word(5, 7, 3), mix64(15));
        assert_eq!(fill_word(u64::MAX, 0, 1), mix64(0));
    }
}
