//! Checksums over ranges, in closed form where the rule has one.

use super::Memory;
use super::content::Content;
use super::extent::Piece;
use crate::error::Answer;
use gridproof_probe_protocol::work::{linear, mix64::mix64};

/// Bytes that are generated at a time.
const WINDOW: u64 = 1 << 20;

impl Memory {
    /// Xor of the u32 words of a range; `address` and `bytes` are multiples of four.
    pub fn xor_words(&self, address: u64, bytes: u64) -> Answer<u32> {
        let mut sum = 0;
        let mut at = address;
        for piece in self.pieces(address, bytes) {
            sum ^= match &piece.rule {
                Some((_, Content::Linear { seed, first })) if whole(&piece, 4) && self.stuck_bit.is_none() => {
                    let from = first.wrapping_add(piece.offset() / 4);
                    linear::xor_of_words(*seed, from, piece.size() / 4)
                }
                Some((_, Content::Repeat(word))) if whole(&piece, 4) && self.stuck_bit.is_none() => {
                    if piece.size() / 4 % 2 == 1 {
                        u32::from_le_bytes(*word)
                    } else {
                        0
                    }
                }
                _ => self.xor_of_bytes(at, piece.size())?,
            };
            at += piece.size();
        }
        Ok(sum)
    }

    fn xor_of_bytes(&self, address: u64, bytes: u64) -> Answer<u32> {
        let mut sum = [0_u8; 4];
        self.windows(address, bytes, |offset, window| {
            for (i, byte) in window.iter().enumerate() {
                sum[(offset as usize + i) % 4] ^= byte;
            }
        })?;
        Ok(u32::from_le_bytes(sum))
    }

    /// Number of u64 words that differ from mix64(first + i).
    pub fn mismatches(&self, address: u64, words: u64, first: u64) -> Answer<u64> {
        let (mut bad, mut done, mut offset) = (0, 0, 0_u64);
        let bytes_of = |from: u64, to: u64| {
            self.mismatches_of_bytes(address + 8 * from, 8 * (to - from), first.wrapping_add(from))
        };
        for piece in self.pieces(address, words * 8) {
            // Whole words of this piece; those across two pieces are compared byte by byte.
            let (from, to) = (offset.div_ceil(8), (offset + piece.size()) / 8);
            if from < to {
                bad += bytes_of(done, from)?;
                bad += match self.mismatches_by_rule(&piece, 8 * from - offset, to - from, first.wrapping_add(from)) {
                    Some(count) => count,
                    None => bytes_of(from, to)?,
                };
                done = to;
            }
            offset += piece.size();
        }
        Ok(bad + bytes_of(done, words)?)
    }

    /// Mismatches of the words of a piece from a byte on, when its rule tells them.
    fn mismatches_by_rule(&self, piece: &Piece, skip: u64, words: u64, expected: u64) -> Option<u64> {
        let Some((_, Content::Mixed { first })) = &piece.rule else {
            return None;
        };
        let at = piece.offset() + skip;
        if !at.is_multiple_of(8) {
            return None;
        }
        // mix64 is a permutation: another argument never gives the same word.
        let same = first.wrapping_add(at / 8) == expected;
        Some(if same { u64::from(self.stuck_in(piece)) } else { words })
    }

    fn mismatches_of_bytes(&self, address: u64, bytes: u64, first: u64) -> Answer<u64> {
        let mut bad = 0;
        self.windows(address, bytes, |offset, window| {
            for (i, word) in window.chunks(8).enumerate() {
                let expected = mix64(first.wrapping_add(offset / 8 + i as u64)).to_le_bytes();
                bad += u64::from(*word != expected[..word.len()]);
            }
        })?;
        Ok(bad)
    }

    fn stuck_in(&self, piece: &Piece) -> bool {
        self.stuck_bit.is_some_and(|at| (piece.start..piece.end).contains(&at))
    }

    fn windows(&self, address: u64, bytes: u64, mut visit: impl FnMut(u64, &[u8])) -> Answer<()> {
        let mut window = vec![0; bytes.min(WINDOW) as usize];
        let mut offset = 0;
        while offset < bytes {
            let length = (bytes - offset).min(WINDOW) as usize;
            self.read(address + offset, &mut window[..length])?;
            visit(offset, &window[..length]);
            offset += length as u64;
        }
        Ok(())
    }
}

/// Whether a piece begins and ends between words of that size of its rule.
fn whole(piece: &Piece, size: u64) -> bool {
    piece.offset().is_multiple_of(size) && piece.size().is_multiple_of(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn filled(reported: u64, physical: u64, bytes: u64) -> (Memory, u64) {
        let mut memory = Memory::new(0, reported, physical);
        let address = memory.allocate(bytes).unwrap();
        memory.put(address, bytes, &Content::Mixed { first: 40 });
        (memory, address)
    }

    #[test]
    fn honest_memory_gives_back_80_gb_and_one_changed_word_is_one_mismatch() {
        let (mut memory, address) = filled(81_559 * MIB, 81_559 * MIB, 78_000 * MIB);
        let words = 78_000 * MIB / 8;
        assert_eq!(memory.mismatches(address, words, 40).unwrap(), 0);
        assert_eq!(memory.mismatches(address, words, 41).unwrap(), words);
        memory.write(address + 8 * 1_000_000 + 3, &[0x55]).unwrap();
        assert_eq!(memory.mismatches(address, words, 40).unwrap(), 1);
    }

    #[test]
    fn frames_that_wrap_around_keep_only_what_was_written_last() {
        let (reported, physical, bytes) = (81_920 * MIB, 24_576 * MIB, 80_000 * MIB);
        let (memory, address) = filled(reported, physical, bytes);
        let bad = memory.mismatches(address, bytes / 8, 40).unwrap();
        assert_eq!(bad, (bytes - physical) / 8);
    }

    #[test]
    fn checksums_in_closed_form_are_those_of_the_bytes() {
        let mut memory = Memory::new(0, 1024 * MIB, 1024 * MIB);
        let address = memory.allocate(MIB).unwrap();
        for rule in [Content::Linear { seed: 7, first: 123 }, Content::Repeat([1, 2, 3, 4])] {
            memory.put(address, MIB, &rule);
            let mut bytes = vec![0; 4 * 1001];
            memory.read(address + 400, &mut bytes).unwrap();
            let sum = bytes
                .chunks(4)
                .fold(0, |sum, word| sum ^ u32::from_le_bytes(word.try_into().unwrap()));
            assert_eq!(memory.xor_words(address + 400, 4 * 1001).unwrap(), sum, "{rule:?}");
        }
    }

    #[test]
    fn copies_keep_the_rule_across_the_wrap() {
        let (mut memory, address) = filled(4096 * MIB, 1000 * MIB, 100 * MIB);
        let other = memory.allocate(900 * MIB).unwrap();
        let pieces = memory.pieces(address, 100 * MIB);
        let target = other + 300 * MIB;
        memory.put_pieces(target, &pieces);
        assert_eq!(memory.mismatches(target, 100 * MIB / 8, 40).unwrap(), 0);
    }
}
