//! Modules, functions, launches, occupancy.
#![allow(missing_docs, clippy::missing_safety_doc)]

use super::{store, text};
use crate::error::{Answer, CuError, refuse};
use crate::image::elf_length;
use crate::kernel::Shape;
use crate::state::{code, with, with_context};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

/// `CUlaunchConfig`.
#[repr(C)]
pub struct LaunchConfig {
    grid: [c_uint; 3],
    block: [c_uint; 3],
    shared: c_uint,
    stream: u64,
    attributes: *mut c_void,
    attribute_count: c_uint,
}

/// Copies an image out of the caller's memory: an ELF file by its headers, PTX up to its zero byte.
///
/// # Safety
/// `image` points to a whole ELF file or to text that ends with zero, as the interface demands.
unsafe fn image_bytes(image: *const u8) -> Answer<Vec<u8>> {
    if image.is_null() {
        return Err(CuError::INVALID_VALUE);
    }
    // SAFETY: an image has at least four bytes: the magic number, or text that is compared up to its zero only.
    let elf = b"\x7fELF"
        .iter()
        .enumerate()
        .all(|(i, byte)| unsafe { *image.add(i) } == *byte);
    if !elf {
        // SAFETY: not ELF, so text that ends with zero.
        return Ok(unsafe { CStr::from_ptr(image.cast()) }.to_bytes().to_vec());
    }
    // SAFETY: an ELF file has a header of 64 bytes.
    let header: [u8; 64] = unsafe { image.cast::<[u8; 64]>().read_unaligned() };
    let length = elf_length(&header, |at| {
        // SAFETY: the header says that a section header of 64 bytes lies here.
        let section: [u8; 64] = unsafe { image.add(at as usize).cast::<[u8; 64]>().read_unaligned() };
        let word = |at: usize| u64::from_le_bytes(section[at..at + 8].try_into().expect("8 bytes"));
        const NOBITS: u32 = 8;
        let kind = u32::from_le_bytes(section[4..8].try_into().expect("4 bytes"));
        (word(24), if kind == NOBITS { 0 } else { word(32) })
    });
    let Some(length) = length else {
        return refuse(CuError::INVALID_IMAGE, "the ELF header makes no sense");
    };
    // SAFETY: all headers say that the file is at least that long.
    Ok(unsafe { std::slice::from_raw_parts(image, length) }.to_vec())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleLoadData(module: *mut u64, image: *const u8) -> u32 {
    // SAFETY: the caller's image.
    let bytes = unsafe { image_bytes(image) };
    let answer = bytes.and_then(|bytes| with_context(|driver, device| driver.load_module(device, bytes)));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|handle| unsafe { store(module, handle) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleLoadDataEx(
    module: *mut u64,
    image: *const u8,
    _count: c_uint,
    _options: *mut u32,
    _values: *mut *mut c_void,
) -> u32 {
    // SAFETY: the same contract.
    unsafe { cuModuleLoadData(module, image) }
}

#[unsafe(no_mangle)]
pub extern "C" fn cuModuleUnload(module: u64) -> u32 {
    code(with_context(|driver, _| driver.unload_module(module)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleGetFunction(function: *mut u64, module: u64, name: *const c_char) -> u32 {
    // SAFETY: the caller's string.
    let Some(name) = (unsafe { text(name) }) else {
        return CuError::INVALID_VALUE.0;
    };
    let answer = with_context(|driver, _| driver.function(module, &name));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|handle| unsafe { store(function, handle) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuModuleGetGlobal_v2(
    _pointer: *mut u64,
    _bytes: *mut usize,
    _module: u64,
    _name: *const c_char,
) -> u32 {
    CuError::NOT_FOUND.0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuFuncGetAttribute(value: *mut c_int, attribute: u32, function: u64) -> u32 {
    let answer = with_context(|driver, _| driver.function_attribute(function, attribute));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|number| unsafe { store(value, number) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuFuncSetAttribute(function: u64, attribute: u32, value: c_int) -> u32 {
    code(with_context(|driver, _| {
        driver.set_function_attribute(function, attribute, value)
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuFuncSetCacheConfig(function: u64, _config: u32) -> u32 {
    code(with(|driver| driver.function_facts(function).map(|_| ())))
}

/// Launches with the caller's array of pointers to parameters.
///
/// # Safety
/// `parameters` has a pointer for each parameter of the kernel, each to that parameter.
unsafe fn launch(function: u64, shape: Shape, stream: u64, parameters: *mut *mut c_void) -> Answer<()> {
    let fetch = |index: usize, bytes: usize| {
        if parameters.is_null() {
            return None;
        }
        // SAFETY: the array has a pointer for each parameter, by the contract of this function.
        let parameter = unsafe { *parameters.add(index) }.cast::<u8>();
        if parameter.is_null() {
            return None;
        }
        // SAFETY: not null, and the interface gives the size of this parameter.
        Some(unsafe { std::slice::from_raw_parts(parameter, bytes) }.to_vec())
    };
    with_context(|driver, device| {
        let key = driver.stream_key(stream, device)?;
        driver.launch(function, shape, key, &fetch)
    })
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn cuLaunchKernel(
    function: u64,
    grid_x: c_uint,
    grid_y: c_uint,
    grid_z: c_uint,
    block_x: c_uint,
    block_y: c_uint,
    block_z: c_uint,
    shared: c_uint,
    stream: u64,
    parameters: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> u32 {
    if !extra.is_null() {
        return code(refuse(CuError::NOT_SUPPORTED, "parameters as one buffer (extra)"));
    }
    let shape = Shape {
        grid: [grid_x, grid_y, grid_z],
        block: [block_x, block_y, block_z],
        shared,
    };
    // SAFETY: the caller's array.
    code(unsafe { launch(function, shape, stream, parameters) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuLaunchKernelEx(
    config: *const LaunchConfig,
    function: u64,
    parameters: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> u32 {
    if config.is_null() || !extra.is_null() {
        return CuError::INVALID_VALUE.0;
    }
    // SAFETY: not null.
    let config = unsafe { &*config };
    let shape = Shape {
        grid: config.grid,
        block: config.block,
        shared: config.shared,
    };
    // SAFETY: the caller's array.
    code(unsafe { launch(function, shape, config.stream, parameters) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
    blocks: *mut c_int,
    function: u64,
    threads: c_int,
    shared: usize,
) -> u32 {
    let answer = with_context(|driver, _| driver.occupancy(function, threads.unsigned_abs(), shared as u64));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|number| unsafe { store(blocks, number) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    blocks: *mut c_int,
    function: u64,
    threads: c_int,
    shared: usize,
    _flags: c_uint,
) -> u32 {
    // SAFETY: the same contract.
    unsafe { cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, shared) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuOccupancyMaxActiveClusters(
    clusters: *mut c_int,
    function: u64,
    config: *const LaunchConfig,
) -> u32 {
    if config.is_null() {
        return CuError::INVALID_VALUE.0;
    }
    let answer = with_context(|driver, device| {
        let cluster = driver
            .function_facts(function)?
            .tile
            .map_or(1, |tile| tile.cluster.max(1));
        Ok((driver.devices[device].scenario.real.sms / cluster) as c_int)
    });
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|number| unsafe { store(clusters, number) }))
}
