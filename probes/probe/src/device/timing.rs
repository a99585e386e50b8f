//! Time of short work by the device's clock: many launches between two events, behind a kernel that holds the queue
//! until all of them are in it, so that the cost of launching is not measured. The host's clock runs beside, because a
//! driver whose clock lies shows only there.

use super::{Buffer, Device, DeviceError, Stream};
use crate::measure::statistics::median;
use gridproof_probe_kernels::abi::MARK_BYTES;
use gridproof_probe_protocol::report::{ClockMark, Mode};
use std::time::{Duration, Instant};

/// How a quantity is sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Samples.
    pub(crate) samples: u32,
    /// A sample lasts at least this long, as far as [`MAX_LAUNCHES`] allows.
    pub(crate) sample_seconds: f64,
    /// The work is repeated for this long before the first sample.
    pub(crate) warm_up: Duration,
}

/// Launches between two events at most. The driver's queue holds about a thousand; when it is full, launching waits
/// for the held queue, which waits for the launching.
const MAX_LAUNCHES: u32 = 256;
/// The holding kernel gives up after this time, so that an error on the way does not hang the GPU.
const BLOCKER_TIMEOUT_NS: u64 = 2_000_000_000;
/// A sample by the device's clock that is this much longer than what the host saw passes for nonsense, not for a clock
/// that is off (which is measured and reported).
const MAX_EVENTS_OVER_WALL: f64 = 1e3;
/// No multiprocessor runs faster, MHz.
const MAX_CLOCK_MHZ: f64 = 10_000.0;
/// A mark over less time says too little: `%globaltimer` steps by up to a microsecond.
const MIN_MARK_NS: u64 = 50_000;

impl Plan {
    /// 20 samples of at least 20 ms, or 10 in quick mode; `warm_up` before.
    pub(crate) fn new(mode: Mode, warm_up: Duration) -> Self {
        let samples = match mode {
            Mode::Quick => 10,
            Mode::Full => 20,
        };
        Self {
            samples,
            sample_seconds: 0.020,
            warm_up,
        }
    }
}

/// What was timed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timed {
    /// Repetitions of the work in one sample.
    pub(crate) launches_per_sample: u32,
    /// Seconds of one repetition, one value a sample, by the device's clock. All finite and above 0.
    pub(crate) seconds: Vec<f64>,
    /// Time by the host's clock over time by the device's, median of the samples: a host that is busy for a moment disturbs
    /// some of them, a clock that lies disturbs all.
    pub(crate) wall_over_events: f64,
    /// Clock of the multiprocessors, MHz, one value a sample in which the work left a mark.
    pub(crate) sm_clock_mhz: Vec<f64>,
}

/// Times `work`, which queues one repetition on the stream it gets and must do nothing else (no waiting, no allocation).
/// It gets the number of the repetition, to rotate operands. `mark` is the buffer that the work's kernels write their
/// mark to, if they do.
pub(crate) fn time(
    device: &Device,
    plan: &Plan,
    mark: Option<&Buffer>,
    work: &mut dyn FnMut(&Stream, u32) -> Result<(), DeviceError>,
) -> Result<Timed, DeviceError> {
    let stream = device.stream();
    let (from, to) = (device.event()?, device.event()?);
    // Loading a kernel at its first launch may wait for the queue; nothing is held yet.
    work(stream, 0)?;
    stream.synchronize()?;
    let once = estimate(device, work)?;
    let launches = launches_per_sample(once, plan.sample_seconds);
    warm_up(stream, plan.warm_up, once, work)?;

    let mut flag = device.pinned(64)?;
    flag.as_mut_slice().fill(0);
    let blocker = device.blocker(flag.device_address(), BLOCKER_TIMEOUT_NS)?;
    flag.store_flag(1);
    device.run(&blocker)?;
    let mut timed = Timed {
        launches_per_sample: launches,
        seconds: Vec::new(),
        wall_over_events: f64::NAN,
        sm_clock_mhz: Vec::new(),
    };
    let mut ratios = Vec::new();
    for sample in 0..plan.samples {
        if let Some(mark) = mark {
            stream.fill_bytes(mark, 0)?;
            stream.synchronize()?;
        }
        flag.store_flag(0);
        stream.launch(&blocker)?;
        let queued = queue(stream, (&from, &to), launches, sample * launches, work);
        let started = Instant::now();
        // Released before any error goes up: the queue must not stay held.
        flag.store_flag(1);
        queued?;
        to.synchronize()?;
        let (wall_sample, event_sample) = (started.elapsed().as_secs_f64(), from.seconds_until(&to)?);
        check_sample(wall_sample, event_sample)?;
        ratios.push(wall_sample / event_sample);
        timed.seconds.push(event_sample / f64::from(launches));
        if let Some(mark) = mark {
            timed.sm_clock_mhz.extend(megahertz(&read_mark(stream, mark, 0)?)?);
        }
    }
    timed.wall_over_events = median(&ratios).unwrap_or(f64::NAN);
    Ok(timed)
}

/// Queues the repetitions of one sample between two events.
fn queue(
    stream: &Stream,
    (from, to): (&super::Event, &super::Event),
    launches: u32,
    first: u32,
    work: &mut dyn FnMut(&Stream, u32) -> Result<(), DeviceError>,
) -> Result<(), DeviceError> {
    stream.record(from)?;
    for index in 0..launches {
        work(stream, first.wrapping_add(index))?;
    }
    stream.record(to)
}

/// Seconds of one repetition, roughly; at least a microsecond.
pub(crate) fn estimate(
    device: &Device,
    work: &mut dyn FnMut(&Stream, u32) -> Result<(), DeviceError>,
) -> Result<f64, DeviceError> {
    let stream = device.stream();
    let (from, to) = (device.event()?, device.event()?);
    queue(stream, (&from, &to), 1, 0, work)?;
    to.synchronize()?;
    Ok(from.seconds_until(&to)?.max(1e-6))
}

/// Repeats the work for a time by the host's clock, a few in the queue at once.
fn warm_up(
    stream: &Stream,
    length: Duration,
    once: f64,
    work: &mut dyn FnMut(&Stream, u32) -> Result<(), DeviceError>,
) -> Result<(), DeviceError> {
    let started = Instant::now();
    let together = launches_per_sample(once, 0.020);
    while started.elapsed() < length {
        for index in 0..together {
            work(stream, index)?;
        }
        stream.synchronize()?;
    }
    Ok(())
}

/// So many that a sample lasts at least `sample` seconds.
pub(crate) fn launches_per_sample(once: f64, sample: f64) -> u32 {
    let needed = (sample / once.max(1e-9)).ceil();
    (needed.min(f64::from(MAX_LAUNCHES)) as u32).max(1)
}

fn check_sample(wall: f64, events: f64) -> Result<(), DeviceError> {
    if events <= 0.0 || events > MAX_EVENTS_OVER_WALL * (wall + 1e-3) {
        return Err(DeviceError::Garbage(format!(
            "{events} s between two events within {wall} s"
        )));
    }
    Ok(())
}

/// Reads the mark `index` of a buffer of marks, after everything queued.
pub(crate) fn read_mark(stream: &Stream, marks: &Buffer, index: u64) -> Result<ClockMark, DeviceError> {
    let words = stream.read::<u64>(marks, index * MARK_BYTES as u64, MARK_BYTES / 8)?;
    Ok(ClockMark {
        cycles_start: words[0],
        ns_start: words[1],
        cycles_end: words[2],
        ns_end: words[3],
        sm: words[4],
    })
}

/// Clock of a mark, MHz; `None` when it was not written or spans too little time; nonsense is an error.
pub(crate) fn megahertz(mark: &ClockMark) -> Result<Option<f64>, DeviceError> {
    if mark.ns_end.saturating_sub(mark.ns_start) < MIN_MARK_NS {
        return Ok(None);
    }
    match mark.megahertz() {
        Some(clock) if clock > MAX_CLOCK_MHZ => {
            Err(DeviceError::Garbage(format!("a multiprocessor at {clock:.0} MHz")))
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_as_long_as_planned_and_never_fills_the_queue() {
        assert_eq!(launches_per_sample(1.5e-3, 0.020), 14);
        assert_eq!(launches_per_sample(0.5, 0.020), 1, "long work stands alone");
        assert_eq!(launches_per_sample(1e-6, 0.020), MAX_LAUNCHES);
        assert_eq!(launches_per_sample(0.0, 0.020), MAX_LAUNCHES);
    }

    #[test]
    fn quick_takes_half_the_samples() {
        assert_eq!(Plan::new(Mode::Quick, Duration::ZERO).samples, 10);
        assert_eq!(Plan::new(Mode::Full, Duration::ZERO).samples, 20);
    }

    #[test]
    fn times_that_cannot_be_are_nonsense_and_a_clock_that_is_off_is_not() {
        assert!(check_sample(0.02, 0.0).is_err());
        assert!(check_sample(0.02, 1e6).is_err());
        assert_eq!(check_sample(0.02, 0.04), Ok(()), "that is reported as a ratio");
        assert_eq!(check_sample(0.02, 0.002), Ok(()));
    }

    fn mark(cycles: u64, ns: u64) -> ClockMark {
        ClockMark {
            cycles_start: 100,
            ns_start: 1000,
            cycles_end: 100 + cycles,
            ns_end: 1000 + ns,
            sm: 0,
        }
    }

    #[test]
    fn a_mark_gives_the_clock_only_over_enough_time() {
        assert_eq!(megahertz(&mark(1_980_000, 1_000_000)), Ok(Some(1980.0)));
        assert_eq!(megahertz(&mark(19_800, 10_000)), Ok(None), "too short");
        assert_eq!(megahertz(&ClockMark::default()), Ok(None), "not written");
        assert_eq!(megahertz(&mark(0, 1_000_000)), Ok(None), "a clock that stands still");
        assert!(matches!(
            megahertz(&mark(u64::MAX / 2, 1_000_000)),
            Err(DeviceError::Garbage(_))
        ));
        let backwards = ClockMark {
            cycles_start: 5,
            ns_start: 9_000_000,
            cycles_end: 1,
            ns_end: 1,
            sm: 0,
        };
        assert_eq!(megahertz(&backwards), Ok(None));
    }
}
