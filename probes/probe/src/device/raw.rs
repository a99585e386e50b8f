//! The calls of the driver. All of `unsafe` that the device layer needs is in this file.
//!
//! Handles are made here and destroyed here; the owning types of this folder hold them until they are dropped and keep
//! their context alive meanwhile, which is what the safety of every call below rests on. A driver that answers with
//! wild pointers cannot be defended against in one process: that is why workers are processes of their own.
#![allow(unsafe_code)]

use super::DeviceError;
use cudarc::driver::sys;
use std::ffi::{CStr, CString, c_void};
use std::ptr::{from_mut, null_mut};

pub(super) use sys::{
    CUcontext, CUdevice, CUdevice_attribute as Attribute, CUevent, CUfunction, CUgraphExec, CUmodule, CUresult,
    CUstream, CUtensorMap, CUtensorMapDataType, CUtensorMapSwizzle,
};

/// Every function that is called. A driver without one of them is refused before it is used, because the loader panics
/// on a missing one.
pub(super) const SYMBOLS: &[&str] = &[
    "cuInit",
    "cuDriverGetVersion",
    "cuGetErrorName",
    "cuDeviceGetCount",
    "cuDeviceGet",
    "cuDeviceGetName",
    "cuDeviceGetUuid_v2",
    "cuDeviceGetPCIBusId",
    "cuDeviceGetAttribute",
    "cuDeviceTotalMem_v2",
    "cuDeviceCanAccessPeer",
    "cuDevicePrimaryCtxRetain",
    "cuDevicePrimaryCtxRelease_v2",
    "cuCtxSetCurrent",
    "cuCtxEnablePeerAccess",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuModuleGetFunction",
    "cuFuncSetAttribute",
    "cuMemGetInfo_v2",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemHostAlloc",
    "cuMemFreeHost",
    "cuMemHostGetDevicePointer_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyPeerAsync",
    "cuMemsetD8Async",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuStreamWaitEvent",
    "cuStreamBeginCapture_v2",
    "cuStreamEndCapture",
    "cuGraphInstantiateWithFlags",
    "cuGraphLaunch",
    "cuGraphExecDestroy",
    "cuGraphDestroy",
    "cuEventCreate",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuEventElapsedTime",
    "cuEventDestroy_v2",
    "cuLaunchKernel",
];

/// Longest text that is taken from the driver, bytes.
const TEXT_BYTES: usize = 256;

/// Whether there is a driver library that loads.
pub(super) fn is_present() -> bool {
    // SAFETY: loads libcuda and runs its initialisers, which is what a worker is for.
    unsafe { sys::is_culib_present() }
}

/// The first of `names` that the driver does not export. Only after [`is_present`].
pub(super) fn missing_symbol(names: &[&'static str]) -> Option<&'static str> {
    // SAFETY: the library was seen to load; symbols are looked up and not called.
    let library = unsafe { sys::culib() };
    names.iter().copied().find(|name| {
        // SAFETY: as above; the type is never used.
        unsafe { library.get::<*const c_void>(name.as_bytes()).is_err() }
    })
}

/// An error for every code but success.
fn check(call: &'static str, result: CUresult) -> Result<(), DeviceError> {
    // As a number at once: a driver may answer codes that the enumeration does not have.
    let code = result as u32;
    if code == 0 {
        return Ok(());
    }
    Err(DeviceError::Driver {
        call,
        code,
        name: error_name(result),
    })
}

fn error_name(result: CUresult) -> String {
    let mut text = std::ptr::null();
    // SAFETY: writes one pointer to a static string, or leaves null.
    let answered = unsafe { sys::cuGetErrorName(result, &raw mut text) } as u32 == 0;
    if !answered || text.is_null() {
        return "unknown error".to_owned();
    }
    // SAFETY: the driver's strings are static and end with zero.
    clean(&unsafe { CStr::from_ptr(text) }.to_string_lossy())
}

/// Text of the driver without what could move a terminal's cursor.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(96).collect()
}

/// Calls a function of the driver and checks its answer.
macro_rules! call {
    ($name:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: pointers are to live locals or slices of the stated length, handles are alive (see the head of the file).
        check(stringify!($name), unsafe { sys::$name($($argument),*) })
    };
}

pub(super) fn init() -> Result<(), DeviceError> {
    call!(cuInit(0))
}

pub(super) fn driver_version() -> Result<i32, DeviceError> {
    let mut version = 0;
    call!(cuDriverGetVersion(&raw mut version))?;
    Ok(version)
}

pub(super) fn device_count() -> Result<i32, DeviceError> {
    let mut count = 0;
    call!(cuDeviceGetCount(&raw mut count))?;
    Ok(count)
}

pub(super) fn device(ordinal: i32) -> Result<CUdevice, DeviceError> {
    let mut device = 0;
    call!(cuDeviceGet(&raw mut device, ordinal))?;
    Ok(device)
}

pub(super) fn device_name(device: CUdevice) -> Result<String, DeviceError> {
    let mut text = [0_i8; TEXT_BYTES];
    call!(cuDeviceGetName(text.as_mut_ptr(), TEXT_BYTES as i32 - 1, device))?;
    Ok(bounded_text(&text))
}

pub(super) fn pci_bus_id(device: CUdevice) -> Result<String, DeviceError> {
    let mut text = [0_i8; TEXT_BYTES];
    call!(cuDeviceGetPCIBusId(text.as_mut_ptr(), TEXT_BYTES as i32 - 1, device))?;
    Ok(bounded_text(&text).to_lowercase())
}

/// Up to the first zero, or all.
fn bounded_text(text: &[i8]) -> String {
    let bytes: Vec<u8> = text
        .iter()
        .take_while(|byte| **byte != 0)
        .map(|byte| byte.cast_unsigned())
        .collect();
    clean(&String::from_utf8_lossy(&bytes))
}

pub(super) fn uuid(device: CUdevice) -> Result<[u8; 16], DeviceError> {
    let mut uuid = sys::CUuuid { bytes: [0; 16] };
    call!(cuDeviceGetUuid_v2(&raw mut uuid, device))?;
    Ok(uuid.bytes.map(i8::cast_unsigned))
}

pub(super) fn attribute(device: CUdevice, attribute: Attribute) -> Result<i32, DeviceError> {
    let mut value = 0;
    call!(cuDeviceGetAttribute(&raw mut value, attribute, device))?;
    Ok(value)
}

pub(super) fn total_memory(device: CUdevice) -> Result<u64, DeviceError> {
    let mut bytes = 0;
    call!(cuDeviceTotalMem_v2(&raw mut bytes, device))?;
    Ok(bytes as u64)
}

pub(super) fn can_access_peer(device: CUdevice, peer: CUdevice) -> Result<bool, DeviceError> {
    let mut can = 0;
    call!(cuDeviceCanAccessPeer(&raw mut can, device, peer))?;
    Ok(can == 1)
}

pub(super) fn context_retain(device: CUdevice) -> Result<CUcontext, DeviceError> {
    let mut context = null_mut();
    call!(cuDevicePrimaryCtxRetain(&raw mut context, device))?;
    not_null("cuDevicePrimaryCtxRetain", context)
}

pub(super) fn context_release(device: CUdevice) -> Result<(), DeviceError> {
    call!(cuDevicePrimaryCtxRelease_v2(device))
}

pub(super) fn context_set(context: CUcontext) -> Result<(), DeviceError> {
    call!(cuCtxSetCurrent(context))
}

pub(super) fn enable_peer(peer: CUcontext) -> Result<(), DeviceError> {
    call!(cuCtxEnablePeerAccess(peer, 0))
}

/// `image`: machine code, or text that ends with zero.
pub(super) fn module_load(image: &[u64]) -> Result<CUmodule, DeviceError> {
    let mut module = null_mut();
    call!(cuModuleLoadData(&raw mut module, image.as_ptr().cast()))?;
    not_null("cuModuleLoadData", module)
}

pub(super) fn module_unload(module: CUmodule) -> Result<(), DeviceError> {
    call!(cuModuleUnload(module))
}

pub(super) fn module_function(module: CUmodule, name: &str) -> Result<CUfunction, DeviceError> {
    let name = CString::new(name).map_err(|_| DeviceError::Internal("kernel name with a zero byte".to_owned()))?;
    let mut function = null_mut();
    call!(cuModuleGetFunction(&raw mut function, module, name.as_ptr()))?;
    not_null("cuModuleGetFunction", function)
}

pub(super) fn allow_shared_memory(function: CUfunction, bytes: u32) -> Result<(), DeviceError> {
    let attribute = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    call!(cuFuncSetAttribute(function, attribute, bytes.cast_signed()))
}

/// Free and total, bytes, of the current context.
pub(super) fn memory_info() -> Result<(u64, u64), DeviceError> {
    let (mut free, mut total) = (0, 0);
    call!(cuMemGetInfo_v2(&raw mut free, &raw mut total))?;
    Ok((free as u64, total as u64))
}

pub(super) fn alloc(bytes: u64) -> Result<u64, DeviceError> {
    let mut address = 0;
    call!(cuMemAlloc_v2(&raw mut address, bytes as usize))?;
    if address == 0 {
        return Err(DeviceError::Garbage(
            "cuMemAlloc succeeds with a null address".to_owned(),
        ));
    }
    Ok(address)
}

pub(super) fn free(address: u64) -> Result<(), DeviceError> {
    call!(cuMemFree_v2(address))
}

/// Pinned host memory that the device can read and write, not write-combined (reads of that crawl).
pub(super) fn host_alloc(bytes: usize) -> Result<*mut u8, DeviceError> {
    let mut pointer: *mut c_void = null_mut();
    let flags = sys::CU_MEMHOSTALLOC_PORTABLE | sys::CU_MEMHOSTALLOC_DEVICEMAP;
    call!(cuMemHostAlloc(&raw mut pointer, bytes, flags))?;
    not_null("cuMemHostAlloc", pointer.cast())
}

pub(super) fn host_device_address(pointer: *mut u8) -> Result<u64, DeviceError> {
    let mut address = 0;
    call!(cuMemHostGetDevicePointer_v2(&raw mut address, pointer.cast(), 0))?;
    Ok(address)
}

pub(super) fn host_free(pointer: *mut u8) -> Result<(), DeviceError> {
    call!(cuMemFreeHost(pointer.cast()))
}

/// The bytes of pinned memory. `bytes` must be its length.
pub(super) fn host_slice<'a>(pointer: *mut u8, bytes: usize) -> &'a [u8] {
    // SAFETY: the owner (`Pinned`) passes its own pointer and length and ties the lifetime to itself.
    unsafe { std::slice::from_raw_parts(pointer, bytes) }
}

/// Likewise, to write.
pub(super) fn host_slice_mut<'a>(pointer: *mut u8, bytes: usize) -> &'a mut [u8] {
    // SAFETY: as above, and the owner is borrowed mutably.
    unsafe { std::slice::from_raw_parts_mut(pointer, bytes) }
}

/// Writes a word that a running kernel watches.
pub(super) fn host_store_volatile(pointer: *mut u8, value: u32) {
    // SAFETY: pinned memory is page-aligned and at least one page long.
    unsafe { pointer.cast::<u32>().write_volatile(value) };
}

/// Values that may be copied from and to device memory byte by byte.
///
/// # Safety
/// Every bit pattern is a value and there is no padding.
pub(crate) unsafe trait Plain: Copy + Default {}
// SAFETY: numbers.
unsafe impl Plain for u8 {}
// SAFETY: numbers.
unsafe impl Plain for u16 {}
// SAFETY: numbers.
unsafe impl Plain for u32 {}
// SAFETY: numbers.
unsafe impl Plain for u64 {}
// SAFETY: numbers.
unsafe impl Plain for i32 {}
// SAFETY: numbers.
unsafe impl Plain for f32 {}
// SAFETY: numbers.
unsafe impl Plain for f64 {}

/// Queues a copy to the device; `from` must stay until the stream was waited for.
pub(super) fn copy_in<T: Plain>(address: u64, from: &[T], stream: CUstream) -> Result<(), DeviceError> {
    call!(cuMemcpyHtoDAsync_v2(
        address,
        from.as_ptr().cast(),
        size_of_val(from),
        stream
    ))
}

/// Queues a copy from the device; `to` must stay until the stream was waited for.
pub(super) fn copy_out<T: Plain>(to: &mut [T], address: u64, stream: CUstream) -> Result<(), DeviceError> {
    call!(cuMemcpyDtoHAsync_v2(
        to.as_mut_ptr().cast(),
        address,
        size_of_val(to),
        stream
    ))
}

pub(super) fn copy_peer(
    to: (u64, CUcontext),
    from: (u64, CUcontext),
    bytes: u64,
    stream: CUstream,
) -> Result<(), DeviceError> {
    call!(cuMemcpyPeerAsync(to.0, to.1, from.0, from.1, bytes as usize, stream))
}

pub(super) fn set_bytes(address: u64, value: u8, bytes: u64, stream: CUstream) -> Result<(), DeviceError> {
    call!(cuMemsetD8Async(address, value, bytes as usize, stream))
}

pub(super) fn stream_create() -> Result<CUstream, DeviceError> {
    let mut stream = null_mut();
    let flags = sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32;
    call!(cuStreamCreate(&raw mut stream, flags))?;
    not_null("cuStreamCreate", stream)
}

pub(super) fn stream_destroy(stream: CUstream) -> Result<(), DeviceError> {
    call!(cuStreamDestroy_v2(stream))
}

pub(super) fn stream_synchronize(stream: CUstream) -> Result<(), DeviceError> {
    call!(cuStreamSynchronize(stream))
}

pub(super) fn stream_wait(stream: CUstream, event: CUevent) -> Result<(), DeviceError> {
    call!(cuStreamWaitEvent(stream, event, 0))
}

pub(super) fn event_create() -> Result<CUevent, DeviceError> {
    let mut event = null_mut();
    // Default flags: with timing. 0 is CU_EVENT_DEFAULT.
    call!(cuEventCreate(&raw mut event, 0))?;
    not_null("cuEventCreate", event)
}

pub(super) fn event_record(event: CUevent, stream: CUstream) -> Result<(), DeviceError> {
    call!(cuEventRecord(event, stream))
}

pub(super) fn event_synchronize(event: CUevent) -> Result<(), DeviceError> {
    call!(cuEventSynchronize(event))
}

/// Milliseconds.
pub(super) fn event_elapsed(from: CUevent, to: CUevent) -> Result<f32, DeviceError> {
    let mut milliseconds = f32::NAN;
    call!(cuEventElapsedTime(&raw mut milliseconds, from, to))?;
    Ok(milliseconds)
}

pub(super) fn event_destroy(event: CUevent) -> Result<(), DeviceError> {
    call!(cuEventDestroy_v2(event))
}

pub(super) fn launch(
    function: CUfunction,
    grid: u32,
    block: u32,
    shared_bytes: u32,
    stream: CUstream,
    parameters: &mut [*mut c_void],
) -> Result<(), DeviceError> {
    call!(cuLaunchKernel(
        function,
        grid,
        1,
        1,
        block,
        1,
        1,
        shared_bytes,
        stream,
        parameters.as_mut_ptr(),
        null_mut(),
    ))
}

/// Records what `work` queues on the stream as a graph and makes it ready to launch.
pub(super) fn capture(
    stream: CUstream,
    work: impl FnOnce() -> Result<(), DeviceError>,
) -> Result<CUgraphExec, DeviceError> {
    call!(cuStreamBeginCapture_v2(
        stream,
        sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
    ))?;
    let queued = work();
    let mut graph = null_mut();
    // Capturing ends in any case, or the stream stays unusable.
    let ended = call!(cuStreamEndCapture(stream, &raw mut graph));
    queued?;
    ended?;
    let graph = not_null("cuStreamEndCapture", graph)?;
    let mut executable = null_mut();
    let made = call!(cuGraphInstantiateWithFlags(&raw mut executable, graph, 0));
    let destroyed = call!(cuGraphDestroy(graph));
    made?;
    destroyed?;
    not_null("cuGraphInstantiateWithFlags", executable)
}

pub(super) fn graph_launch(graph: CUgraphExec, stream: CUstream) -> Result<(), DeviceError> {
    call!(cuGraphLaunch(graph, stream))
}

pub(super) fn graph_destroy(graph: CUgraphExec) -> Result<(), DeviceError> {
    call!(cuGraphExecDestroy(graph))
}

/// A two-dimensional map with 128-byte swizzle and 256-byte promotion into L2. `inner` and `rows` in elements,
/// `row_bytes` from row to row, `inner_box` and `row_box` in elements.
pub(super) fn encode_tensor_map(
    kind: CUtensorMapDataType,
    address: u64,
    (inner, rows): (u64, u64),
    row_bytes: u64,
    (inner_box, row_box): (u32, u32),
) -> Result<[u64; 16], DeviceError> {
    /// The driver demands 64 bytes of alignment of what it writes.
    #[repr(C, align(64))]
    struct Aligned(CUtensorMap);
    if let Some(name) = missing_symbol(&["cuTensorMapEncodeTiled"]) {
        return Err(DeviceError::MissingSymbol(name));
    }
    let mut map = Aligned(CUtensorMap { opaque: [0; 16] });
    let sizes = [inner, rows];
    let strides = [row_bytes];
    let boxes = [inner_box, row_box];
    let steps = [1_u32, 1];
    call!(cuTensorMapEncodeTiled(
        from_mut(&mut map.0),
        kind,
        2,
        address as *mut c_void,
        sizes.as_ptr(),
        strides.as_ptr(),
        boxes.as_ptr(),
        steps.as_ptr(),
        sys::CUtensorMapInterleave::CU_TENSOR_MAP_INTERLEAVE_NONE,
        CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_128B,
        sys::CUtensorMapL2promotion::CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
        sys::CUtensorMapFloatOOBfill::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
    ))?;
    Ok(map.0.opaque)
}

fn not_null<T>(call: &'static str, pointer: *mut T) -> Result<*mut T, DeviceError> {
    if pointer.is_null() {
        return Err(DeviceError::Garbage(format!("{call} succeeds with a null handle")));
    }
    Ok(pointer)
}
