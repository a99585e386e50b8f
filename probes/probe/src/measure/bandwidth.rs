//! Bandwidth of the device's memory: four streaming kernels over buffers far larger than the L2 cache.
//!
//! What is read has a checksum in closed form, so a driver that skips the work is seen.

use super::{MeasureContext, samples, shares};
use crate::device::timing::{Plan, time};
use crate::device::{Buffer, Device, DeviceError, Launch};
use gridproof_probe_protocol::report::{Bandwidth, Mode};
use gridproof_probe_protocol::samples::{Samples, Unit};
use gridproof_probe_protocol::work::linear::xor_of_words;
use std::time::Duration;

/// Smallest useful size of a buffer where there is memory enough, bytes.
const WANTED_BYTES: u64 = 4_000_000_000;
/// A buffer is this many times the L2 cache, so that hits hardly count.
const OVER_L2: u64 = 32;
/// Largest L2 cache that is believed, bytes.
const MAX_L2_BYTES: u64 = 512 << 20;
/// Below, the caches are measured, bytes.
const MIN_BYTES: u64 = 64 << 20;
/// Left to the driver, bytes.
const RESERVE_BYTES: u64 = 256 << 20;
/// Sizes are whole multiples of this, bytes.
const GRAIN_BYTES: u64 = 1 << 20;
/// Bits of 1.0_f32: the triad shall add numbers.
const ONE: u32 = 0x3f80_0000;

/// Measures all four.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<Bandwidth, DeviceError> {
    let [a, b, c] = allocate(device)?;
    let (bytes, n16) = (a.bytes(), a.bytes() / 16);
    let sum = device.alloc(16)?;
    let seed = context.key(PURPOSE) as u32;
    let check = Check {
        device,
        sum: &sum,
        expected: xor_of_words(seed, 0, bytes / 4),
    };
    let plan = Plan::new(context.mode, warm_up(context.mode));
    let rate = |streams: u64, launch: Launch| gigabytes_per_second(device, &plan, bytes * streams, &launch);

    device.run(&device.linear_fill(a.address(), bytes / 4, seed, 0)?)?;
    let before = check.holds(&a)?;
    (context.progress)(0.1);
    let read = rate(1, device.read_words(a.address(), n16, sum.address(), 0)?)?;
    (context.progress)(0.25);
    let write = rate(1, device.write_words(c.address(), n16, ONE, 0)?)?;
    (context.progress)(0.5);
    let copy = rate(2, device.copy_words(b.address(), a.address(), n16, 0)?)?;
    (context.progress)(0.6);
    let first = check.holds(&a)?;
    (context.progress)(0.7);
    let second = check.holds(&b)?;
    (context.progress)(0.75);
    device.run(&device.write_words(b.address(), n16, ONE, 0)?)?;
    let triad = rate(3, device.triad([a.address(), b.address(), c.address()], 0.5, n16, 0)?)?;
    Ok(Bandwidth {
        buffer_bytes: bytes,
        read,
        write,
        copy,
        triad,
        checksum_ok: before && first && second,
    })
}

/// Of the key of this measurement.
const PURPOSE: u64 = 0x62_616e_6477;

fn warm_up(mode: Mode) -> Duration {
    match mode {
        Mode::Quick => Duration::from_millis(200),
        Mode::Full => Duration::from_secs(1),
    }
}

/// Times one kernel that moves `bytes` by memory and by launch.
fn gigabytes_per_second(device: &Device, plan: &Plan, bytes: u64, launch: &Launch) -> Result<Samples, DeviceError> {
    let timed = time(device, plan, None, &mut |stream, _| stream.launch(launch))?;
    samples(
        Unit::GigabytePerSecond,
        timed
            .seconds
            .iter()
            .map(|seconds| bytes as f64 / seconds / 1e9)
            .collect(),
    )
}

/// Whether a buffer still holds what was written.
struct Check<'a> {
    device: &'a Device,
    sum: &'a Buffer,
    expected: u32,
}

impl Check<'_> {
    fn holds(&self, buffer: &Buffer) -> Result<bool, DeviceError> {
        let stream = self.device.stream();
        stream.fill_bytes(self.sum, 0)?;
        stream.launch(
            &self
                .device
                .read_words(buffer.address(), buffer.bytes() / 16, self.sum.address(), 0)?,
        )?;
        Ok(stream.read::<u32>(self.sum, 0, 1)?[0] == self.expected)
    }
}

/// Three buffers of one size: the wanted one, or what memory there is.
fn allocate(device: &Device) -> Result<[Buffer; 3], DeviceError> {
    let (free, _) = device.memory()?;
    let mut bytes = buffer_bytes(free, device.facts().l2_bytes);
    while bytes >= MIN_BYTES {
        match three(device, bytes) {
            // Free memory may lie in pieces, or somebody else took it meanwhile.
            Err(error) if error.is_out_of_memory() => bytes = shares::round_down(bytes / 2, GRAIN_BYTES),
            other => return other,
        }
    }
    Err(shares::too_little(free, 3 * MIN_BYTES + RESERVE_BYTES))
}

fn three(device: &Device, bytes: u64) -> Result<[Buffer; 3], DeviceError> {
    Ok([device.alloc(bytes)?, device.alloc(bytes)?, device.alloc(bytes)?])
}

/// Size of each of three buffers.
fn buffer_bytes(free: u64, l2_bytes: Option<u64>) -> u64 {
    let wanted = WANTED_BYTES.max(OVER_L2 * l2_bytes.unwrap_or(0).min(MAX_L2_BYTES));
    let third = free.saturating_sub(RESERVE_BYTES) / 3;
    shares::round_down(wanted.min(third), GRAIN_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn buffers_dwarf_the_cache_where_memory_allows() {
        assert!(buffer_bytes(80 * GIB, Some(50 << 20)) > 3_990_000_000);
        assert_eq!(buffer_bytes(180 * GIB, Some(256 << 20)), 32 * (256 << 20));
        assert!(
            buffer_bytes(180 * GIB, Some(u64::MAX)) <= 32 * MAX_L2_BYTES,
            "a mad cache size does not count"
        );
    }

    #[test]
    fn a_small_slice_gets_what_there_is_and_the_driver_keeps_some() {
        let bytes = buffer_bytes(5_000_000_000, Some(5 << 20));
        assert!(
            3 * bytes + RESERVE_BYTES <= 5_000_000_000 && bytes > 1_500_000_000,
            "{bytes}"
        );
        assert_eq!(buffer_bytes(0, None), 0);
        assert!(buffer_bytes(RESERVE_BYTES + 1000, None) < MIN_BYTES);
    }

    #[test]
    fn sizes_are_whole_vectors() {
        for free in [GIB + 1, 3 * GIB + 77, 1_234_567_891] {
            assert_eq!(buffer_bytes(free, None) % GRAIN_BYTES, 0);
        }
    }
}
