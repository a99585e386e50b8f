//! The content of the buffers whose reading is timed: linear over GF(2), so that the xor of any range of words, which is
//! what `gp_read` returns, has a closed form.

/// L of the kernels: one xorshift step, linear over GF(2).
#[inline]
pub fn scramble(mut x: u32) -> u32 {
    x ^= x << 13;
    x ^= x >> 17;
    x ^ (x << 5)
}

/// Word `index` that `gp_linear_fill` writes.
#[inline]
pub fn word(seed: u32, first: u64, index: u64) -> u32 {
    scramble(first.wrapping_add(index) as u32) ^ seed
}

/// Xor of the words 0 to `words` (exclusive) of `gp_linear_fill`, in constant time.
pub fn xor_of_words(seed: u32, first: u64, words: u64) -> u32 {
    let from = u128::from(first);
    let counters = xor_below(from + u128::from(words)) ^ xor_below(from);
    scramble(counters) ^ if words % 2 == 1 { seed } else { 0 }
}

/// Low half of the xor of all whole numbers below `end`.
fn xor_below(end: u128) -> u32 {
    let low = end as u32;
    match end % 4 {
        0 => 0,
        1 => low.wrapping_sub(1),
        2 => 1,
        _ => low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_closed_form_is_the_xor_of_the_words(seed: u32, first: u64, words in 0_u64..3000) {
            let expected = (0..words).fold(0, |sum, index| sum ^ word(seed, first, index));
            prop_assert_eq!(xor_of_words(seed, first, words), expected);
        }

        #[test]
        fn scrambling_is_linear(a: u32, b: u32) {
            prop_assert_eq!(scramble(a) ^ scramble(b), scramble(a ^ b));
        }
    }

    #[test]
    fn the_counter_wraps_where_its_low_half_does() {
        let first = (1 << 32) - 3;
        assert_eq!(word(0, first, 3), 0);
        assert_eq!(
            xor_of_words(9, first, 7),
            (0..7).fold(0, |sum, index| sum ^ word(9, first, index))
        );
        assert_eq!(
            xor_of_words(9, u64::MAX, 2),
            word(9, u64::MAX, 0) ^ word(9, u64::MAX, 1)
        );
    }
}
