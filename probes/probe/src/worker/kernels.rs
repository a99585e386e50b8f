//! The check of every kernel, and the time of one.

use super::wire::{Event, FailureKind};
use super::{Events, Failure, panics};
use crate::device::{Device, DeviceError, driver};
use crate::measure::kernels::timed::{self, Order};
use crate::measure::kernels::{self, Bench, Checked, Ending, Planned};
use gridproof_probe_kernels::{Arch, Set};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Usual and longest time to start the driver and load one architecture's images. A driver that has to compile
/// intermediate code takes some ten seconds for the products; a slow host, many times that.
const OPENING: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(180));
/// The same for one kernel: what it does lasts milliseconds, the model on the CPU some seconds.
const KERNEL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// The same with the CPU's product of 2048³.
const LARGE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(240));
/// Longest time beyond what was asked for when one kernel is timed.
const TIMING_SLACK: Duration = Duration::from_secs(60);

/// Which kernels of which GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selection {
    /// Ordinal.
    pub(crate) device: u32,
    /// The images of this architecture instead of the best that loads.
    pub(crate) image: Option<Arch>,
    /// Only kernels whose name has this in it.
    pub(crate) only: Option<String>,
    /// Whether exact products are compared at 2048³, too.
    pub(crate) large: bool,
    /// Kernels that need no check any more.
    pub(crate) done: Vec<String>,
}

/// Checks the kernels of the selection one after the other. Ends early, with a failure, after an error that no kernel
/// after it could survive in this process.
pub(super) fn check(events: &Events, selection: &Selection) -> Result<(), Failure> {
    let (device, opening) = open(events, selection.device, selection.image)?;
    let chosen: Vec<&str> = kernels::names()
        .filter(|name| selection.only.as_ref().is_none_or(|part| name.contains(part.as_str())))
        .collect();
    events.emit(&Event::Planned {
        planned: Box::new(planned(&device, opening, &chosen)?),
    });
    let bench = Bench {
        device: &device,
        seed: fastrand::u64(..),
        large: selection.large,
    };
    for name in chosen {
        if selection.done.iter().any(|done| done == name) {
            continue;
        }
        let (expected, within) = if selection.large { LARGE } else { KERNEL };
        events.step(name, expected, within);
        let (checked, error) = panics::caught(|| kernels::check(&bench, name)).unwrap_or_else(|panic| {
            let error = panic.error.clone();
            (failed(name, panic.error), Some(DeviceError::Internal(error)))
        });
        events.emit(&Event::Kernel {
            checked: Box::new(checked),
        });
        if let Some(error) = error.filter(|error| !kernels::leaves_context(error)) {
            return Err(error.into());
        }
    }
    Ok(())
}

fn failed(name: &str, error: String) -> Checked {
    Checked {
        kernel: name.to_owned(),
        image: "unknown".to_owned(),
        ending: Ending::Failed { error },
        seconds: 0.0,
    }
}

/// Times one kernel.
pub(super) fn time(events: &Events, ordinal: u32, order: &Order) -> Result<(), Failure> {
    let (device, _) = open(events, ordinal, None)?;
    let asked = Duration::from_millis(order.milliseconds) + Duration::from_secs(2);
    events.step("timing one kernel", asked, asked.saturating_add(TIMING_SLACK));
    let timing = timed::measure(&device, order)?;
    events.emit(&Event::Timing {
        timing: Box::new(timing),
    });
    Ok(())
}

fn open(events: &Events, ordinal: u32, image: Option<Arch>) -> Result<(Device, Duration), Failure> {
    events.step("starting the driver", OPENING.0, OPENING.1);
    let count = driver::count()?;
    if ordinal >= count {
        return Err(Failure {
            kind: FailureKind::NoGpu,
            error: format!("--device {ordinal}: the driver shows {count} GPU(s), numbered from 0"),
        });
    }
    let began = Instant::now();
    let device = Device::open_with(ordinal, image)?;
    let opening = began.elapsed();
    let architecture = device.architecture();
    if architecture.loaded.is_none() {
        let (major, minor) = architecture.reported;
        return Err(Failure {
            kind: FailureKind::UnknownArchitecture,
            error: format!(
                "no kernel image of this probe runs on this GPU (compute capability {major}.{minor}) {}",
                architecture.refused.join("; ")
            ),
        });
    }
    Ok((device, opening))
}

fn planned(device: &Device, opening: Duration, chosen: &[&str]) -> Result<Planned, Failure> {
    Ok(Planned {
        gpu: device.facts().name.clone(),
        capability: device.facts().capability,
        multiprocessors: device.multiprocessors(),
        cuda_version: driver::open()?,
        images: [Set::Misc, Set::Gemm]
            .into_iter()
            .filter_map(|set| device.image(set))
            .map(str::to_owned)
            .collect(),
        opening_seconds: opening.as_secs_f64(),
        kernels: chosen.iter().map(|name| (*name).to_owned()).collect(),
    })
}
