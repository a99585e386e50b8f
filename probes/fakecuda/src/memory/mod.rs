//! Memory of one GPU: addresses, allocations, and the frames behind them.

pub mod content;
pub mod extent;
mod sums;

use crate::error::{Answer, CuError, refuse};
use content::Content;
use extent::{Extents, Piece};
use std::collections::BTreeMap;

/// First device address of GPU 0; GPUs lie [`STRIDE`] apart.
pub const BASE: u64 = 0x7000_0000_0000;
/// Between the address spaces of two GPUs.
pub const STRIDE: u64 = 0x40_0000_0000;
/// What the driver's own context takes.
const CONTEXT_BYTES: u64 = 560 << 20;
/// Stored (not ruled) bytes of one GPU at most.
const STORED_LIMIT: u64 = 3 << 30;

/// Memory of one GPU.
#[derive(Debug)]
pub struct Memory {
    base: u64,
    reported: u64,
    physical: u64,
    /// First address → bytes that were asked for, bytes that are taken.
    allocations: BTreeMap<u64, (u64, u64)>,
    extents: Extents,
    /// Offset and bit that is always set, a memory fault.
    pub stuck_bit: Option<u64>,
}

impl Memory {
    /// Memory of GPU `index`: `reported` bytes of addresses over `physical` bytes of frames.
    pub fn new(index: usize, reported: u64, physical: u64) -> Self {
        Self {
            base: BASE + index as u64 * STRIDE,
            reported,
            physical: physical.min(reported).max(1),
            allocations: BTreeMap::new(),
            extents: Extents::default(),
            stuck_bit: None,
        }
    }

    /// Whether the address belongs to this GPU's range.
    pub fn owns(&self, address: u64) -> bool {
        (self.base..self.base + STRIDE).contains(&address)
    }

    /// Bytes that can still be allocated.
    pub fn free_bytes(&self) -> u64 {
        self.reported
            .saturating_sub(CONTEXT_BYTES)
            .saturating_sub(self.allocations.values().map(|(_, taken)| taken).sum())
    }

    /// Allocates, on a multiple of 2 MiB for large blocks and of 512 bytes for small ones.
    pub fn allocate(&mut self, bytes: u64) -> Answer<u64> {
        if bytes == 0 {
            return Err(CuError::INVALID_VALUE);
        }
        let grain = if bytes >= 1 << 20 { 2 << 20 } else { 512 };
        let size = bytes.checked_next_multiple_of(grain).ok_or(CuError::OUT_OF_MEMORY)?;
        if size > self.free_bytes() {
            return Err(CuError::OUT_OF_MEMORY);
        }
        let mut at = CONTEXT_BYTES;
        for (start, (_, length)) in &self.allocations {
            let offset = start - self.base;
            if offset.saturating_sub(at) >= size {
                break;
            }
            at = (offset + length).next_multiple_of(grain).max(at);
        }
        if at + size > self.reported {
            return Err(CuError::OUT_OF_MEMORY);
        }
        self.allocations.insert(self.base + at, (bytes, size));
        Ok(self.base + at)
    }

    /// Frees an allocation by its first address.
    pub fn release(&mut self, address: u64) -> Answer<()> {
        let (_, size) = self.allocations.remove(&address).ok_or(CuError::INVALID_VALUE)?;
        if self.physical == self.reported {
            // Frames that nobody else shares: what they held cannot be seen again.
            self.extents.carve(address - self.base, address - self.base + size);
        }
        Ok(())
    }

    /// First address and size of the allocation around `address`.
    pub fn allocation(&self, address: u64) -> Option<(u64, u64)> {
        self.allocations
            .range(..=address)
            .next_back()
            .map(|(start, (bytes, _))| (*start, *bytes))
            .filter(|(start, bytes)| address < start + bytes)
    }

    /// Whether the whole range lies in one allocation.
    pub fn contains(&self, address: u64, bytes: u64) -> bool {
        self.allocation(address)
            .is_some_and(|(start, size)| address.checked_add(bytes).is_some_and(|end| end <= start + size))
    }

    /// Frames of a range: physical start and length, in the order of the addresses.
    fn frames(&self, address: u64, bytes: u64) -> Vec<(u64, u64)> {
        let mut frames = Vec::new();
        let mut offset = address - self.base;
        let mut left = bytes;
        while left > 0 {
            let start = offset % self.physical;
            let length = left.min(self.physical - start);
            frames.push((start, length));
            offset += length;
            left -= length;
        }
        frames
    }

    /// The range holds what the rule gives from its element 0 on.
    pub fn put(&mut self, address: u64, bytes: u64, content: &Content) {
        let mut done = 0_i64;
        for (start, length) in self.frames(address, bytes) {
            self.extents
                .put(start, start + length, start as i64 - done, content.clone());
            done += length as i64;
        }
    }

    /// Stores bytes.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Answer<()> {
        if bytes.len() > 1 << 20 && self.extents.stored_bytes() + bytes.len() as u64 > STORED_LIMIT {
            return refuse(
                CuError::OUT_OF_MEMORY,
                "more than 3 GiB of stored bytes: fill by kernel instead",
            );
        }
        let mut done = 0;
        for (start, length) in self.frames(address, bytes.len() as u64) {
            self.extents.write(start, &bytes[done..done + length as usize]);
            done += length as usize;
        }
        Ok(())
    }

    /// Reads bytes.
    pub fn read(&self, address: u64, out: &mut [u8]) -> Answer<()> {
        let mut done = 0;
        for (start, length) in self.frames(address, out.len() as u64) {
            let slot = &mut out[done..done + length as usize];
            if let Err(why) = self.extents.read(start, slot) {
                return refuse(CuError::NOT_SUPPORTED, format_args!("reading {address:#x}: {why}"));
            }
            if let Some(at) = self.stuck_bit.filter(|at| (start..start + length).contains(at)) {
                slot[(at - start) as usize] ^= 0x10;
            }
            done += length as usize;
        }
        Ok(())
    }

    /// The pieces of a range, with addresses of frames.
    pub fn pieces(&self, address: u64, bytes: u64) -> Vec<Piece> {
        self.frames(address, bytes)
            .into_iter()
            .flat_map(|(start, length)| self.extents.pieces(start, start + length))
            .collect()
    }

    /// Puts pieces, read before from anywhere, one after the other.
    pub fn put_pieces(&mut self, address: u64, pieces: &[Piece]) {
        let mut at = address;
        for piece in pieces {
            let mut into = piece.offset() as i64;
            for (start, length) in self.frames(at, piece.size()) {
                match &piece.rule {
                    None => self.extents.carve(start, start + length),
                    Some((_, content)) => self
                        .extents
                        .put(start, start + length, start as i64 - into, content.clone()),
                }
                into += length as i64;
                at += length;
            }
        }
    }
}
