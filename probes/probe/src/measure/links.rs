//! Copies between every ordered pair of GPUs.

use super::held::Holder;
use super::{MeasureContext, samples, shares};
use crate::device::timing::{Plan, time};
use crate::device::{Buffer, Device, DeviceError};
use gridproof_probe_protocol::report::{LinkMatrix, PeerLink};
use gridproof_probe_protocol::samples::Unit;
use std::time::{Duration, Instant};

/// Wanted size of a copy, bytes.
const COPY_BYTES: u64 = 256 << 20;
/// Smallest size that measures the link, bytes.
const MIN_COPY_BYTES: u64 = 4 << 20;
/// Copies each way in one sample of both ways at once.
const COPIES_AT_ONCE: u32 = 4;
/// Of the key of this measurement.
const PURPOSE: u64 = 0x6c69_6e6b;

/// One GPU with what it sends and what it receives.
struct Node<'a> {
    device: &'a Device,
    sent: Buffer,
    received: Buffer,
    bad: Buffer,
}

/// Measures all pairs, by `from`, then `to`. `begin` is told of every pair before it is measured.
pub(crate) fn measure(
    devices: &[Device],
    context: &MeasureContext<'_>,
    begin: &mut dyn FnMut(u32, u32),
) -> Result<LinkMatrix, DeviceError> {
    let (bytes, nodes) = prepare(devices, context.key(PURPOSE))?;
    let mut pairs = Vec::new();
    for (i, from) in nodes.iter().enumerate() {
        for (j, to) in nodes.iter().enumerate() {
            if i != j {
                begin(from.device.ordinal(), to.device.ordinal());
                pairs.push(pair(from, to, bytes, context)?);
            }
        }
    }
    Ok(LinkMatrix {
        copy_bytes: bytes,
        pairs,
    })
}

/// Buffers of one size on all, filled: the wanted size, or what the fullest GPU has.
fn prepare(devices: &[Device], key: u64) -> Result<(u64, Vec<Node<'_>>), DeviceError> {
    let mut bytes = COPY_BYTES;
    loop {
        match devices.iter().map(|device| node(device, bytes, key)).collect() {
            Err(DeviceError::Driver { .. }) if bytes / 2 >= MIN_COPY_BYTES && is_full(devices, bytes)? => bytes /= 2,
            Err(error) if error.is_out_of_memory() => return Err(shares::too_little(0, 2 * MIN_COPY_BYTES)),
            other => return Ok((bytes, other?)),
        }
    }
}

/// Whether some GPU has no room for two buffers of this size.
fn is_full(devices: &[Device], bytes: u64) -> Result<bool, DeviceError> {
    for device in devices {
        // Twice: the driver keeps some for itself, and memory lies in pieces.
        if device.memory()?.0 < 4 * bytes {
            return Ok(true);
        }
    }
    Ok(false)
}

fn node(device: &Device, bytes: u64, key: u64) -> Result<Node<'_>, DeviceError> {
    let (sent, received, bad) = (device.alloc(bytes)?, device.alloc(bytes)?, device.alloc(16)?);
    device.run(&device.fill(sent.address(), bytes / 8, key, base(device))?)?;
    Ok(Node {
        device,
        sent,
        received,
        bad,
    })
}

/// Every GPU sends words of its own.
fn base(device: &Device) -> u64 {
    u64::from(device.ordinal()) << 48
}

fn pair(from: &Node<'_>, to: &Node<'_>, bytes: u64, context: &MeasureContext<'_>) -> Result<PeerLink, DeviceError> {
    let direct = open_way(from.device, to.device)?;
    let count = context.pick(5, 10);
    let plan = Plan {
        samples: count,
        sample_seconds: 0.020,
        warm_up: Duration::from_millis(20),
    };
    let timed = time(from.device, &plan, None, &mut |stream, _| {
        stream.copy_peer(&to.received, &from.sent, bytes)
    })?;
    let one_way = timed
        .seconds
        .iter()
        .map(|seconds| bytes as f64 / seconds / 1e9)
        .collect();
    let holder = Holder::new(from.device)?;
    let total = (2 * u64::from(COPIES_AT_ONCE) * bytes) as f64;
    let both_ways = (0..=count)
        .map(|_| Ok(total / both(from, to, bytes, &holder)? / 1e9))
        .skip(1);
    let both_ways: Vec<f64> = both_ways.collect::<Result<_, DeviceError>>()?;
    let latency = latencies(from, to, context.pick(100, 500))?;
    Ok(PeerLink {
        from: from.device.ordinal(),
        to: to.device.ordinal(),
        direct,
        one_way: samples(Unit::GigabytePerSecond, one_way)?,
        both_ways: samples(Unit::GigabytePerSecond, both_ways)?,
        latency_us: samples(Unit::Microsecond, latency)?,
        intact: is_intact(from, to, bytes, context.key(PURPOSE))?,
    })
}

/// Opens the direct way where there is one. A driver that says so and then refuses has none.
fn open_way(from: &Device, to: &Device) -> Result<bool, DeviceError> {
    if !from.can_access(to)? {
        return Ok(false);
    }
    match from.enable_peer(to) {
        Ok(()) => Ok(true),
        Err(error) if error.is_final() => Err(error),
        Err(_) => Ok(false),
    }
}

/// Seconds of copies both ways at once, each on the queue of its source.
fn both(from: &Node<'_>, to: &Node<'_>, bytes: u64, holder: &Holder<'_>) -> Result<f64, DeviceError> {
    let (near, far) = (from.device.stream(), to.device.stream());
    let (begin, end, other) = (from.device.event()?, from.device.event()?, to.device.event()?);
    holder.hold(|| {
        near.record(&begin)?;
        far.wait(&begin)?;
        for _ in 0..COPIES_AT_ONCE {
            near.copy_peer(&to.received, &from.sent, bytes)?;
            far.copy_peer(&from.received, &to.sent, bytes)?;
        }
        far.record(&other)?;
        near.wait(&other)?;
        near.record(&end)
    })?;
    end.synchronize()?;
    let seconds = begin.seconds_until(&end)?;
    if seconds > 0.0 {
        Ok(seconds)
    } else {
        Err(DeviceError::Garbage("copies that take no time".to_owned()))
    }
}

/// A copy of four bytes and waiting for it by the host's clock, µs.
fn latencies(from: &Node<'_>, to: &Node<'_>, count: u32) -> Result<Vec<f64>, DeviceError> {
    let stream = from.device.stream();
    (0..count)
        .map(|_| {
            let begin = Instant::now();
            stream.copy_peer(&to.received, &from.sent, 4)?;
            stream.synchronize()?;
            Ok(begin.elapsed().as_secs_f64() * 1e6)
        })
        .collect()
}

/// Whether one more copy, over other content, arrives as sent.
fn is_intact(from: &Node<'_>, to: &Node<'_>, bytes: u64, key: u64) -> Result<bool, DeviceError> {
    let target = to.device.stream();
    target.fill_bytes(&to.received, 0xee)?;
    target.fill_bytes(&to.bad, 0)?;
    target.synchronize()?;
    let source = from.device.stream();
    source.copy_peer(&to.received, &from.sent, bytes)?;
    source.synchronize()?;
    let words = bytes / 8;
    target.launch(
        &to.device
            .verify(to.received.address(), words, key, base(from.device), to.bad.address())?,
    )?;
    Ok(target.read::<u64>(&to.bad, 0, 1)?[0] == 0)
}
