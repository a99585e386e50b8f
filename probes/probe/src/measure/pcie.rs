//! The link to the host, by copies from and to pinned memory.

use super::held::Holder;
use super::{MeasureContext, samples, shares};
use crate::device::timing::{Plan, time};
use crate::device::{Buffer, Device, DeviceError, Event, Pinned, Stream};
use gridproof_probe_protocol::report::PciExpress;
use gridproof_probe_protocol::samples::Unit;
use std::time::{Duration, Instant};

/// Wanted size of a copy, bytes.
const COPY_BYTES: u64 = 256 << 20;
/// Smallest size that measures the link and not the calls, bytes.
const MIN_COPY_BYTES: u64 = 4 << 20;
/// Copies each way in one sample of both ways at once.
const COPIES_AT_ONCE: u32 = 2;
/// Bytes that are compared after a copy there and back.
const COMPARED_BYTES: usize = 1 << 20;

/// Measures both directions, both at once, and the round trip.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<PciExpress, DeviceError> {
    let mut ends = Ends::allocate(device)?;
    ends.check(device)?;
    let bytes = ends.bytes;
    let count = context.pick(5, 15);
    let plan = Plan {
        samples: count,
        sample_seconds: 0.010,
        warm_up: Duration::ZERO,
    };
    let rates = |seconds: &[f64], bytes: u64| {
        samples(
            Unit::GigabytePerSecond,
            seconds.iter().map(|seconds| bytes as f64 / seconds / 1e9).collect(),
        )
    };

    let Ends {
        there, near, back, far, ..
    } = &mut ends;
    let timed = time(device, &plan, None, &mut |stream, _| stream.copy_in(there, near, bytes))?;
    let host_to_device = rates(&timed.seconds, bytes)?;
    (context.progress)(0.3);
    let timed = time(device, &plan, None, &mut |stream, _| stream.copy_out(back, far, bytes))?;
    let device_to_host = rates(&timed.seconds, bytes)?;
    (context.progress)(0.6);
    let seconds = both(device, &mut ends, count)?;
    let both = rates(&seconds, 2 * u64::from(COPIES_AT_ONCE) * bytes)?;
    (context.progress)(0.9);
    let round_trip_us = samples(
        Unit::Microsecond,
        round_trips(device, &mut ends, context.pick(200, 1000))?,
    )?;
    Ok(PciExpress {
        copy_bytes: bytes,
        host_to_device,
        device_to_host,
        both,
        round_trip_us,
    })
}

/// Memory at both ends of the link, one pair for each direction.
struct Ends {
    bytes: u64,
    there: Buffer,
    far: Buffer,
    near: Pinned,
    back: Pinned,
}

impl Ends {
    /// Of the wanted size, or of what there is on the device and what the host lets be pinned.
    fn allocate(device: &Device) -> Result<Self, DeviceError> {
        let mut bytes = COPY_BYTES;
        loop {
            match Self::of_size(device, bytes) {
                Err(error) if error.is_out_of_memory() && bytes / 2 >= MIN_COPY_BYTES => bytes /= 2,
                Err(error) if error.is_out_of_memory() => {
                    return Err(shares::too_little(device.memory()?.0, 2 * MIN_COPY_BYTES));
                }
                other => return other,
            }
        }
    }

    fn of_size(device: &Device, bytes: u64) -> Result<Self, DeviceError> {
        // At most 256 MiB: fits any usize.
        let host = bytes as usize;
        let (there, far) = (device.alloc(bytes)?, device.alloc(bytes)?);
        let (near, back) = (device.pinned(host)?, device.pinned(host)?);
        Ok(Self {
            bytes,
            there,
            far,
            near,
            back,
        })
    }

    /// Whether bytes come back as they went.
    fn check(&mut self, device: &Device) -> Result<(), DeviceError> {
        let sent: Vec<u8> = (0..COMPARED_BYTES as u64)
            .map(|index| ((index * 0x9e37_79b9) >> 16) as u8)
            .collect();
        self.near.as_mut_slice()[..COMPARED_BYTES].copy_from_slice(&sent);
        self.back.as_mut_slice()[..COMPARED_BYTES].fill(0);
        let stream = device.stream();
        stream.copy_in(&self.there, &self.near, COMPARED_BYTES as u64)?;
        stream.copy_out(&mut self.back, &self.there, COMPARED_BYTES as u64)?;
        stream.synchronize()?;
        if self.back.as_slice()[..COMPARED_BYTES] == sent[..] {
            return Ok(());
        }
        Err(DeviceError::Internal(
            "bytes copied to the GPU and back are not those that were sent".to_owned(),
        ))
    }
}

/// Copies both ways at once; seconds of a sample.
fn both(device: &Device, ends: &mut Ends, count: u32) -> Result<Vec<f64>, DeviceError> {
    let (holder, second) = (Holder::new(device)?, device.new_stream()?);
    let points = [device.event()?, device.event()?, device.event()?];
    (0..=count)
        .map(|_| {
            holder.hold(|| queue_both(device.stream(), &second, &points, ends))?;
            let [from, _, to] = &points;
            to.synchronize()?;
            let seconds = from.seconds_until(to)?;
            if seconds > 0.0 {
                Ok(seconds)
            } else {
                Err(DeviceError::Garbage("copies that take no time".to_owned()))
            }
        })
        // The first warms up.
        .skip(1)
        .collect()
}

fn queue_both(
    first: &Stream,
    second: &Stream,
    [from, half, to]: &[Event; 3],
    ends: &mut Ends,
) -> Result<(), DeviceError> {
    first.record(from)?;
    second.wait(from)?;
    for _ in 0..COPIES_AT_ONCE {
        first.copy_in(&ends.there, &ends.near, ends.bytes)?;
        second.copy_out(&mut ends.back, &ends.far, ends.bytes)?;
    }
    second.record(half)?;
    first.wait(half)?;
    first.record(to)
}

/// Four bytes there and back by the host's clock, µs.
fn round_trips(device: &Device, ends: &mut Ends, count: u32) -> Result<Vec<f64>, DeviceError> {
    let stream = device.stream();
    (0..count)
        .map(|_| {
            let begin = Instant::now();
            stream.copy_in(&ends.there, &ends.near, 4)?;
            stream.copy_out(&mut ends.back, &ends.there, 4)?;
            stream.synchronize()?;
            Ok(begin.elapsed().as_secs_f64() * 1e6)
        })
        .collect()
}
