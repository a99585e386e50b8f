//! One warp a multiprocessor that reads the timer without pause: a gap is time that somebody else had the GPU.

use super::MeasureContext;
use super::statistics::{gap_share, simultaneous};
use crate::device::{Device, DeviceError};
use gridproof_probe_kernels::abi::HEARTBEAT_WORDS;
use gridproof_probe_protocol::report::{Heartbeat, SmGap};
use std::collections::BTreeMap;

/// A gap is counted from here, ns: far above a reading's own time, far below a slice of a scheduler (about 1 ms).
const THRESHOLD_NS: u64 = 100_000;
/// Words before the histogram.
const HEAD_WORDS: usize = 6;
/// What no block writes as its multiprocessor.
const POISON: u8 = 0xff;
/// First run, which loads the kernel, ns.
const FIRST_NS: u64 = 1_000_000;

/// Two seconds in quick mode, five in full.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<Heartbeat, DeviceError> {
    let blocks = device.multiprocessors() as usize;
    let out = device.alloc((blocks * HEARTBEAT_WORDS * 8) as u64)?;
    device.run(&device.heartbeat(out.address(), FIRST_NS, THRESHOLD_NS)?)?;
    let duration_ns = context.pick(2_000_000_000, 5_000_000_000);
    let launch = device.heartbeat(out.address(), duration_ns, THRESHOLD_NS)?;
    device.stream().fill_bytes(&out, POISON)?;
    device.run(&launch)?;
    let words = device.stream().read::<u64>(&out, 0, blocks * HEARTBEAT_WORDS)?;
    report(&words, duration_ns)
}

fn report(words: &[u64], duration_ns: u64) -> Result<Heartbeat, DeviceError> {
    let mut sms = Vec::new();
    let mut histogram: BTreeMap<u32, u64> = BTreeMap::new();
    for block in words.chunks_exact(HEARTBEAT_WORDS) {
        sms.push(gap(block, duration_ns)?);
        for (bit, count) in block[HEAD_WORDS..].iter().enumerate().filter(|(_, count)| **count > 0) {
            let sum = histogram.entry(bit as u32).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    sms.sort_by_key(|gap: &SmGap| gap.sm);
    Ok(Heartbeat {
        seconds: duration_ns as f64 / 1e9,
        threshold_ns: THRESHOLD_NS,
        simultaneous: simultaneous(&sms, THRESHOLD_NS),
        gap_share: gap_share(&sms, duration_ns),
        sms,
        histogram,
    })
}

/// One block's answer. A block that did not run, or saw more gaps than time, is nonsense. Gaps may add up to more than
/// the length of the loop, because the last one may reach beyond its end.
fn gap(block: &[u64], duration_ns: u64) -> Result<SmGap, DeviceError> {
    let Some(&[sm, count, max_ns, at_ns, total_ns, readings]) = block.first_chunk::<HEAD_WORDS>() else {
        return Err(DeviceError::Internal("an answer of the heartbeat is cut".to_owned()));
    };
    let garbage = |what: &str| {
        Err(DeviceError::Garbage(format!(
            "heartbeat of multiprocessor {sm}: {what}"
        )))
    };
    let (Ok(sm), Ok(count)) = (u32::try_from(sm), u32::try_from(count)) else {
        return garbage("numbers out of range");
    };
    if readings == 0 {
        return garbage("no reading of the timer");
    }
    if total_ns > duration_ns.saturating_mul(2).saturating_add(max_ns) || (count > 0 && total_ns < max_ns) {
        return garbage("gaps that do not add up");
    }
    Ok(SmGap {
        sm,
        max_ns,
        at_ns,
        total_ns,
        count,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn block(sm: u64, head: [u64; 5], histogram: &[(usize, u64)]) -> Vec<u64> {
        let mut words = vec![0; HEARTBEAT_WORDS];
        words[0] = sm;
        words[1..HEAD_WORDS].copy_from_slice(&head);
        for (bit, count) in histogram {
            words[HEAD_WORDS + bit] = *count;
        }
        words
    }

    #[test]
    fn a_shared_gpu_loses_its_time_on_all_multiprocessors_at_once() {
        let words: Vec<u64> = (0..8)
            .rev()
            .flat_map(|sm| {
                block(
                    sm,
                    [250, 2_100_000, 400, 500_000_000, 1_000_000],
                    &[(20, 200), (21, 50)],
                )
            })
            .collect();
        let heartbeat = report(&words, SECOND).unwrap();
        assert_eq!((heartbeat.simultaneous, heartbeat.gap_share), (1.0, 0.5));
        assert_eq!(heartbeat.histogram, BTreeMap::from([(20, 1600), (21, 400)]));
        assert!(heartbeat.sms.is_sorted_by_key(|gap| gap.sm));
    }

    #[test]
    fn a_free_gpu_has_no_gaps() {
        let words: Vec<u64> = (0..8)
            .flat_map(|sm| block(sm, [0, 2_048, 400, 0, 900_000], &[]))
            .collect();
        let heartbeat = report(&words, SECOND).unwrap();
        assert_eq!((heartbeat.simultaneous, heartbeat.gap_share), (0.0, 0.0));
        assert!(heartbeat.histogram.is_empty());
    }

    #[test]
    fn poison_and_impossible_sums_are_nonsense() {
        let nonsense = |words: Vec<u64>| matches!(report(&words, SECOND), Err(DeviceError::Garbage(_)));
        assert!(nonsense(vec![u64::MAX; HEARTBEAT_WORDS]), "a block that did not run");
        assert!(
            nonsense(block(0, [1, 1_000_000, 0, 500_000, 1], &[])),
            "the longest over the sum"
        );
        assert!(
            nonsense(block(0, [9, 1_000_000, 0, 9 * SECOND, 1], &[])),
            "more gaps than time"
        );
        assert!(nonsense(block(0, [0, 0, 0, 0, 0], &[])), "never read");
    }
}
