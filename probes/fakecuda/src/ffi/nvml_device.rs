//! NVML: what does not change about a GPU.
#![allow(missing_docs, clippy::missing_safety_doc)]

use super::nvml_system::{INVALID_ARGUMENT, NOT_SUPPORTED, Return, answer, answer_text, ask};
use crate::driver::device::Device;
use crate::scenario::Fault;
use std::ffi::{c_char, c_int, c_uint};

/// `nvmlPciInfo_t`.
#[repr(C)]
pub struct PciInfo {
    legacy: [u8; 16],
    domain: c_uint,
    bus: c_uint,
    device: c_uint,
    device_id: c_uint,
    subsystem_id: c_uint,
    id: [u8; 32],
}

/// Board number of a GPU.
pub(crate) fn serial(device: &Device) -> String {
    format!("16{:011}", device.seed % 100_000_000_000)
}

fn garbage(device: &Device) -> bool {
    device.scenario.fault == Some(Fault::Garbage)
}

macro_rules! numbers {
    ($($name:ident: $type:ty = |$device:ident| $value:expr;)*) => {
        $(#[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(handle: u64, value: *mut $type) -> Return {
            // SAFETY: the caller's pointer.
            unsafe { answer(value, ask(handle, |$device, _now| $value)) }
        })*
    };
}

macro_rules! texts {
    ($($name:ident = |$device:ident| $value:expr;)*) => {
        $(#[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(handle: u64, value: *mut c_char, length: c_uint) -> Return {
            // SAFETY: the caller's buffer.
            unsafe { answer_text(value, length, ask(handle, |$device, _now| Ok($value))) }
        })*
    };
}

texts! {
    nvmlDeviceGetName = |device| device.name();
    nvmlDeviceGetUUID = |device| device.uuid_text().into_bytes();
    nvmlDeviceGetSerial = |device| serial(device).into_bytes();
    nvmlDeviceGetVbiosVersion = |device| {
        if garbage(device) { b"\x80\x81\x82".to_vec() } else { b"96.00.89.00.01".to_vec() }
    };
    nvmlDeviceGetBoardPartNumber = |_device| b"900-00000-0000-000".to_vec();
}

numbers! {
    nvmlDeviceGetIndex: c_uint = |device| Ok(device.index as c_uint);
    nvmlDeviceGetMinorNumber: c_uint = |device| Ok(device.index as c_uint);
    nvmlDeviceGetArchitecture: c_uint = |device| Ok(architecture(device.scenario.claim.capability));
    nvmlDeviceGetBrand: c_uint = |device| Ok(if device.scenario.claim.name.contains("GeForce") { 5 } else { 14 });
    nvmlDeviceGetNumGpuCores: c_uint = |device| Ok(device.scenario.claim.sms * 128);
    nvmlDeviceGetMemoryBusWidth: c_uint = |device| Ok(if garbage(device) { 0 } else { device.scenario.claim.bus_bits });
    nvmlDeviceGetMultiGpuBoard: c_uint = |_device| Ok(0);
    nvmlDeviceGetMaxPcieLinkGeneration: c_uint = |device| Ok(device.scenario.claim.pcie.generation);
    nvmlDeviceGetMaxPcieLinkWidth: c_uint = |device| Ok(device.scenario.claim.pcie.lanes);
    nvmlDeviceGetCurrPcieLinkGeneration: c_uint = |device| Ok(device.scenario.real.pcie.generation);
    nvmlDeviceGetCurrPcieLinkWidth: c_uint = |device| Ok(device.scenario.real.pcie.lanes);
    nvmlDeviceGetPowerManagementDefaultLimit: c_uint = |device| {
        Ok(if garbage(device) { u32::MAX } else { device.scenario.claim.watts * 1000 })
    };
    nvmlDeviceGetPowerManagementLimit: c_uint = |device| Ok(device.scenario.power_limit_w * 1000);
    nvmlDeviceGetEnforcedPowerLimit: c_uint = |device| Ok(device.scenario.power_limit_w * 1000);
    nvmlDeviceGetPersistenceMode: c_uint = |_device| Ok(1);
    nvmlDeviceGetComputeMode: c_uint = |_device| Ok(0);
    nvmlDeviceGetDisplayMode: c_uint = |_device| Ok(0);
    nvmlDeviceGetDisplayActive: c_uint = |_device| Ok(0);
    nvmlDeviceIsMigDeviceHandle: c_uint = |device| Ok(c_uint::from(device.scenario.slice.is_some()));
    nvmlDeviceGetMaxMigDeviceCount: c_uint = |device| Ok(if has_mig(device) { 7 } else { 0 });
    nvmlDeviceGetNumFans: c_uint = |_device| Ok(0);
    nvmlDeviceGetBoardId: c_uint = |device| Ok(device.bus() << 8);
}

/// `nvmlDeviceArchitecture_t`.
fn architecture([major, minor]: [u32; 2]) -> u32 {
    match (major, minor) {
        (7, 0 | 2) => 5,
        (7, _) => 6,
        (8, 9) => 8,
        (8, _) => 7,
        (9, _) => 9,
        (10 | 12, _) => 10,
        (3, _) => 2,
        _ => 0xffff_ffff,
    }
}

fn has_mig(device: &Device) -> bool {
    let capability = device.scenario.claim.capability;
    matches!(capability, [8, 0] | [9, 0] | [10, 0]) && !device.scenario.claim.name.contains("CMP")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMigMode(handle: u64, current: *mut c_uint, pending: *mut c_uint) -> Return {
    let mode = ask(handle, |device, _| {
        if has_mig(device) {
            Ok(c_uint::from(device.scenario.slice.is_some()))
        } else {
            Err(NOT_SUPPORTED)
        }
    });
    // SAFETY: the caller's pointers.
    match unsafe { answer(current, mode) } {
        // SAFETY: likewise.
        0 => unsafe { answer(pending, mode) },
        code => code,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCudaComputeCapability(
    handle: u64,
    major: *mut c_int,
    minor: *mut c_int,
) -> Return {
    let capability = ask(handle, |device, _| {
        Ok(if garbage(device) {
            [-9, 99]
        } else {
            device.scenario.claim.capability.map(|part| part as c_int)
        })
    });
    // SAFETY: the caller's pointers.
    match unsafe { answer(major, capability.map(|[major, _]| major)) } {
        // SAFETY: likewise.
        0 => unsafe { answer(minor, capability.map(|[_, minor]| minor)) },
        code => code,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerManagementLimitConstraints(
    handle: u64,
    min: *mut c_uint,
    max: *mut c_uint,
) -> Return {
    let watts = ask(handle, |device, _| {
        Ok((device.scenario.claim.min_watts, device.scenario.claim.watts))
    });
    // SAFETY: the caller's pointers.
    match unsafe { answer(min, watts.map(|(min, _)| min * 1000)) } {
        // SAFETY: likewise.
        0 => unsafe { answer(max, watts.map(|(_, max)| max * 1000)) },
        code => code,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPciInfo_v3(handle: u64, info: *mut PciInfo) -> Return {
    let filled = ask(handle, |device, _| {
        let (claim, bus) = (&device.scenario.claim, device.bus());
        let mut info = PciInfo {
            legacy: [0; 16],
            domain: 0,
            bus,
            device: 0,
            device_id: claim.pci << 16 | 0x10de,
            subsystem_id: claim.subsystem << 16 | 0x10de,
            id: [0; 32],
        };
        let (short, long) = (device.bus_id(), format!("00000000:{bus:02X}:00.0"));
        info.legacy[..short.len()].copy_from_slice(short.as_bytes());
        info.id[..long.len()].copy_from_slice(long.as_bytes());
        if garbage(device) {
            info.id = [0xff; 32];
            info.id[31] = 0;
            info.device_id = 0;
        }
        Ok(info)
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(info, filled) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetNvLinkState(handle: u64, link: c_uint, active: *mut c_uint) -> Return {
    let state = ask(handle, |device, _| {
        // Links are of the board that is there; the claim cannot make more of them.
        match device.scenario.real.nvlinks {
            0 => Err(NOT_SUPPORTED),
            links if link < links => Ok(c_uint::from(device.scenario.slice.is_none())),
            _ => Err(INVALID_ARGUMENT),
        }
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(active, state) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMaxClockInfo(handle: u64, kind: c_uint, megahertz: *mut c_uint) -> Return {
    let clock = ask(handle, |device, _| match kind {
        _ if garbage(device) => Ok(u32::MAX),
        0 | 1 => Ok(device.scenario.claim.boost_mhz as c_uint),
        2 => Ok(device.scenario.claim.memory_mhz),
        3 => Err(NOT_SUPPORTED),
        _ => Err(INVALID_ARGUMENT),
    });
    // SAFETY: the caller's pointer.
    unsafe { answer(megahertz, clock) }
}
