//! Copies and memset.
#![allow(missing_docs, clippy::missing_safety_doc)]

use crate::driver::Driver;
use crate::error::{Answer, CuError};
use crate::host::Buffer;
use crate::state::{code, wait, with_context};
use std::ffi::c_uint;

/// Queues on a stream, and waits for it when `sync`.
fn queue(stream: u64, sync: bool, call: impl FnOnce(&mut Driver, u64) -> Answer<()>) -> u32 {
    let queued = with_context(|driver, device| {
        let key = driver.stream_key(stream, device)?;
        call(driver, key).map(|()| key)
    });
    code(queued.and_then(|key| {
        if sync {
            wait(|driver| driver.stream_state(key))
        } else {
            Ok(())
        }
    }))
}

/// The caller's buffer.
///
/// # Safety
/// As [`Buffer::new`].
unsafe fn buffer(pointer: *mut u8, bytes: usize) -> Answer<Buffer> {
    if pointer.is_null() && bytes > 0 {
        return Err(CuError::INVALID_VALUE);
    }
    // SAFETY: the contract is handed on.
    Ok(unsafe { Buffer::new(pointer, bytes) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyHtoD_v2(to: u64, from: *mut u8, bytes: usize) -> u32 {
    // SAFETY: the caller's buffer, which the interface wants valid until the copy is over.
    queue(0, true, |driver, key| {
        driver.copy_to_device(key, to, unsafe { buffer(from, bytes) }?, true)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyHtoDAsync_v2(to: u64, from: *mut u8, bytes: usize, stream: u64) -> u32 {
    // SAFETY: the caller's buffer, which the interface wants valid until the copy is over.
    queue(stream, false, |driver, key| {
        driver.copy_to_device(key, to, unsafe { buffer(from, bytes) }?, false)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyDtoH_v2(to: *mut u8, from: u64, bytes: usize) -> u32 {
    // SAFETY: the caller's buffer, which the interface wants valid until the copy is over.
    queue(0, true, |driver, key| {
        driver.copy_to_host(key, unsafe { buffer(to, bytes) }?, from)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyDtoHAsync_v2(to: *mut u8, from: u64, bytes: usize, stream: u64) -> u32 {
    // SAFETY: the caller's buffer, which the interface wants valid until the copy is over.
    queue(stream, false, |driver, key| {
        driver.copy_to_host(key, unsafe { buffer(to, bytes) }?, from)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyDtoD_v2(to: u64, from: u64, bytes: usize) -> u32 {
    queue(0, true, |driver, key| driver.copy_device(key, to, from, bytes as u64))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyDtoDAsync_v2(to: u64, from: u64, bytes: usize, stream: u64) -> u32 {
    queue(stream, false, |driver, key| {
        driver.copy_device(key, to, from, bytes as u64)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyAsync(to: u64, from: u64, bytes: usize, stream: u64) -> u32 {
    queue(stream, false, |driver, key| {
        match (driver.owner(to), driver.owner(from)) {
            (Some(_), Some(_)) => driver.copy_device(key, to, from, bytes as u64),
            // SAFETY: not an address of a GPU, so the caller's buffer.
            (Some(_), None) => driver.copy_to_device(key, to, unsafe { buffer(from as *mut u8, bytes) }?, false),
            // SAFETY: likewise.
            (None, Some(_)) => driver.copy_to_host(key, unsafe { buffer(to as *mut u8, bytes) }?, from),
            (None, None) => Err(CuError::NOT_SUPPORTED),
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyPeerAsync(
    to: u64,
    to_context: u64,
    from: u64,
    from_context: u64,
    bytes: usize,
    stream: u64,
) -> u32 {
    queue(stream, false, |driver, key| {
        let (target, source) = (
            driver.device_of_context(to_context)?,
            driver.device_of_context(from_context)?,
        );
        if driver.owner(to) != Some(target) || driver.owner(from) != Some(source) {
            return Err(CuError::INVALID_VALUE);
        }
        driver.copy_device(key, to, from, bytes as u64)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemcpyPeer(to: u64, to_context: u64, from: u64, from_context: u64, bytes: usize) -> u32 {
    match cuMemcpyPeerAsync(to, to_context, from, from_context, bytes, 0) {
        0 => super::cuda_stream::cuStreamSynchronize(0),
        error => error,
    }
}

fn set(to: u64, word: [u8; 4], bytes: usize, stream: u64, sync: bool) -> u32 {
    queue(stream, sync, |driver, key| {
        driver.set_memory(key, to, word, bytes as u64)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemsetD8_v2(to: u64, value: u8, count: usize) -> u32 {
    set(to, [value; 4], count, 0, true)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemsetD8Async(to: u64, value: u8, count: usize, stream: u64) -> u32 {
    set(to, [value; 4], count, stream, false)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemsetD16Async(to: u64, value: u16, count: usize, stream: u64) -> u32 {
    let [low, high] = value.to_le_bytes();
    if !to.is_multiple_of(2) {
        return CuError::INVALID_VALUE.0;
    }
    set(to, [low, high, low, high], count.saturating_mul(2), stream, false)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemsetD32_v2(to: u64, value: c_uint, count: usize) -> u32 {
    if !to.is_multiple_of(4) {
        return CuError::INVALID_VALUE.0;
    }
    set(to, value.to_le_bytes(), count.saturating_mul(4), 0, true)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemsetD32Async(to: u64, value: c_uint, count: usize, stream: u64) -> u32 {
    if !to.is_multiple_of(4) {
        return CuError::INVALID_VALUE.0;
    }
    set(to, value.to_le_bytes(), count.saturating_mul(4), stream, false)
}
