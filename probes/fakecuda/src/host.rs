//! Memory of the host: pinned blocks, and the caller's own buffers behind raw pointers.
#![allow(unsafe_code)]

use crate::error::{Answer, CuError, refuse};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Alignment of a pinned block: a page.
const PAGE: usize = 4096;

#[derive(Clone, Copy, Debug)]
struct Block {
    bytes: usize,
    /// Whether this driver allocated it (and not the caller, who registered it).
    ours: bool,
}

static BLOCKS: Mutex<BTreeMap<u64, Block>> = Mutex::new(BTreeMap::new());

fn blocks() -> MutexGuard<'static, BTreeMap<u64, Block>> {
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Allocates pinned memory; its device address is its address.
pub fn allocate(bytes: usize) -> Answer<u64> {
    let layout = Layout::from_size_align(bytes, PAGE).map_err(|_| CuError::OUT_OF_MEMORY)?;
    if bytes == 0 || bytes > 16 << 30 {
        return Err(CuError::INVALID_VALUE);
    }
    // SAFETY: the layout has a size above zero.
    let address = unsafe { alloc_zeroed(layout) } as u64;
    if address == 0 {
        return Err(CuError::OUT_OF_MEMORY);
    }
    blocks().insert(address, Block { bytes, ours: true });
    Ok(address)
}

/// Pins memory of the caller.
pub fn register(address: u64, bytes: usize) -> Answer<()> {
    if address == 0 || bytes == 0 {
        return Err(CuError::INVALID_VALUE);
    }
    blocks().insert(address, Block { bytes, ours: false });
    Ok(())
}

/// Frees a block, or unpins a registered one.
pub fn release(address: u64, registered: bool) -> Answer<()> {
    let mut blocks = blocks();
    let Some(block) = blocks.get(&address).copied().filter(|block| block.ours != registered) else {
        return refuse(CuError::INVALID_VALUE, format_args!("{address:#x} is no pinned block"));
    };
    blocks.remove(&address);
    if block.ours {
        let layout = Layout::from_size_align(block.bytes, PAGE).map_err(|_| CuError::INVALID_VALUE)?;
        // SAFETY: `allocate` got this block with the same layout, and the map held it until now, so it is freed once.
        unsafe { dealloc(address as *mut u8, layout) };
    }
    Ok(())
}

/// Whether the range lies in one pinned block.
pub fn contains(address: u64, bytes: u64) -> bool {
    let blocks = blocks();
    let block = blocks.range(..=address).next_back();
    block.is_some_and(|(start, block)| {
        address
            .checked_add(bytes)
            .is_some_and(|end| end <= start + block.bytes as u64)
    })
}

/// Writes to pinned memory.
pub fn write(address: u64, bytes: &[u8]) -> Answer<()> {
    if !contains(address, bytes.len() as u64) {
        return refuse(
            CuError::ILLEGAL_ADDRESS,
            format_args!("{address:#x} is no pinned memory"),
        );
    }
    // SAFETY: the range lies in a block that is allocated, and kernels' results are written while the caller waits.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len()) };
    Ok(())
}

/// Reads pinned memory.
pub fn read(address: u64, out: &mut [u8]) -> Answer<()> {
    if !contains(address, out.len() as u64) {
        return refuse(
            CuError::ILLEGAL_ADDRESS,
            format_args!("{address:#x} is no pinned memory"),
        );
    }
    // SAFETY: the range lies in a block that is allocated.
    unsafe { std::ptr::copy_nonoverlapping(address as *const u8, out.as_mut_ptr(), out.len()) };
    Ok(())
}

/// The u32 at a pinned address that the host changes meanwhile; `None` when there is no block any more.
pub fn flag(address: u64) -> Option<u32> {
    if !address.is_multiple_of(4) || !contains(address, 4) {
        return None;
    }
    // SAFETY: four bytes of an allocated block, aligned; volatile since the caller's threads write it.
    Some(unsafe { std::ptr::read_volatile(address as *const u32) })
}

/// A buffer of the caller.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    address: usize,
    bytes: usize,
}

impl Buffer {
    /// `bytes` from `pointer` on.
    ///
    /// # Safety
    /// The range must stay valid until the copy that uses it was waited for, as the interface demands of callers.
    pub unsafe fn new(pointer: *mut u8, bytes: usize) -> Self {
        Self {
            address: pointer as usize,
            bytes,
        }
    }

    /// Length.
    pub fn size(&self) -> usize {
        self.bytes
    }

    /// Whether it lies in a pinned block.
    pub fn pinned(&self) -> bool {
        contains(self.address as u64, self.bytes as u64)
    }

    /// What it holds now.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `new` demanded that the range is valid as long as the copy is under way.
        unsafe { std::slice::from_raw_parts(self.address as *const u8, self.bytes) }
    }

    /// The room to copy to.
    pub fn room(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; the caller leaves it alone while the copy is under way.
        unsafe { std::slice::from_raw_parts_mut(self.address as *mut u8, self.bytes) }
    }
}
