//! The L2 cache: latency by size, its knee, reading what fits, and latency by multiprocessor.

use super::{MeasureContext, knee, samples, shares};
use crate::device::timing::{Plan, time};
use crate::device::{Buffer, Device, DeviceError};
use crate::measure::statistics::median;
use gridproof_probe_kernels::abi::ring_step;
use gridproof_probe_protocol::report::{ChasePoint, SecondLevelCache, SmLatency};
use gridproof_probe_protocol::samples::{Samples, Unit};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bytes of a line.
const LINE_BYTES: u64 = 128;
/// u32 words of a line.
const LINE_WORDS: u32 = 32;
/// Smallest size of the sweep, bytes.
const FIRST_BYTES: u64 = 256 << 10;
/// The sweep goes to this many times the cache that the driver names.
const OVER_L2: u64 = 4;
/// A named cache below this is taken for this, bytes, so that the sweep sees a larger one than the driver admits.
const MIN_L2_BYTES: u64 = 16 << 20;
/// A named cache above this is taken for this, bytes.
const MAX_L2_BYTES: u64 = 512 << 20;
/// Taken where the driver names none, bytes.
const USUAL_L2_BYTES: u64 = 64 << 20;
/// Steps of one walk.
const STEPS: u32 = 4096;
/// Lines of the walk of the map by multiprocessor: fits any L2 cache, and no L1.
const MAP_LINES: u32 = 16_384;
/// A step takes no longer, cycles; a memory access takes about a thousand.
const MAX_CYCLES_A_STEP: f64 = 1e6;
/// Left to the driver, bytes.
const RESERVE_BYTES: u64 = 64 << 20;
/// Of the key of this measurement.
const PURPOSE: u64 = 0x6c32;

/// Measures all of it.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<SecondLevelCache, DeviceError> {
    let l2 = named_bytes(device.facts().l2_bytes);
    let (free, _) = device.memory()?;
    let sizes = sizes(l2, free.saturating_sub(RESERVE_BYTES));
    let Some(largest) = sizes.last() else {
        return Err(shares::too_little(free, RESERVE_BYTES + FIRST_BYTES));
    };
    let walk = Walk {
        device,
        ring: device.alloc(*largest)?,
        answer: device.alloc(16)?,
        step: ring_step(context.key(PURPOSE) as u32),
        repeats: context.pick(5, 9),
    };
    device.stream().fill_bytes(&walk.answer, 0)?;
    let mut chase = Vec::new();
    for (index, bytes) in sizes.iter().enumerate() {
        chase.push(walk.point(*bytes)?);
        (context.progress)(0.8 * (index + 1) as f64 / sizes.len() as f64);
    }
    let knee_bytes = knee::find(&chase);
    let resident = resident_bytes(knee_bytes.unwrap_or(l2), *largest);
    Ok(SecondLevelCache {
        knee_bytes,
        resident_read: Some(resident_read(&walk, context, resident)?),
        by_sm: by_multiprocessor(&walk, *largest)?,
        chase,
    })
}

fn named_bytes(named: Option<u64>) -> u64 {
    named.unwrap_or(USUAL_L2_BYTES).clamp(MIN_L2_BYTES, MAX_L2_BYTES)
}

/// Sizes {4, 5, 6, 7} × 2^k lines from 256 KiB to four times the cache, none above `most`. All are products of 2, 3, 5
/// and 7, for which the chain has one cycle.
pub(super) fn sizes(l2_bytes: u64, most: u64) -> Vec<u64> {
    let end = OVER_L2 * l2_bytes.clamp(MIN_L2_BYTES, MAX_L2_BYTES);
    let octaves = (0..32)
        .map(|octave| (FIRST_BYTES / 4) << octave)
        .take_while(|unit| 4 * unit <= end);
    octaves
        .flat_map(|unit| [4, 5, 6, 7].map(|times| times * unit))
        .filter(|size| *size <= end.min(most))
        .collect()
}

/// A part of the cache that surely stays in it, whole vectors.
fn resident_bytes(cache: u64, most: u64) -> u64 {
    shares::round_down((cache / 8 * 3).min(most), 4096).max(4096)
}

/// Walks along chains in one buffer.
struct Walk<'a> {
    device: &'a Device,
    ring: Buffer,
    answer: Buffer,
    step: (u32, u32),
    repeats: u32,
}

impl Walk<'_> {
    /// Lays a chain over the first `bytes` and draws them into the cache.
    fn lay(&self, bytes: u64) -> Result<u32, DeviceError> {
        // At most 2 GiB: the number of lines fits.
        let lines = (bytes / LINE_BYTES) as u32;
        let (device, stream) = (self.device, self.device.stream());
        stream.launch(&device.ring(self.ring.address(), lines, self.step)?)?;
        stream.launch(&device.read_words(self.ring.address(), bytes / 16, self.answer.address(), 0)?)?;
        stream.synchronize()?;
        Ok(lines)
    }

    /// Latency at one size: median over walks that start at different lines.
    fn point(&self, bytes: u64) -> Result<ChasePoint, DeviceError> {
        let lines = self.lay(bytes)?;
        let cycles = (0..self.repeats)
            .map(|repeat| {
                let start = u64::from(repeat) * u64::from(lines) / u64::from(self.repeats);
                self.once(lines, start as u32)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let cycles = median(&cycles).ok_or_else(|| DeviceError::Internal("no walk was made".to_owned()))?;
        Ok(ChasePoint { bytes, cycles })
    }

    /// Cycles a step of one walk; it must end where the chain leads.
    fn once(&self, lines: u32, start: u32) -> Result<f64, DeviceError> {
        let (device, stream) = (self.device, self.device.stream());
        stream.launch(&device.chase(self.ring.address(), STEPS, start * LINE_WORDS, self.answer.address())?)?;
        let answer = stream.read::<u64>(&self.answer, 0, 2)?;
        let expected = u64::from(end_of_walk(self.step, lines, start, STEPS)) * u64::from(LINE_WORDS);
        if answer[1] != expected {
            let text = format!(
                "a walk of {STEPS} steps over {lines} lines ended at {} instead of {expected}",
                answer[1]
            );
            return Err(DeviceError::Internal(text));
        }
        cycles_a_step(answer[0])
    }
}

/// Line where a walk ends.
fn end_of_walk((a, c): (u32, u32), lines: u32, start: u32, steps: u32) -> u32 {
    let next = |line: u64| (u64::from(a) * line + u64::from(c)) % u64::from(lines);
    (0..steps).fold(u64::from(start), |line, _| next(line)) as u32
}

fn cycles_a_step(cycles: u64) -> Result<f64, DeviceError> {
    let each = cycles as f64 / f64::from(STEPS);
    if each > 0.0 && each <= MAX_CYCLES_A_STEP {
        return Ok(each);
    }
    Err(DeviceError::Garbage(format!("{each} cycles for one access to memory")))
}

/// Reading what stays in the cache, GB/s. Kernels are short here: the pauses between them are part of it.
fn resident_read(walk: &Walk<'_>, context: &MeasureContext<'_>, bytes: u64) -> Result<Samples, DeviceError> {
    let device = walk.device;
    device.run(&device.linear_fill(walk.ring.address(), bytes / 4, context.key(PURPOSE) as u32, 0)?)?;
    let launch = device.read_words(walk.ring.address(), bytes / 16, walk.answer.address(), 0)?;
    let plan = Plan::new(context.mode, Duration::from_millis(50));
    let timed = time(device, &plan, None, &mut |stream, _| stream.launch(&launch))?;
    samples(
        Unit::GigabytePerSecond,
        timed
            .seconds
            .iter()
            .map(|seconds| bytes as f64 / seconds / 1e9)
            .collect(),
    )
}

/// Latency from every multiprocessor to lines that are in the cache.
fn by_multiprocessor(walk: &Walk<'_>, most: u64) -> Result<Vec<SmLatency>, DeviceError> {
    let lines = walk.lay(most.min(u64::from(MAP_LINES) * LINE_BYTES))?;
    let (device, stream) = (walk.device, walk.device.stream());
    let blocks = device.multiprocessors();
    let (cycles, sms) = (
        device.alloc(u64::from(blocks) * 8)?,
        device.alloc(u64::from(blocks) * 4)?,
    );
    let launch = device.chase_map(walk.ring.address(), STEPS, lines, cycles.address(), sms.address())?;
    let mut seen: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for _ in 0..walk.repeats {
        stream.launch(&launch)?;
        let cycles = stream.read::<u64>(&cycles, 0, blocks as usize)?;
        let sms = stream.read::<u32>(&sms, 0, blocks as usize)?;
        for (sm, cycles) in sms.into_iter().zip(cycles) {
            seen.entry(sm).or_default().push(cycles_a_step(cycles)?);
        }
    }
    Ok(seen
        .into_iter()
        .filter_map(|(sm, cycles)| {
            Some(SmLatency {
                sm,
                cycles: median(&cycles)?,
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_ascend_from_a_quarter_mebibyte_to_four_caches() {
        let sizes = sizes(50 << 20, u64::MAX);
        assert_eq!(sizes[..5], [4, 5, 6, 7, 8].map(|times| times << 16));
        assert_eq!(sizes.last(), Some(&(192 << 20)));
        assert!(sizes.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn the_chain_over_every_size_is_one_cycle() {
        for bytes in sizes(MAX_L2_BYTES, u64::MAX) {
            let mut lines = bytes / LINE_BYTES;
            for prime in [2, 3, 5, 7] {
                while lines.is_multiple_of(prime) {
                    lines /= prime;
                }
            }
            assert_eq!(lines, 1, "{bytes}");
            assert!(bytes <= 2 << 30);
        }
    }

    #[test]
    fn little_memory_shortens_the_sweep_and_none_ends_it() {
        assert_eq!(sizes(50 << 20, 10 << 20).last(), Some(&(10 << 20)));
        assert_eq!(sizes(50 << 20, 1000), Vec::<u64>::new());
    }

    #[test]
    fn a_cache_that_the_driver_makes_up_does_not_lengthen_the_sweep() {
        assert_eq!(named_bytes(Some(u64::MAX)), MAX_L2_BYTES);
        assert_eq!(named_bytes(Some(1)), MIN_L2_BYTES);
        assert_eq!(named_bytes(None), USUAL_L2_BYTES);
    }

    #[test]
    fn a_walk_over_all_lines_comes_back() {
        for (seed, lines) in [(0, 2048), (12_345, 5 << 9), (u32::MAX, 7 << 10), (99, 6 << 9)] {
            assert_eq!(end_of_walk(ring_step(seed), lines, 17, lines), 17);
            let halfway = end_of_walk(ring_step(seed), lines, 17, lines / 2);
            assert_ne!(halfway, 17, "a shorter cycle");
        }
    }

    #[test]
    fn cycles_that_no_access_takes_are_nonsense() {
        assert_eq!(cycles_a_step(u64::from(STEPS) * 270), Ok(270.0));
        for mad in [0, u64::MAX] {
            assert!(matches!(cycles_a_step(mad), Err(DeviceError::Garbage(_))));
        }
    }

    #[test]
    fn what_is_read_as_resident_fits() {
        assert_eq!(resident_bytes(48 << 20, u64::MAX), 18 << 20);
        assert_eq!(resident_bytes(0, 0), 4096);
    }
}
