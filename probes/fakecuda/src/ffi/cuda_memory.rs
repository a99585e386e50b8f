//! Allocation, pinned memory, tensor maps.
#![allow(missing_docs, clippy::missing_safety_doc)]

use super::{store, store_if};
use crate::driver::{Driver, Op};
use crate::error::{Answer, CuError, refuse};
use crate::host;
use crate::kernel::tensor_map::Encode;
use crate::scenario::Fault;
use crate::state::{code, with, with_context};
use std::ffi::{c_int, c_uint, c_void};

fn allocate(driver: &mut Driver, device: usize, bytes: usize) -> Answer<u64> {
    driver.pump();
    driver.devices[device].memory.allocate(bytes as u64)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAlloc_v2(pointer: *mut u64, bytes: usize) -> u32 {
    if pointer.is_null() {
        return CuError::INVALID_VALUE.0;
    }
    let answer = with_context(|driver, device| allocate(driver, device, bytes));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|address| unsafe { store(pointer, address) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAllocAsync(pointer: *mut u64, bytes: usize, stream: u64) -> u32 {
    let known = with_context(|driver, device| driver.stream_key(stream, device));
    // SAFETY: the same contract.
    known.map_or_else(|error| error.0, |_| unsafe { cuMemAlloc_v2(pointer, bytes) })
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemFree_v2(pointer: u64) -> u32 {
    if pointer == 0 {
        return 0;
    }
    let waited = super::cuda_device::cuCtxSynchronize();
    if waited != 0 {
        return waited;
    }
    code(with_context(|driver, _| {
        let owner = driver.owner(pointer).ok_or(CuError::INVALID_VALUE)?;
        driver.devices[owner].memory.release(pointer).or_else(|error| {
            refuse(
                error,
                format_args!("cuMemFree of {pointer:#x}, which is no allocation's start"),
            )
        })
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemFreeAsync(pointer: u64, stream: u64) -> u32 {
    if pointer == 0 {
        return 0;
    }
    code(with_context(|driver, device| {
        let key = driver.stream_key(stream, device)?;
        let memory = &driver.devices[device].memory;
        if memory.allocation(pointer).is_none_or(|(start, _)| start != pointer) {
            return refuse(CuError::INVALID_VALUE, format_args!("cuMemFreeAsync of {pointer:#x}"));
        }
        driver.enqueue(key, Op::Release(pointer))
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> u32 {
    let answer = with_context(|driver, device| {
        let gpu = &driver.devices[device];
        if driver.fault() == Some(Fault::Garbage) {
            return Ok((usize::MAX, 1 << 63));
        }
        Ok((gpu.memory.free_bytes() as usize, gpu.scenario.reported_bytes as usize))
    });
    code(answer.map(|(bytes, all)| {
        // SAFETY: the caller's pointers, which may be null here.
        unsafe {
            store_if(free, bytes);
            store_if(total, all);
        }
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemGetAddressRange_v2(base: *mut u64, size: *mut usize, pointer: u64) -> u32 {
    let answer = with_context(|driver, _| {
        let owner = driver.owner(pointer).ok_or(CuError::NOT_FOUND)?;
        driver.devices[owner]
            .memory
            .allocation(pointer)
            .ok_or(CuError::NOT_FOUND)
    });
    code(answer.map(|(start, bytes)| {
        // SAFETY: the caller's pointers, which may be null here.
        unsafe {
            store_if(base, start);
            store_if(size, bytes as usize);
        }
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemHostAlloc(pointer: *mut u64, bytes: usize, flags: c_uint) -> u32 {
    if pointer.is_null() || flags > 7 {
        return CuError::INVALID_VALUE.0;
    }
    let answer = with_context(|_, _| host::allocate(bytes));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|address| unsafe { store(pointer, address) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAllocHost_v2(pointer: *mut u64, bytes: usize) -> u32 {
    // SAFETY: the same contract.
    unsafe { cuMemHostAlloc(pointer, bytes, 0) }
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemFreeHost(pointer: u64) -> u32 {
    let waited = super::cuda_device::cuCtxSynchronize();
    if waited != 0 && waited != CuError::INVALID_CONTEXT.0 {
        return waited;
    }
    code(host::release(pointer, false))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemHostRegister_v2(pointer: u64, bytes: usize, _flags: c_uint) -> u32 {
    code(with_context(|_, _| host::register(pointer, bytes)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemHostUnregister(pointer: u64) -> u32 {
    code(host::release(pointer, true))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemHostGetDevicePointer_v2(device: *mut u64, pointer: u64, flags: c_uint) -> u32 {
    let answer = if flags == 0 && host::contains(pointer, 1) {
        Ok(())
    } else {
        Err(CuError::INVALID_VALUE)
    };
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|()| unsafe { store(device, pointer) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemHostGetFlags(flags: *mut c_uint, pointer: u64) -> u32 {
    let answer = if host::contains(pointer, 1) {
        Ok(())
    } else {
        Err(CuError::INVALID_VALUE)
    };
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|()| unsafe { store(flags, 3) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetDefaultMemPool(pool: *mut u64, device: c_int) -> u32 {
    let answer = with(|driver| driver.ordinal(device));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|index| unsafe { store(pool, 0x0040_0000_0000 + 64 * index as u64) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetMemPool(pool: *mut u64, device: c_int) -> u32 {
    // SAFETY: the same contract.
    unsafe { cuDeviceGetDefaultMemPool(pool, device) }
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemPoolSetAttribute(_pool: u64, _attribute: u32, _value: *mut c_void) -> u32 {
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn cuMemPoolTrimTo(_pool: u64, _keep: usize) -> u32 {
    0
}

/// The driver's order of arguments; rank 2 only.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn cuTensorMapEncodeTiled(
    map: *mut [u8; 128],
    data_type: u32,
    rank: u32,
    address: u64,
    dims: *const u64,
    strides: *const u64,
    box_shape: *const u32,
    element_strides: *const u32,
    interleave: u32,
    swizzle: u32,
    promotion: u32,
    fill: u32,
) -> u32 {
    if map.is_null() || dims.is_null() || strides.is_null() || box_shape.is_null() || element_strides.is_null() {
        return CuError::INVALID_VALUE.0;
    }
    if !(map as usize).is_multiple_of(64) {
        return code(refuse(
            CuError::INVALID_VALUE,
            "cuTensorMapEncodeTiled: the map is not aligned to 64 bytes",
        ));
    }
    if rank != 2 {
        return code(refuse(
            CuError::NOT_SUPPORTED,
            format_args!("cuTensorMapEncodeTiled: rank {rank}, modelled is 2"),
        ));
    }
    // SAFETY: not null, and arrays of `rank` (strides: `rank` - 1) elements by the interface.
    let encode = unsafe {
        Encode {
            data_type,
            address,
            dims: [*dims, *dims.add(1)],
            stride: *strides,
            box_shape: [*box_shape, *box_shape.add(1)],
            element_strides: [*element_strides, *element_strides.add(1)],
            interleave,
            swizzle,
            promotion,
            fill,
        }
    };
    // SAFETY: not null, and 128 bytes by the interface.
    code(
        encode
            .check()
            .and_then(|encoded| unsafe { store(map, encoded.encode()) }),
    )
}
