//! Rings and walks over them.

use super::time::latency_cycles;
use super::{Kernel, Shape, need, read_array, write_bytes, write_words};
use crate::driver::device::Device;
use crate::error::Answer;
use crate::memory::content::Content;
use gridproof_probe_protocol::work::mix64::mix64;

/// Effects of `gp_ring`, `gp_chase` and `gp_chase_map`.
pub(super) fn apply(kernel: &Kernel, shape: Shape, device: &mut Device) -> Answer<()> {
    match *kernel {
        Kernel::Ring { out, lines, a, c } => {
            let bytes = 128 * u64::from(lines);
            need(device, out, bytes, "gp_ring out")?;
            device.memory.put(out, bytes, &Content::Ring { lines, a, c });
            device.rings.insert(out, bytes);
            Ok(())
        }
        Kernel::Chase {
            ring,
            steps,
            start,
            out,
        } => {
            let (last, per_step) = (walk(device, ring, start, steps)?, device.ring_bytes(ring));
            let cycles = f64::from(steps) * latency_cycles(&device.scenario.real, per_step) * device.noise();
            write_words(device, out, &[cycles as u64, u64::from(last)])
        }
        Kernel::ChaseMap {
            ring,
            steps,
            lines,
            cycles,
            sm,
        } => {
            let sms = device.scenario.real.sms;
            let base = latency_cycles(&device.scenario.real, 128 * u64::from(lines));
            for block in 0..shape.grid[0] {
                let line = (block * 64) % lines.max(1);
                walk(device, ring, 32 * line, steps.min(64))?;
                let id = block % sms;
                let taken = f64::from(steps) * base * distance(device.seed, id) * device.noise();
                write_words(device, cycles + 8 * u64::from(block), &[taken as u64])?;
                write_bytes(device, sm + 4 * u64::from(block), &id.to_le_bytes())?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Latency of one multiprocessor relative to the mean: the same at every visit of this GPU.
fn distance(seed: u64, sm: u32) -> f64 {
    0.88 + 0.24 * (mix64(seed ^ (u64::from(sm) << 32) ^ 0x5151) >> 11) as f64 / (1_u64 << 53) as f64
}

fn walk(device: &Device, ring: u64, start: u32, steps: u32) -> Answer<u32> {
    need(device, ring, 4, "ring")?;
    let rule = device
        .memory
        .pieces(ring, 4)
        .into_iter()
        .next()
        .and_then(|piece| piece.rule);
    let mut index = start;
    if let Some((_, Content::Ring { lines, a, c })) = rule {
        let last = ring + 128 * u64::from(lines);
        for _ in 0..steps {
            need(device, (ring + 4 * u64::from(index)).min(last), 4, "ring")?;
            index = crate::memory::content::ring_word(u64::from(index) / 32, lines, a, c);
        }
        return Ok(index);
    }
    for _ in 0..steps {
        let address = ring + 4 * u64::from(index);
        need(device, address, 4, "ring")?;
        index = u32::from_le_bytes(read_array(device, address)?);
    }
    Ok(index)
}
