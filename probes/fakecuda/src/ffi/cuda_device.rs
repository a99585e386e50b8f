//! Driver, devices, contexts, errors.
#![allow(missing_docs, clippy::missing_safety_doc)]

use super::{store, store_if, store_text, text};
use crate::driver::{Driver, attributes::attribute};
use crate::error::{Answer, CuError};
use crate::scenario::Fault;
use crate::state::{self, code, with, with_context};
use std::ffi::{c_char, c_int, c_uint};

#[unsafe(no_mangle)]
pub extern "C" fn cuInit(flags: c_uint) -> u32 {
    if flags != 0 {
        return CuError::INVALID_VALUE.0;
    }
    match with(|driver| (driver.fault(), driver.visible.is_empty())) {
        (Some(Fault::Hang), _) => state::forever(),
        (Some(Fault::NoGpu), _) | (_, true) => CuError::NO_DEVICE.0,
        _ => {
            with(|driver| driver.initialized = true);
            0
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDriverGetVersion(version: *mut c_int) -> u32 {
    let number = with(|driver| match driver.fault() {
        Some(Fault::OldDriver) => 11_040,
        Some(Fault::Garbage) => -1,
        _ => 12_080,
    });
    // SAFETY: the caller's pointer, checked for null.
    code(unsafe { store(version, number) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetCount(count: *mut c_int) -> u32 {
    let answer = with(|driver| driver.ready().map(|()| driver.visible.len() as c_int));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|number| unsafe { store(count, number) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGet(device: *mut c_int, ordinal: c_int) -> u32 {
    let answer = with(|driver| driver.ordinal(ordinal));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|_| unsafe { store(device, ordinal) }))
}

/// Asks a GPU by ordinal.
fn ask<T>(ordinal: c_int, question: impl FnOnce(&mut Driver, usize) -> Answer<T>) -> Answer<T> {
    with(|driver| {
        let index = driver.ordinal(ordinal)?;
        question(driver, index)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetName(name: *mut c_char, length: c_int, device: c_int) -> u32 {
    let answer = ask(device, |driver, index| Ok(driver.devices[index].name()));
    code(answer.and_then(|bytes| {
        let room = usize::try_from(length).map_err(|_| CuError::INVALID_VALUE)?;
        if name.is_null() || room == 0 {
            return Err(CuError::INVALID_VALUE);
        }
        // SAFETY: the caller says that `length` bytes are there.
        unsafe { store_text(name, room, &bytes) };
        Ok(())
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetUuid(uuid: *mut [u8; 16], device: c_int) -> u32 {
    let answer = ask(device, |driver, index| Ok(driver.devices[index].uuid()));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|bytes| unsafe { store(uuid, bytes) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetUuid_v2(uuid: *mut [u8; 16], device: c_int) -> u32 {
    // SAFETY: the same contract.
    unsafe { cuDeviceGetUuid(uuid, device) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetPCIBusId(id: *mut c_char, length: c_int, device: c_int) -> u32 {
    let answer = ask(device, |driver, index| Ok(driver.devices[index].bus_id()));
    code(answer.and_then(|bus_id| {
        let room = usize::try_from(length).map_err(|_| CuError::INVALID_VALUE)?;
        // SAFETY: the caller says that `length` bytes are there; null is refused.
        let fits = unsafe { store_text(id, room, bus_id.as_bytes()) };
        if fits { Ok(()) } else { Err(CuError::INVALID_VALUE) }
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetByPCIBusId(device: *mut c_int, id: *const c_char) -> u32 {
    // SAFETY: the caller's string.
    let Some(id) = (unsafe { text(id) }) else {
        return CuError::INVALID_VALUE.0;
    };
    let answer = with(|driver| {
        driver.ready()?;
        let index = driver
            .devices
            .iter()
            .position(|gpu| gpu.bus_id().eq_ignore_ascii_case(&id));
        index
            .and_then(|index| driver.ordinal_of(index))
            .ok_or(CuError::INVALID_DEVICE)
    });
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|ordinal| unsafe { store(device, ordinal) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceTotalMem_v2(bytes: *mut usize, device: c_int) -> u32 {
    let answer = ask(device, |driver, index| {
        let garbage = driver.fault() == Some(Fault::Garbage);
        Ok(if garbage {
            1 << 63
        } else {
            driver.devices[index].scenario.reported_bytes as usize
        })
    });
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|total| unsafe { store(bytes, total) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetAttribute(value: *mut c_int, number: u32, device: c_int) -> u32 {
    let answer = ask(device, |driver, index| attribute(&driver.devices[index], number));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|number| unsafe { store(value, number) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceCanAccessPeer(can: *mut c_int, device: c_int, peer: c_int) -> u32 {
    let answer = with(|driver| Ok(driver.can_access_peer(driver.ordinal(device)?, driver.ordinal(peer)?)));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|yes| unsafe { store(can, c_int::from(yes)) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetP2PAttribute(value: *mut c_int, number: u32, from: c_int, to: c_int) -> u32 {
    let answer = with(|driver| {
        let yes = driver.can_access_peer(driver.ordinal(from)?, driver.ordinal(to)?);
        match number {
            1 => Ok(0),
            2..=4 => Ok(c_int::from(yes)),
            _ => Err(CuError::INVALID_VALUE),
        }
    });
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|number| unsafe { store(value, number) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxRetain(context: *mut u64, device: c_int) -> u32 {
    let answer = ask(device, |driver, index| {
        driver.devices[index].health().map(|()| Driver::context_of(index))
    });
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|handle| unsafe { store(context, handle) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuDevicePrimaryCtxRelease_v2(device: c_int) -> u32 {
    code(ask(device, |_, _| Ok(())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxGetState(device: c_int, flags: *mut c_uint, active: *mut c_int) -> u32 {
    let answer = ask(device, |_, _| Ok(()));
    // SAFETY: the caller's pointers, checked for null.
    code(answer.and_then(|()| unsafe { store(flags, 0).and_then(|()| store(active, 1)) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuDevicePrimaryCtxSetFlags_v2(device: c_int, _flags: c_uint) -> u32 {
    code(ask(device, |_, _| Ok(())))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxSetCurrent(context: u64) -> u32 {
    let answer = with(|driver| {
        if context == 0 {
            driver.ready()
        } else {
            driver.device_of_context(context).map(|_| ())
        }
    });
    if answer.is_ok() {
        state::set_context(context);
    }
    code(answer)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxGetCurrent(context: *mut u64) -> u32 {
    // SAFETY: the caller's pointer, checked for null.
    code(with(|driver| driver.ready()).and_then(|()| unsafe { store(context, state::context()) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxGetDevice(device: *mut c_int) -> u32 {
    let answer = with_context(|driver, index| driver.ordinal_of(index).ok_or(CuError::INVALID_CONTEXT));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|ordinal| unsafe { store(device, ordinal) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxPushCurrent_v2(context: u64) -> u32 {
    cuCtxSetCurrent(context)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxPopCurrent_v2(context: *mut u64) -> u32 {
    // SAFETY: the caller's pointer, which may be null here.
    unsafe { store_if(context, state::context()) };
    state::set_context(0);
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxSynchronize() -> u32 {
    let index = with_context(|_, index| Ok(index));
    code(index.and_then(|index| state::wait(|driver| driver.device_state(index))))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxGetLimit(value: *mut usize, _limit: u32) -> u32 {
    // SAFETY: the caller's pointer, checked for null.
    code(with_context(|_, _| Ok(())).and_then(|()| unsafe { store(value, 1024) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxSetLimit(_limit: u32, _value: usize) -> u32 {
    code(with_context(|_, _| Ok(())))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxSetFlags(_flags: c_uint) -> u32 {
    code(with_context(|_, _| Ok(())))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxSetCacheConfig(_config: u32) -> u32 {
    code(with_context(|_, _| Ok(())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxGetStreamPriorityRange(least: *mut c_int, greatest: *mut c_int) -> u32 {
    // SAFETY: the caller's pointers, which may be null here.
    unsafe {
        store_if(least, 0);
        store_if(greatest, -5);
    }
    code(with_context(|_, _| Ok(())))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxEnablePeerAccess(peer: u64, flags: c_uint) -> u32 {
    code(with_context(|driver, index| {
        let other = driver.device_of_context(peer)?;
        if flags != 0 {
            return Err(CuError::INVALID_VALUE);
        }
        if !driver.can_access_peer(index, other) {
            return Err(CuError::PEER_ACCESS_UNSUPPORTED);
        }
        if driver.devices[index].peers.insert(other) {
            Ok(())
        } else {
            Err(CuError::PEER_ACCESS_ALREADY_ENABLED)
        }
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuCtxDisablePeerAccess(peer: u64) -> u32 {
    code(with_context(|driver, index| {
        let other = driver.device_of_context(peer)?;
        if driver.devices[index].peers.remove(&other) {
            Ok(())
        } else {
            Err(CuError::PEER_ACCESS_NOT_ENABLED)
        }
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorName(error: u32, name: *mut *const c_char) -> u32 {
    let text = CuError(error).texts().ok_or(CuError::INVALID_VALUE);
    // SAFETY: the caller's pointer, checked for null.
    code(text.and_then(|(text, _)| unsafe { store(name, text.as_ptr()) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorString(error: u32, string: *mut *const c_char) -> u32 {
    let text = CuError(error).texts().ok_or(CuError::INVALID_VALUE);
    // SAFETY: the caller's pointer, checked for null.
    code(text.and_then(|(_, text)| unsafe { store(string, text.as_ptr()) }))
}
