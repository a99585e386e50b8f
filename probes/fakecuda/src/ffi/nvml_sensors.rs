//! NVML: clocks, power, temperature, memory, errors, processes.
#![allow(missing_docs, clippy::missing_safety_doc)]

use super::nvml_system::{INVALID_ARGUMENT, NOT_SUPPORTED, Return, answer, ask};
use crate::driver::device::Device;
use crate::scenario::Fault;
use std::ffi::{c_uint, c_void};

/// `nvmlMemory_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Memory {
    total: u64,
    free: u64,
    used: u64,
}

/// `nvmlMemory_v2_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MemoryV2 {
    version: c_uint,
    total: u64,
    reserved: u64,
    free: u64,
    used: u64,
}

/// `nvmlUtilization_t`.
#[repr(C)]
pub struct Utilization {
    gpu: c_uint,
    memory: c_uint,
}

fn garbage(device: &Device) -> bool {
    device.scenario.fault == Some(Fault::Garbage)
}

/// A partition has no sensors of its own.
fn whole(device: &Device) -> Result<(), Return> {
    if device.scenario.slice.is_some() {
        Err(NOT_SUPPORTED)
    } else {
        Ok(())
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetClockInfo(handle: u64, kind: c_uint, megahertz: *mut c_uint) -> Return {
    let clock = ask(handle, |device, now| match kind {
        0 | 1 => Ok(device.power.at(now).clock_mhz as c_uint),
        2 => Ok(device.scenario.claim.memory_mhz),
        3 => Err(NOT_SUPPORTED),
        _ => Err(INVALID_ARGUMENT),
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(megahertz, clock) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetClock(handle: u64, kind: c_uint, _id: c_uint, megahertz: *mut c_uint) -> Return {
    // SAFETY: the same contract.
    unsafe { nvmlDeviceGetClockInfo(handle, kind, megahertz) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerUsage(handle: u64, milliwatts: *mut c_uint) -> Return {
    let power = ask(handle, |device, now| {
        whole(device)?;
        Ok(if garbage(device) {
            u32::MAX
        } else {
            (device.power.at(now).watts * 1e3) as c_uint
        })
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(milliwatts, power) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTotalEnergyConsumption(handle: u64, millijoules: *mut u64) -> Return {
    let energy = ask(handle, |device, now| {
        whole(device)?;
        Ok((device.power.joules(now) * 1e3) as u64 + 9_000_000)
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(millijoules, energy) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTemperature(handle: u64, sensor: c_uint, celsius: *mut c_uint) -> Return {
    let temperature = ask(handle, |device, now| {
        if sensor != 0 {
            return Err(INVALID_ARGUMENT);
        }
        Ok(if garbage(device) {
            u32::MAX - 40
        } else {
            device.power.at(now).celsius as c_uint
        })
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(celsius, temperature) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTemperatureThreshold(handle: u64, kind: c_uint, celsius: *mut c_uint) -> Return {
    let threshold = ask(handle, |_, _| match kind {
        0 => Ok(92),
        1 => Ok(89),
        3 => Ok(87),
        _ => Err(NOT_SUPPORTED),
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(celsius, threshold) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCurrentClocksThrottleReasons(handle: u64, reasons: *mut u64) -> Return {
    let bits = ask(handle, |device, now| {
        Ok(if garbage(device) {
            u64::MAX
        } else {
            device.power.at(now).reasons
        })
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(reasons, bits) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCurrentClocksEventReasons(handle: u64, reasons: *mut u64) -> Return {
    // SAFETY: the same contract.
    unsafe { nvmlDeviceGetCurrentClocksThrottleReasons(handle, reasons) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetSupportedClocksThrottleReasons(handle: u64, reasons: *mut u64) -> Return {
    // SAFETY: the caller's pointer.
    unsafe { answer(reasons, ask(handle, |_, _| Ok(0x1ff))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPerformanceState(handle: u64, state: *mut c_uint) -> Return {
    // SAFETY: the caller's pointer.
    unsafe { answer(state, ask(handle, |_, _| Ok(0))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetUtilizationRates(handle: u64, rates: *mut Utilization) -> Return {
    let busy = ask(handle, |device, now| {
        whole(device)?;
        let gpu = if device.power.at(now).reasons & 1 == 1 { 0 } else { 100 };
        Ok(Utilization { gpu, memory: gpu / 2 })
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(rates, busy) }
}

fn memory(device: &Device) -> Memory {
    if garbage(device) {
        return Memory {
            total: 1 << 63,
            free: u64::MAX,
            used: u64::MAX,
        };
    }
    let (total, free) = (device.scenario.reported_bytes, device.memory.free_bytes());
    Memory {
        total,
        free,
        used: total - free,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMemoryInfo(handle: u64, info: *mut Memory) -> Return {
    // SAFETY: the caller's pointer.
    unsafe { answer(info, ask(handle, |device, _| Ok(memory(device)))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMemoryInfo_v2(handle: u64, info: *mut MemoryV2) -> Return {
    const VERSION_MISMATCH: Return = 25;
    if info.is_null() {
        return INVALID_ARGUMENT;
    }
    // SAFETY: not null, and the caller set the version.
    let version = unsafe { (*info).version };
    if version != (2 << 24 | size_of::<MemoryV2>() as c_uint) {
        return VERSION_MISMATCH;
    }
    let filled = ask(handle, |device, _| {
        let Memory { total, free, used } = memory(device);
        Ok(MemoryV2 {
            version,
            total,
            reserved: 0,
            free,
            used,
        })
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(info, filled) }
}

/// Whether the GPU of that kind has error correction.
fn has_ecc(device: &Device) -> Result<(), Return> {
    if device.scenario.claim.name.contains("GeForce") {
        Err(NOT_SUPPORTED)
    } else {
        Ok(())
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetEccMode(handle: u64, current: *mut c_uint, pending: *mut c_uint) -> Return {
    let mode = ask(handle, |device, _| has_ecc(device).map(|()| 1));
    // SAFETY: the caller's pointers.
    match unsafe { answer(current, mode) } {
        // SAFETY: likewise.
        0 => unsafe { answer(pending, mode) },
        code => code,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTotalEccErrors(
    handle: u64,
    kind: c_uint,
    counter: c_uint,
    count: *mut u64,
) -> Return {
    let errors = ask(handle, |device, _| {
        has_ecc(device)?;
        let faulty = device.scenario.fault == Some(Fault::Ecc);
        match (kind, counter) {
            (0, 0 | 1) => Ok(if faulty { 1_733 } else { 0 }),
            (1, 0 | 1) => Ok(if faulty { 4 } else { 0 }),
            _ => Err(INVALID_ARGUMENT),
        }
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(count, errors) }
}

/// The process that calls is listed like any other; time slices show the one that has the rest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetComputeRunningProcesses_v3(
    handle: u64,
    count: *mut c_uint,
    infos: *mut ProcessInfo,
) -> Return {
    const INSUFFICIENT_SIZE: Return = 7;
    if count.is_null() {
        return INVALID_ARGUMENT;
    }
    let listed = ask(handle, |device, _| {
        let own = device.launches > 0;
        let mut pids = if own { vec![std::process::id()] } else { Vec::new() };
        if device.scenario.time_slices.is_some() {
            pids.push(u32::MAX >> 8);
        }
        Ok(pids)
    });
    let pids = match listed {
        Ok(pids) => pids,
        Err(code) => return code,
    };
    // SAFETY: not null.
    let room = unsafe { *count } as usize;
    // SAFETY: not null.
    unsafe { count.write(pids.len() as c_uint) };
    if room < pids.len() || (infos.is_null() && !pids.is_empty()) {
        return INSUFFICIENT_SIZE;
    }
    for (index, pid) in pids.into_iter().enumerate() {
        let info = ProcessInfo {
            pid,
            bytes: 512 << 20,
            gpu_instance: u32::MAX,
            compute_instance: u32::MAX,
        };
        // SAFETY: the caller has room for `room` of them, which is not less than there are.
        unsafe { infos.add(index).write(info) };
    }
    0
}

/// `nvmlProcessInfo_t`.
#[repr(C)]
pub struct ProcessInfo {
    pid: c_uint,
    bytes: u64,
    gpu_instance: c_uint,
    compute_instance: c_uint,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetGraphicsRunningProcesses_v3(
    handle: u64,
    count: *mut c_uint,
    _infos: *mut c_void,
) -> Return {
    // SAFETY: the caller's pointer.
    unsafe { answer(count, ask(handle, |_, _| Ok(0))) }
}
