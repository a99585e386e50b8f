//! The census of multiprocessors and the heartbeat.

use super::{Kernel, Shape, Span, need, write_bytes, write_words};
use crate::driver::device::Device;
use crate::error::Answer;
use crate::scenario::TimeSlices;
use gridproof_probe_kernels::abi::HEARTBEAT_WORDS;

pub(super) fn apply(kernel: &Kernel, shape: Shape, device: &mut Device, span: Span, clock: f64) -> Answer<()> {
    match *kernel {
        Kernel::Census {
            sm,
            nsm,
            cycles,
            ns,
            spin,
        } => {
            let sms = device.scenario.real.sms;
            let blocks = shape.grid[0];
            let (mut ids, mut all_cycles, mut all_ns) = (Vec::new(), Vec::new(), Vec::new());
            for block in 0..blocks {
                ids.extend((block % sms).to_le_bytes());
                let taken = spin + device.random.u64(0..64);
                // %globaltimer moves in steps of 32 ns.
                let time = (taken as f64 * 1e3 / clock) as u64 + device.random.u64(0..32);
                all_cycles.push(taken);
                all_ns.push(time & !31);
            }
            write_bytes(device, sm, &ids)?;
            let counts: Vec<u8> = (0..blocks).flat_map(|_| sms.to_le_bytes()).collect();
            write_bytes(device, nsm, &counts)?;
            write_words(device, cycles, &all_cycles)?;
            write_words(device, ns, &all_ns)
        }
        Kernel::Heartbeat { out, threshold_ns, .. } => {
            need(
                device,
                out,
                u64::from(shape.grid[0]) * 8 * HEARTBEAT_WORDS as u64,
                "gp_heartbeat out",
            )?;
            let gaps = gaps(device.scenario.time_slices, span);
            let mut words = Vec::new();
            for block in 0..shape.grid[0] {
                let own = own_gaps(&gaps, device, threshold_ns);
                words.extend(answer(u64::from(block % device.scenario.real.sms), &own, span));
            }
            write_words(device, out, &words)
        }
        _ => Ok(()),
    }
}

/// Pauses (start, length) of the whole GPU in a span.
fn gaps(slices: Option<TimeSlices>, span: Span) -> Vec<(u64, u64)> {
    let Some(slices) = slices else { return Vec::new() };
    let (own, period) = (slices.own_us * 1000, (slices.own_us + slices.other_us) * 1000);
    let mut gaps = Vec::new();
    let mut start = span.start / period * period + own;
    while start < span.end {
        if start >= span.start {
            gaps.push((start, slices.other_us * 1000));
        }
        start += period;
    }
    gaps
}

/// The same pauses as one multiprocessor sees them: it stops and goes on a little earlier or later.
fn own_gaps(gaps: &[(u64, u64)], device: &mut Device, threshold: u64) -> Vec<(u64, u64)> {
    gaps.iter()
        .map(|(start, length)| (start + device.random.u64(0..800), length + device.random.u64(0..3_000)))
        .filter(|(_, length)| *length >= threshold)
        .collect()
}

fn answer(sm: u64, gaps: &[(u64, u64)], span: Span) -> [u64; HEARTBEAT_WORDS] {
    let mut words = [0; HEARTBEAT_WORDS];
    let (at, longest) = gaps.iter().copied().max_by_key(|(_, length)| *length).unwrap_or((0, 0));
    let total: u64 = gaps.iter().map(|(_, length)| length).sum();
    let readings = (span.end - span.start).saturating_sub(total) / 40;
    words[..6].copy_from_slice(&[sm, gaps.len() as u64, longest, at, total, readings]);
    for (_, length) in gaps {
        words[6 + (length.max(&1).ilog2() as usize).min(31)] += 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_those_of_the_schedule_and_the_words_count_them() {
        let slices = Some(TimeSlices { own_us: 2, other_us: 2 });
        let span = Span {
            start: 1_000,
            end: 9_000,
        };
        let gaps = gaps(slices, span);
        assert_eq!(gaps, [(2_000, 2_000), (6_000, 2_000)]);
        let words = answer(7, &gaps, span);
        assert_eq!(words[..6], [7, 2, 2_000, 6_000, 4_000, 100]);
        assert_eq!(words[6 + 10], 2);
    }
}
