//! The frames of a GPU's memory: a map of ranges to what they hold.

use super::content::{Content, GARBAGE};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One range.
#[derive(Clone, Debug)]
pub struct Extent {
    /// First byte behind it.
    pub end: u64,
    /// Address of the rule's element 0.
    pub origin: i64,
    /// The rule.
    pub content: Content,
}

/// A range with its rule; `None` where nobody wrote.
#[derive(Clone, Debug)]
pub struct Piece {
    /// First byte.
    pub start: u64,
    /// First byte behind it.
    pub end: u64,
    /// Origin and rule.
    pub rule: Option<(i64, Content)>,
}

impl Piece {
    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.end - self.start
    }

    /// Offset of the first byte from the rule's element 0.
    pub fn offset(&self) -> u64 {
        self.rule
            .as_ref()
            .map_or(0, |(origin, _)| (self.start as i64).wrapping_sub(*origin) as u64)
    }
}

/// All ranges, none overlapping.
#[derive(Debug, Default)]
pub struct Extents {
    map: BTreeMap<u64, Extent>,
}

impl Extents {
    /// Forgets what `start..end` holds.
    pub fn carve(&mut self, start: u64, end: u64) {
        let from = self.map.range(..start).next_back().map_or(start, |(first, _)| *first);
        let touched: Vec<u64> = self
            .map
            .range(from..end)
            .filter(|(_, e)| e.end > start)
            .map(|(s, _)| *s)
            .collect();
        for first in touched {
            let Some(extent) = self.map.remove(&first) else {
                continue;
            };
            if extent.end > end {
                self.map.insert(end, extent.clone());
            }
            if first < start {
                self.map.insert(first, Extent { end: start, ..extent });
            }
        }
    }

    /// `start..end` holds what the rule gives.
    pub fn put(&mut self, start: u64, end: u64, origin: i64, content: Content) {
        self.carve(start, end);
        if start < end {
            self.map.insert(start, Extent { end, origin, content });
        }
    }

    /// Stores bytes, in place where they are the only owner of their vector.
    pub fn write(&mut self, start: u64, bytes: &[u8]) {
        let end = start + bytes.len() as u64;
        if let Some((_, extent)) = self.map.range_mut(..=start).next_back()
            && extent.end >= end
            && let Content::Bytes(stored) = &mut extent.content
            && let Some(stored) = Arc::get_mut(stored)
        {
            let at = (start as i64 - extent.origin) as usize;
            stored[at..at + bytes.len()].copy_from_slice(bytes);
            return;
        }
        self.put(start, end, start as i64, Content::Bytes(Arc::new(bytes.to_vec())));
    }

    /// The pieces of `start..end` in order, without gaps.
    pub fn pieces(&self, start: u64, end: u64) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = start;
        let from = self.map.range(..=start).next_back().map_or(start, |(first, _)| *first);
        for (first, extent) in self.map.range(from..end).filter(|(_, extent)| extent.end > start) {
            let begin = (*first).max(start);
            if begin > at {
                pieces.push(Piece {
                    start: at,
                    end: begin,
                    rule: None,
                });
            }
            at = extent.end.min(end);
            pieces.push(Piece {
                start: begin,
                end: at,
                rule: Some((extent.origin, extent.content.clone())),
            });
        }
        if at < end {
            pieces.push(Piece {
                start: at,
                end,
                rule: None,
            });
        }
        pieces
    }

    /// Reads bytes; what nobody wrote is garbage.
    ///
    /// # Errors
    /// Why a range is not known.
    pub fn read(&self, start: u64, out: &mut [u8]) -> Result<(), String> {
        for piece in self.pieces(start, start + out.len() as u64) {
            let slot = &mut out[(piece.start - start) as usize..(piece.end - start) as usize];
            match &piece.rule {
                None => slot.fill(GARBAGE),
                Some((_, content)) => content.read(piece.offset(), slot)?,
            }
        }
        Ok(())
    }

    /// Bytes that are stored and not ruled.
    pub fn stored_bytes(&self) -> u64 {
        self.map
            .iter()
            .map(|(start, extent)| {
                if matches!(extent.content, Content::Bytes(_)) {
                    extent.end - start
                } else {
                    0
                }
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_inside_a_rule_leaves_both_sides_as_they_were() {
        let mut extents = Extents::default();
        extents.put(0, 4096, 0, Content::Mixed { first: 3 });
        let mut before = vec![0; 4096];
        extents.read(0, &mut before).unwrap();
        extents.write(1003, &[7; 11]);
        let mut after = vec![0; 4096];
        extents.read(0, &mut after).unwrap();
        before[1003..1014].fill(7);
        assert_eq!(after, before);
        assert_eq!(extents.stored_bytes(), 11);
        extents.write(1005, &[8; 3]);
        assert_eq!(extents.pieces(0, 4096).len(), 3, "the second write is in place");
    }

    #[test]
    fn random_writes_read_back_as_from_a_plain_array() {
        let mut random = fastrand::Rng::with_seed(4);
        let mut extents = Extents::default();
        let mut plain = vec![GARBAGE; 2000];
        for round in 0..2000_u32 {
            let start = random.usize(..1900);
            let len = random.usize(1..100);
            if random.bool() {
                let word = (round | 1).to_le_bytes();
                extents.put(start as u64, (start + len) as u64, start as i64, Content::Repeat(word));
                for i in 0..len {
                    plain[start + i] = word[i % 4];
                }
            } else {
                let bytes: Vec<u8> = (0..len).map(|_| random.u8(..)).collect();
                extents.write(start as u64, &bytes);
                plain[start..start + len].copy_from_slice(&bytes);
            }
        }
        let mut read = vec![0; 2000];
        extents.read(0, &mut read).unwrap();
        assert_eq!(read, plain);
    }
}
