//! Which multiprocessors run our blocks, and how fast their clock is.

use super::statistics::thinned;
use super::{MeasureContext, samples};
use crate::device::{Buffer, Device, DeviceError};
use gridproof_probe_protocol::report::Census;
use gridproof_probe_protocol::samples::Unit;
use std::collections::BTreeSet;

/// How long a block spins, so that none of them makes room for the next before all multiprocessors have some.
const SPIN_NS: u64 = 50_000;
/// Clock to take where the driver gives none, and the range of those that are believed, MHz.
const USUAL_CLOCK_MHZ: u32 = 1500;
const CLOCKS_MHZ: (u32, u32) = (300, 4000);
/// Launches that wake the clocks up before the one that counts.
const WARM_LAUNCHES: u32 = 400;
/// No GPU has so many; above lies nonsense.
const MAX_SM_ID: u32 = 4096;
/// Values of the clock that are kept.
const MOST_CLOCKS: usize = 256;
/// What no block writes.
const POISON: u8 = 0xff;

/// What every block wrote.
#[derive(Clone, Debug, PartialEq)]
struct Answers {
    sm: Vec<u32>,
    nsm: Vec<u32>,
    cycles: Vec<u64>,
    ns: Vec<u64>,
}

/// The census.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<Census, DeviceError> {
    let blocks = u64::from(device.census_blocks());
    let stream = device.stream();
    let buffers = [
        device.alloc(blocks * 4)?,
        device.alloc(blocks * 4)?,
        device.alloc(blocks * 8)?,
        device.alloc(blocks * 8)?,
    ];
    let launch = device.census(
        buffers.each_ref().map(Buffer::address),
        spin_cycles(device.facts().max_sm_clock_mhz),
    )?;
    for _ in 0..WARM_LAUNCHES {
        stream.launch(&launch)?;
    }
    // While the queue works, so that NVML sees a busy GPU.
    let nvml = context.sampler.read();
    stream.synchronize()?;
    (context.progress)(0.5);
    for buffer in &buffers {
        stream.fill_bytes(buffer, POISON)?;
    }
    device.run(&launch)?;
    let [sm, nsm, cycles, ns] = &buffers;
    let count = blocks as usize;
    let answers = Answers {
        sm: stream.read(sm, 0, count)?,
        nsm: stream.read(nsm, 0, count)?,
        cycles: stream.read(cycles, 0, count)?,
        ns: stream.read(ns, 0, count)?,
    };
    report(&answers, nvml.sm_clock_mhz)
}

/// Cycles of [`SPIN_NS`] at the highest clock; longer at a lower one.
fn spin_cycles(max_clock_mhz: Option<u32>) -> u64 {
    let clock = max_clock_mhz
        .unwrap_or(USUAL_CLOCK_MHZ)
        .clamp(CLOCKS_MHZ.0, CLOCKS_MHZ.1);
    SPIN_NS * u64::from(clock) / 1000
}

fn report(answers: &Answers, nvml_sm_clock_mhz: Option<u32>) -> Result<Census, DeviceError> {
    if answers.sm.iter().any(|sm| *sm >= MAX_SM_ID) {
        return Err(DeviceError::Garbage(
            "a block of the census did not say where it ran".to_owned(),
        ));
    }
    let ids: BTreeSet<u32> = answers.sm.iter().copied().collect();
    let clocks: Vec<f64> = answers
        .cycles
        .iter()
        .zip(&answers.ns)
        .filter(|(_, ns)| **ns >= SPIN_NS / 4 && **ns != u64::MAX)
        .map(|(cycles, ns)| *cycles as f64 * 1e3 / *ns as f64)
        .collect();
    if clocks.is_empty() {
        return Err(DeviceError::Garbage(
            "no block of the census saw the time pass".to_owned(),
        ));
    }
    Ok(Census {
        blocks: answers.sm.len() as u32,
        sm_ids: ids.into_iter().collect(),
        nsmid: answers.nsm.iter().copied().max().unwrap_or(0),
        sm_clock_mhz: samples(Unit::Megahertz, thinned(&clocks, MOST_CLOCKS))?,
        nvml_sm_clock_mhz,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn answers(sms: u32) -> Answers {
        let blocks = sms * 32;
        Answers {
            sm: (0..blocks).map(|block| block % sms).collect(),
            nsm: vec![sms; blocks as usize],
            cycles: vec![99_000; blocks as usize],
            ns: vec![50_000; blocks as usize],
        }
    }

    #[test]
    fn every_multiprocessor_is_counted_once() {
        let census = report(&answers(114), Some(1980)).unwrap();
        assert_eq!((census.sm_ids.len(), census.blocks, census.nsmid), (114, 114 * 32, 114));
        assert_eq!(census.sm_clock_mhz.median, 1980.0);
        assert!(census.sm_clock_mhz.values.len() <= MOST_CLOCKS);
    }

    #[test]
    fn a_mad_clock_does_not_make_the_census_last_for_hours() {
        assert_eq!(spin_cycles(Some(1980)), 99_000);
        assert_eq!(spin_cycles(None), 75_000);
        assert_eq!(spin_cycles(Some(u32::MAX)), 200_000);
    }

    #[test]
    fn a_block_that_never_ran_and_a_timer_that_stands_are_nonsense() {
        let mut missing = answers(4);
        missing.sm[7] = u32::MAX;
        assert!(matches!(report(&missing, None), Err(DeviceError::Garbage(_))));
        let mut frozen = answers(4);
        frozen.ns.fill(0);
        assert!(matches!(report(&frozen, None), Err(DeviceError::Garbage(_))));
    }
}
