//! Jobs of nodes with several GPUs.

use super::measure::{open, sensors};
use super::wire::Event;
use super::{Events, Failure, Input};
use crate::device::Device;
use crate::measure::together::Ran;
use crate::measure::{MeasureContext, NoSampler, links as peer, together as all};
use gridproof_probe_protocol::report::Mode;
use std::time::Duration;

/// More GPUs than a node has.
const MAX_GPUS: usize = 64;
/// Usual and longest time to prepare the work that all GPUs do at once.
const PREPARING: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(120));
/// The same for the work itself; all of them share the host.
const WORKING: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(120));
/// The same for one pair of GPUs; narrow links and a shared root take long.
const PAIR: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(120));

/// Product and reading while the other workers do the same.
pub(super) fn together(events: &Events, input: &Input, ordinal: u32, mode: Mode) -> Result<(), Failure> {
    let device = open(events, ordinal)?;
    events.step("preparing for all at once", PREPARING.0, PREPARING.1);
    let sensors = sensors(&device);
    let progress = |share| events.progress(share);
    let context = MeasureContext {
        mode,
        seed: fastrand::u64(..),
        progress: &progress,
        census_multiprocessors: None,
        sampler: &sensors,
    };
    let prepared = all::prepare(&device, &context)?;
    events.emit(&Event::Ready);
    input.go()?;
    events.step("all GPUs at once", WORKING.0, WORKING.1);
    let Ran {
        from_ns,
        to_ns,
        gemm,
        read,
    } = all::run(&device, &prepared)?;
    events.emit(&Event::Together {
        from_ns,
        to_ns,
        gemm,
        read,
    });
    Ok(())
}

/// Copies between every pair.
pub(super) fn links(events: &Events, ordinals: &[u32], mode: Mode) -> Result<(), Failure> {
    if ordinals.len() > MAX_GPUS {
        return Err(Failure::internal(format!("{} GPUs to link", ordinals.len())));
    }
    let devices: Vec<Device> = ordinals
        .iter()
        .map(|ordinal| open(events, *ordinal))
        .collect::<Result<_, _>>()?;
    events.step("preparing copies between GPUs", PREPARING.0, PREPARING.1);
    let progress = |share| events.progress(share);
    let context = MeasureContext {
        mode,
        seed: fastrand::u64(..),
        progress: &progress,
        census_multiprocessors: None,
        sampler: &NoSampler,
    };
    let matrix = peer::measure(&devices, &context, &mut |from, to| {
        events.step(format!("copies from GPU {from} to GPU {to}"), PAIR.0, PAIR.1);
    })?;
    events.emit(&Event::Links { matrix });
    Ok(())
}
