//! `gp_noop`, `gp_blocker`, `gp_census`, `gp_heartbeat`: by meaning.

use super::latency::once_each;
use super::room::Room;
use super::{Bench, Case, Cases, compare};
use crate::device::DeviceError;
use gridproof_probe_kernels::abi::HEARTBEAT_WORDS;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// No GPU has so many multiprocessors.
const MAX_SM: u32 = 4096;

pub(super) fn noop(bench: &Bench<'_>) -> Cases {
    bench.device.run(&bench.device.noop()?)?;
    Ok(vec![Case::new("1 block", None)])
}

/// It lets go at once when the flag stands, by itself when its time is over, and when the host sets the flag meanwhile.
pub(super) fn blocker(bench: &Bench<'_>) -> Cases {
    /// Long against a launch, short for whoever waits.
    const SHORT_NS: u64 = 20_000_000;
    const LONG_NS: u64 = 4_000_000_000;
    /// What is far from [`LONG_NS`] whatever the machine does meanwhile.
    const SOON: Duration = Duration::from_secs(3);
    let device = bench.device;
    let mut flag = device.pinned(64)?;
    flag.as_mut_slice().fill(0);
    let launch = |timeout| device.blocker(flag.device_address(), timeout);
    let took = |timeout: u64, release: Option<Duration>| -> Result<Duration, DeviceError> {
        let launch = launch(timeout)?;
        let began = Instant::now();
        device.stream().launch(&launch)?;
        if let Some(after) = release {
            std::thread::sleep(after);
            flag.store_flag(1);
        }
        device.stream().synchronize()?;
        Ok(began.elapsed())
    };
    flag.store_flag(1);
    let set = took(LONG_NS, None)?;
    flag.store_flag(0);
    let timed = took(SHORT_NS, None)?;
    let released = took(LONG_NS, Some(Duration::from_millis(20)))?;
    let at_most = |time: Duration| (time >= SOON).then(|| format!("holds for {:.1} s", time.as_secs_f64()));
    let early = (timed < Duration::from_nanos(SHORT_NS / 2))
        .then(|| format!("lets go after {:.1} ms of 20 ms", timed.as_secs_f64() * 1e3));
    Ok(vec![
        Case::new("flag set", at_most(set)),
        Case::new("time over", compare::first([early, at_most(timed)])),
        Case::new("flag set meanwhile", at_most(released)),
    ])
}

/// Every block says where it ran and that its clock went on; all multiprocessors are among them.
pub(super) fn census(bench: &Bench<'_>) -> Cases {
    const SPIN: u64 = 100_000;
    let device = bench.device;
    let blocks = u64::from(device.census_blocks());
    let (sm, nsm) = (Room::new(device, blocks * 4)?, Room::new(device, blocks * 4)?);
    let (cycles, ns) = (Room::new(device, blocks * 8)?, Room::new(device, blocks * 8)?);
    let addresses = [&sm, &nsm, &cycles, &ns].map(Room::address);
    device.run(&device.census(addresses, SPIN)?)?;
    let ids: BTreeSet<u32> = sm.short_words()?.into_iter().collect();
    let bound = nsm.short_words()?.into_iter().min().unwrap_or(0);
    let short = cycles
        .words()?
        .into_iter()
        .find(|taken| !(SPIN..SPIN * 1000).contains(taken))
        .map(|taken| format!("a block spun {taken} cycles of {SPIN}"));
    let still = ns
        .words()?
        .into_iter()
        .find(|taken| !(1_000..10_000_000_000).contains(taken))
        .map(|taken| format!("{taken} ns for {SPIN} cycles"));
    let strange = ids
        .iter()
        .find(|id| **id >= MAX_SM || **id >= bound)
        .map(|id| format!("a block ran on multiprocessor {id} of {bound}"));
    let count = (ids.len() as u64 != u64::from(device.multiprocessors())).then(|| {
        format!(
            "blocks on {} multiprocessors, the driver reports {}",
            ids.len(),
            device.multiprocessors()
        )
    });
    let mut over = Vec::new();
    for room in [&sm, &nsm, &cycles, &ns] {
        over.push(room.overrun()?);
    }
    let difference = compare::first([strange, count, short, still].into_iter().chain(over));
    Ok(vec![Case::new(format!("{blocks} blocks"), difference)])
}

/// Every multiprocessor reads the timer and its sums agree with its histogram.
pub(super) fn heartbeat(bench: &Bench<'_>) -> Cases {
    const DURATION_NS: u64 = 20_000_000;
    /// So low that every step of a timer of 1 µs is a gap, and the histogram has something to count.
    const THRESHOLD_NS: u64 = 500;
    let device = bench.device;
    let blocks = device.multiprocessors() as usize;
    let out = Room::new(device, (blocks * HEARTBEAT_WORDS * 8) as u64)?;
    device.run(&device.heartbeat(out.address(), DURATION_NS, THRESHOLD_NS)?)?;
    let words = out.words()?;
    let answers: Vec<&[u64]> = words.chunks_exact(HEARTBEAT_WORDS).collect();
    let wrong = answers.iter().find_map(|answer| strange(answer));
    let sms: Vec<u32> = answers
        .iter()
        .map(|answer| u32::try_from(answer[0]).unwrap_or(u32::MAX))
        .collect();
    let difference = compare::first([wrong, once_each(&sms), out.overrun()?]);
    Ok(vec![Case::new(format!("{blocks} blocks, 20 ms"), difference)])
}

/// What cannot be in one block's answer: sm, count, max, at, total, readings, 32 of histogram.
fn strange(answer: &[u64]) -> Option<String> {
    let &[sm, count, max, _, total, readings, ref histogram @ ..] = answer else {
        return Some("an answer that is cut".to_owned());
    };
    let sum: u64 = histogram.iter().fold(0, |sum, bin| sum.saturating_add(*bin));
    if sm >= u64::from(MAX_SM) || readings == 0 {
        return Some(format!("multiprocessor {sm} with {readings} readings"));
    }
    if sum != count {
        return Some(format!("multiprocessor {sm}: {count} gaps, {sum} in the histogram"));
    }
    let fits = if count == 0 {
        total == 0
    } else {
        max <= total && total <= max.saturating_mul(count)
    };
    (!fits).then(|| format!("multiprocessor {sm}: {count} gaps of {total} ns in all, the longest {max} ns"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(head: [u64; 6], bins: &[(usize, u64)]) -> Vec<u64> {
        let mut words = vec![0; HEARTBEAT_WORDS];
        words[..6].copy_from_slice(&head);
        for (bin, count) in bins {
            words[6 + bin] = *count;
        }
        words
    }

    #[test]
    fn sums_of_gaps_must_agree() {
        assert_eq!(strange(&answer([3, 0, 40, 5, 0, 900], &[])), None);
        assert_eq!(strange(&answer([3, 2, 600, 5, 1100, 900], &[(8, 1), (9, 1)])), None);
        for wrong in [
            answer([3, 2, 600, 5, 1100, 900], &[(9, 1)]),
            answer([3, 1, 600, 5, 500, 900], &[(9, 1)]),
            answer([3, 0, 0, 0, 7, 900], &[]),
            answer([3, 0, 0, 0, 0, 0], &[]),
            answer([u64::MAX, 0, 0, 0, 0, 9], &[]),
        ] {
            assert!(strange(&wrong).is_some(), "{wrong:?}");
        }
    }
}
