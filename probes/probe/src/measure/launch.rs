//! What a launch costs. Bare machines need microseconds; a GPU behind a network or a slow hypervisor shows here.

use super::{MeasureContext, samples};
use crate::device::{Device, DeviceError, Launch as Queued};
use gridproof_probe_protocol::report::Launch;
use gridproof_probe_protocol::samples::{Samples, Unit};
use std::time::Instant;

/// Launches that are thrown away.
const WARM_LAUNCHES: u32 = 100;
/// Launches that are queued before waiting once; well below what the driver's queue holds.
const QUEUED: u32 = 256;
/// Kernels of one graph.
const GRAPH_NODES: u32 = 64;

/// The three ways to launch.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<Launch, DeviceError> {
    let noop = device.noop()?;
    let stream = device.stream();
    for _ in 0..WARM_LAUNCHES {
        device.run(&noop)?;
    }
    let round_trips = timed(context.pick(500, 1000), 1, || device.run(&noop))?;
    (context.progress)(0.4);
    let queued = timed(context.pick(10, 20), QUEUED, || {
        for _ in 0..QUEUED {
            stream.launch(&noop)?;
        }
        stream.synchronize()
    })?;
    (context.progress)(0.7);
    let graph_us = graph(device, context, &noop)?;
    Ok(Launch {
        round_trip_us: round_trips,
        queued_us: queued,
        graph_us,
    })
}

/// `None` where the driver has no graphs.
fn graph(device: &Device, context: &MeasureContext<'_>, noop: &Queued) -> Result<Option<Samples>, DeviceError> {
    let stream = device.stream();
    let captured = stream.capture(|stream| {
        for _ in 0..GRAPH_NODES {
            stream.launch(noop)?;
        }
        Ok(())
    });
    let graph = match captured {
        Ok(graph) => graph,
        Err(error) if error.is_not_supported() => return Ok(None),
        Err(error) => return Err(error),
    };
    let replay = || {
        stream.launch_graph(&graph)?;
        stream.synchronize()
    };
    replay()?;
    timed(context.pick(10, 20), GRAPH_NODES, replay).map(Some)
}

/// `count` samples of `work`, µs of each of its `parts`, by the host's clock.
fn timed(count: u32, parts: u32, mut work: impl FnMut() -> Result<(), DeviceError>) -> Result<Samples, DeviceError> {
    let mut values = Vec::new();
    for _ in 0..count {
        let started = Instant::now();
        work()?;
        values.push(started.elapsed().as_secs_f64() * 1e6 / f64::from(parts));
    }
    samples(Unit::Microsecond, values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::time::Duration;

    #[test]
    fn a_sample_is_the_time_of_one_part() {
        let slept = timed(3, 10, || {
            std::thread::sleep(Duration::from_millis(5));
            Ok(())
        })
        .unwrap();
        assert_eq!(slept.values.len(), 3);
        assert!(slept.min >= 500.0, "5 ms over 10 parts: {}", slept.min);
    }

    #[test]
    fn an_error_ends_it() {
        assert!(timed(3, 1, || Err(DeviceError::NoGpu)).is_err());
    }
}
