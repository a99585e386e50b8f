//! `gp_ring`, `gp_chase`, `gp_chase_map`: the ring and the end of a walk bit for bit, cycles by meaning.

use super::room::Room;
use super::{Bench, Case, Cases, compare};
use crate::device::DeviceError;
use gridproof_probe_kernels::abi::ring_step;
use std::collections::BTreeSet;

/// Lines of a ring: no other prime factors than 2, 3, 5 and 7.
const LINES: u32 = 2 * 2 * 3 * 3 * 5 * 7 * 7;
const LINE_BYTES: u64 = 128;
/// u32 words of a line.
const LINE_WORDS: usize = 32;
/// Fewest cycles of a load that waits for the one before, on any GPU.
const FEWEST_CYCLES: u64 = 20;

fn ring_in<'a>(bench: &Bench<'a>) -> Result<(Room<'a>, (u32, u32)), DeviceError> {
    let step = ring_step(bench.key(6) as u32);
    let room = Room::new(bench.device, u64::from(LINES) * LINE_BYTES)?;
    bench.device.run(&bench.device.ring(room.address(), LINES, step)?)?;
    Ok((room, step))
}

/// Where a step from word `at` leads.
fn next(at: u32, (a, c): (u32, u32)) -> u32 {
    let line = u64::from(at) / LINE_WORDS as u64;
    (LINE_WORDS as u64 * ((u64::from(a) * line + u64::from(c)) % u64::from(LINES))) as u32
}

pub(super) fn ring(bench: &Bench<'_>) -> Cases {
    let (room, step) = ring_in(bench)?;
    let words = room.short_words()?;
    let wrong = (0..LINES as usize).find_map(|line| {
        let (got, expected) = (words[line * LINE_WORDS], next((line * LINE_WORDS) as u32, step));
        (got != expected).then(|| format!("line {line} leads to {got}, not {expected}"))
    });
    let mut seen = BTreeSet::new();
    let mut at = 0;
    while seen.insert(at) {
        at = next(at, step);
    }
    let broken = (seen.len() != LINES as usize).then(|| format!("a cycle of {} lines, not {LINES}", seen.len()));
    let difference = compare::first([wrong, broken, room.overrun()?]);
    Ok(vec![Case::new(format!("{LINES} lines"), difference)])
}

pub(super) fn chase(bench: &Bench<'_>) -> Cases {
    const START: u32 = 32;
    let steps = LINES + 1;
    let ((ring, step), out) = (ring_in(bench)?, Room::new(bench.device, 16)?);
    bench
        .device
        .run(&bench.device.chase(ring.address(), steps, START, out.address())?)?;
    let words = out.words()?;
    let expected = (0..steps).fold(START, |at, _| next(at, step));
    let end = (words[1] != u64::from(expected)).then(|| format!("the walk ends at {}, not {expected}", words[1]));
    let difference = compare::first([end, slow_enough(words[0], steps), out.overrun()?]);
    Ok(vec![Case::new(format!("{steps} steps over {LINES} lines"), difference)])
}

fn slow_enough(cycles: u64, steps: u32) -> Option<String> {
    let possible = u64::from(steps) * FEWEST_CYCLES..1 << 40;
    (!possible.contains(&cycles)).then(|| format!("{steps} dependent loads in {cycles} cycles"))
}

/// One block a multiprocessor, each multiprocessor once.
pub(super) fn chase_map(bench: &Bench<'_>) -> Cases {
    const STEPS: u32 = 500;
    let device = bench.device;
    let blocks = device.multiprocessors();
    let (ring, _) = ring_in(bench)?;
    let (cycles, sm) = (
        Room::new(device, u64::from(blocks) * 8)?,
        Room::new(device, u64::from(blocks) * 4)?,
    );
    device.run(&device.chase_map(ring.address(), STEPS, LINES, cycles.address(), sm.address())?)?;
    let slow = cycles.words()?.iter().find_map(|taken| slow_enough(*taken, STEPS));
    let difference = compare::first([slow, once_each(&sm.short_words()?), cycles.overrun()?, sm.overrun()?]);
    Ok(vec![Case::new(format!("{blocks} blocks x {STEPS} steps"), difference)])
}

/// Whether no multiprocessor ran two of the blocks.
pub(super) fn once_each(sms: &[u32]) -> Option<String> {
    let distinct: BTreeSet<u32> = sms.iter().copied().collect();
    (distinct.len() != sms.len()).then(|| {
        format!(
            "{} blocks ran on {} multiprocessors, not on one each",
            sms.len(),
            distinct.len()
        )
    })
}
