//! NVML: library, system, handles.
#![allow(missing_docs, clippy::missing_safety_doc)]

use super::{store_if, store_text, text};
use crate::driver::Driver;
use crate::driver::device::Device;
use crate::scenario::Fault;
use crate::state::with;
use std::ffi::{c_char, c_int, c_uint};
use std::sync::atomic::{AtomicUsize, Ordering};

/// `nvmlReturn_t`.
pub(crate) type Return = u32;
pub(crate) const UNINITIALIZED: Return = 1;
pub(crate) const INVALID_ARGUMENT: Return = 2;
pub(crate) const NOT_SUPPORTED: Return = 3;
pub(crate) const NOT_FOUND: Return = 6;
pub(crate) const INSUFFICIENT_SIZE: Return = 7;
pub(crate) const GPU_IS_LOST: Return = 15;

/// Handles are this and the index.
const HANDLES: u64 = 0x0070_0000_0000;

static USERS: AtomicUsize = AtomicUsize::new(0);

/// Asks the GPU behind a handle.
pub(crate) fn ask<T>(handle: u64, question: impl FnOnce(&mut Device, u64) -> Result<T, Return>) -> Result<T, Return> {
    ask_driver(|driver| {
        let index = handle
            .checked_sub(HANDLES)
            .filter(|at| at % 64 == 0)
            .map(|at| (at / 64) as usize);
        let now = driver.now();
        driver.pump();
        let device = index
            .and_then(|index| driver.devices.get_mut(index))
            .ok_or(INVALID_ARGUMENT)?;
        if device.lost() {
            return Err(GPU_IS_LOST);
        }
        question(device, now)
    })
}

pub(crate) fn ask_driver<T>(question: impl FnOnce(&mut Driver) -> Result<T, Return>) -> Result<T, Return> {
    if USERS.load(Ordering::SeqCst) == 0 {
        return Err(UNINITIALIZED);
    }
    with(question)
}

/// Stores an answer; null is an invalid argument.
///
/// # Safety
/// `to` is null or points to a writable `T`.
pub(crate) unsafe fn answer<T>(to: *mut T, result: Result<T, Return>) -> Return {
    match result {
        Err(code) => code,
        Ok(_) if to.is_null() => INVALID_ARGUMENT,
        Ok(value) => {
            // SAFETY: not null, so writable by the contract of this function.
            unsafe { store_if(to, value) };
            0
        }
    }
}

/// Stores a text.
///
/// # Safety
/// `to` is null or points to `room` writable bytes.
pub(crate) unsafe fn answer_text(to: *mut c_char, room: c_uint, result: Result<Vec<u8>, Return>) -> Return {
    match result {
        Err(code) => code,
        Ok(_) if to.is_null() => INVALID_ARGUMENT,
        // SAFETY: the contract is handed on.
        Ok(bytes) if unsafe { store_text(to, room as usize, &bytes) } => 0,
        Ok(_) => INSUFFICIENT_SIZE,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlInit_v2() -> Return {
    USERS.fetch_add(1, Ordering::SeqCst);
    with(|_| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlInitWithFlags(_flags: c_uint) -> Return {
    nvmlInit_v2()
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlShutdown() -> Return {
    let left = USERS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |users| users.checked_sub(1));
    left.map_or(UNINITIALIZED, |_| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlErrorString(code: Return) -> *const c_char {
    let text = match code {
        0 => c"Success",
        1 => c"Uninitialized",
        2 => c"Invalid Argument",
        3 => c"Not Supported",
        6 => c"Not Found",
        7 => c"Insufficient Size",
        15 => c"GPU is lost",
        _ => c"Unknown Error",
    };
    text.as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetDriverVersion(version: *mut c_char, length: c_uint) -> Return {
    let text = ask_driver(|driver| {
        Ok(match driver.fault() {
            Some(Fault::OldDriver) => b"470.57.02".to_vec(),
            Some(Fault::Garbage) => b"\xff\xfe9.\x01".to_vec(),
            _ => b"570.124.06".to_vec(),
        })
    });
    // SAFETY: the caller's buffer.
    unsafe { answer_text(version, length, text) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetNVMLVersion(version: *mut c_char, length: c_uint) -> Return {
    // SAFETY: the caller's buffer.
    unsafe { answer_text(version, length, ask_driver(|_| Ok(b"12.570.124.06".to_vec()))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetCudaDriverVersion_v2(version: *mut c_int) -> Return {
    let number = ask_driver(|driver| {
        Ok(if driver.fault() == Some(Fault::OldDriver) {
            11_040
        } else {
            12_080
        })
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(version, number) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCount_v2(count: *mut c_uint) -> Return {
    // SAFETY: the caller's pointer.
    unsafe { answer(count, ask_driver(|driver| Ok(driver.devices.len() as c_uint))) }
}

/// The handle of the first GPU for which `matches` holds.
unsafe fn find(handle: *mut u64, matches: impl Fn(&Device) -> bool) -> Return {
    let found = ask_driver(|driver| {
        let device = driver.devices.iter().find(|device| matches(device)).ok_or(NOT_FOUND)?;
        if device.lost() {
            Err(GPU_IS_LOST)
        } else {
            Ok(HANDLES + 64 * device.index as u64)
        }
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(handle, found) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, handle: *mut u64) -> Return {
    // SAFETY: the caller's pointer.
    match unsafe { find(handle, |device| device.index == index as usize) } {
        NOT_FOUND => INVALID_ARGUMENT,
        other => other,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByPciBusId_v2(id: *const c_char, handle: *mut u64) -> Return {
    // SAFETY: the caller's string.
    let Some(id) = (unsafe { text(id) }) else {
        return INVALID_ARGUMENT;
    };
    let short = |id: &str| id.trim_start_matches('0').to_ascii_lowercase();
    // SAFETY: the caller's pointer.
    unsafe { find(handle, |device| short(&device.bus_id()) == short(&id)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByUUID(uuid: *const c_char, handle: *mut u64) -> Return {
    // SAFETY: the caller's string.
    let Some(uuid) = (unsafe { text(uuid) }) else {
        return INVALID_ARGUMENT;
    };
    // SAFETY: the caller's pointer.
    unsafe { find(handle, |device| device.uuid_text() == uuid) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleBySerial(serial: *const c_char, handle: *mut u64) -> Return {
    // SAFETY: the caller's string.
    let Some(serial) = (unsafe { text(serial) }) else {
        return INVALID_ARGUMENT;
    };
    // SAFETY: the caller's pointer.
    unsafe { find(handle, |device| super::nvml_device::serial(device) == serial) }
}
