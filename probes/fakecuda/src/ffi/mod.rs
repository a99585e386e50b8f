//! The C functions. Only pointers are handled here.
#![allow(unsafe_code)]

pub mod cuda_copy;
pub mod cuda_device;
pub mod cuda_memory;
pub mod cuda_module;
pub mod cuda_stream;
pub mod nvml_device;
pub mod nvml_sensors;
pub mod nvml_system;
pub mod nvml_unsupported;

use crate::error::{Answer, CuError};
use std::ffi::{CStr, c_char};

/// Stores an answer for the caller.
///
/// # Safety
/// `to` is null or points to a writable `T`.
pub(crate) unsafe fn store<T>(to: *mut T, value: T) -> Answer<()> {
    if to.is_null() {
        return Err(CuError::INVALID_VALUE);
    }
    // SAFETY: not null, so writable by the contract of this function.
    unsafe { to.write(value) };
    Ok(())
}

/// Stores an answer if the caller wants it.
///
/// # Safety
/// As [`store`].
pub(crate) unsafe fn store_if<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: not null, so writable by the contract of this function.
        unsafe { to.write(value) };
    }
}

/// Stores bytes and a zero, cut to `room`; `false` when they do not fit.
///
/// # Safety
/// `to` is null or points to `room` writable bytes.
pub(crate) unsafe fn store_text(to: *mut c_char, room: usize, text: &[u8]) -> bool {
    if to.is_null() || room == 0 {
        return false;
    }
    let length = text.len().min(room - 1);
    // SAFETY: `length` + 1 bytes fit the room that the contract of this function gives.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr().cast(), to, length);
        to.add(length).write(0);
    }
    length == text.len()
}

/// A C string of the caller.
///
/// # Safety
/// `from` is null or points to a string that ends with zero.
pub(crate) unsafe fn text(from: *const c_char) -> Option<String> {
    if from.is_null() {
        return None;
    }
    // SAFETY: not null, and ends with zero by the contract of this function.
    Some(unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned())
}
