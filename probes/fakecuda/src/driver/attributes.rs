//! `cuDeviceGetAttribute`.

use super::device::Device;
use crate::error::{Answer, CuError};
use crate::kernel::check::shared_opt_in;
use crate::scenario::Fault;

/// An attribute by number (`CUdevice_attribute`), as the GPU claims it.
pub fn attribute(device: &Device, number: u32) -> Answer<i32> {
    let gpu = &device.scenario.claim;
    if device.scenario.fault == Some(Fault::Garbage) {
        return Ok(match number {
            75 => 9,
            76 => 0,
            115 => 1,
            16 => -132,
            13 => i32::MAX,
            _ => -7,
        });
    }
    let [major, minor] = gpu.capability;
    Ok(match number {
        // threads of a block, block and grid, shared memory, constants, warp
        1..=3 => 1024,
        4 => 64,
        5 => i32::MAX,
        6 | 7 => 65_535,
        8 => 48 << 10,
        9 => 64 << 10,
        10 => 32,
        11 => i32::MAX,
        12 => 65_536,
        // clocks in kHz, multiprocessors
        13 => (gpu.boost_mhz * 1e3) as i32,
        14 => 512,
        15 | 31 | 35 | 41 => 1,
        40 => 3,
        16 => gpu.sms as i32,
        17 | 18 | 20 => 0,
        19 => 1,
        32 => i32::from(gpu.name.contains("GeForce")) ^ 1,
        33 => device.bus() as i32,
        34 | 50 => 0,
        36 => (gpu.memory_mhz * 1000) as i32,
        37 => gpu.bus_bits as i32,
        38 => (gpu.l2_mib * f64::from(1 << 20)) as i32,
        39 => 2048,
        75 => major as i32,
        76 => minor as i32,
        78 | 79 | 80 | 83 => 1,
        81 => (shared_opt_in(gpu.capability) + 1024) as i32,
        82 => 65_536,
        86 => 32,
        87 => {
            if gpu.rates.fp64 >= 32.0 {
                2
            } else {
                64
            }
        }
        88 | 89 | 90 | 91 | 95 => 1,
        97 => shared_opt_in(gpu.capability) as i32,
        98 | 99 | 101 | 102 => 1,
        103..=105 => 0,
        106 => 32,
        107..=109 => 0,
        110 => 1,
        111 => 1024,
        115 => 1,
        116..=119 => 0,
        120 => i32::from(major >= 9),
        121..=140 => 0,
        21..=30 | 42..=49 | 51..=74 | 77 | 84 | 85 | 92..=94 | 96 | 100 | 112..=114 => 0,
        _ => return Err(CuError::INVALID_VALUE),
    })
}
