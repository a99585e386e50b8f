//! Reads the sensors ten times a second in a thread of its own, so that the measurement is not held up.

use super::{Gpu, Nvml};
use crate::measure;
use gridproof_probe_protocol::report::NvmlSample;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two readings.
const PERIOD: Duration = Duration::from_millis(100);
/// Longest log: twenty minutes. A run takes one.
const MAX_SAMPLES: usize = 12_000;

/// The sensors of one GPU. Without NVML, or where it does not know the GPU, they answer nothing: they are a witness, not
/// a condition.
#[derive(Debug)]
pub(crate) struct Sensors {
    nvml: Option<Nvml>,
    bus_id: String,
    uuid: String,
}

impl Sensors {
    /// Those of the GPU with this PCI address or UUID.
    pub(crate) fn new(nvml: Option<Nvml>, bus_id: String, uuid: String) -> Self {
        Self { nvml, bus_id, uuid }
    }

    fn gpu(&self) -> Option<Gpu<'_>> {
        self.nvml.as_ref()?.gpu(&self.bus_id, &self.uuid)
    }
}

impl measure::Sampler for Sensors {
    fn read(&self) -> NvmlSample {
        self.gpu().map(|gpu| gpu.sample(0)).unwrap_or_default()
    }

    fn energy_mj(&self) -> Option<u64> {
        self.gpu()?.energy_mj()
    }

    fn start(&self) -> Box<dyn measure::Sampling> {
        let (bus_id, uuid, is_there) = (self.bus_id.clone(), self.uuid.clone(), self.nvml.is_some());
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            // NVML counts its users: this thread's hold on it depends on no other's.
            let nvml = if is_there { Nvml::open().ok() } else { None };
            let Some(gpu) = nvml.as_ref().and_then(|nvml| nvml.gpu(&bus_id, &uuid)) else {
                return Vec::new();
            };
            let goes_on = |wait| stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
            run(PERIOD, goes_on, |at_ms| gpu.sample(at_ms))
        });
        Box::new(Log { stop, thread })
    }
}

/// A thread that reads until its sender is gone.
struct Log {
    stop: Sender<()>,
    thread: JoinHandle<Vec<NvmlSample>>,
}

impl measure::Sampling for Log {
    fn stop(self: Box<Self>) -> Vec<NvmlSample> {
        drop(self.stop);
        // A thread that panicked has read nothing that counts.
        self.thread.join().unwrap_or_default()
    }
}

/// Reads at whole multiples of `period` from now until `goes_on`, which waits for as long as it is told, says no. A
/// reading that takes longer than a period skips the ones that it misses.
fn run(
    period: Duration,
    mut goes_on: impl FnMut(Duration) -> bool,
    mut read: impl FnMut(u64) -> NvmlSample,
) -> Vec<NvmlSample> {
    let begin = Instant::now();
    let mut samples = Vec::new();
    while samples.len() < MAX_SAMPLES {
        let at_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        samples.push(read(at_ms));
        if !goes_on(until_next(begin.elapsed(), period)) {
            break;
        }
    }
    samples
}

/// From `elapsed` to the next whole multiple of `period`.
fn until_next(elapsed: Duration, period: Duration) -> Duration {
    let rest = elapsed.as_nanos() % period.as_nanos();
    period.saturating_sub(Duration::from_nanos(u64::try_from(rest).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_keep_their_beat_whatever_one_takes() {
        let period = Duration::from_millis(100);
        assert_eq!(until_next(Duration::from_millis(30), period), Duration::from_millis(70));
        assert_eq!(
            until_next(Duration::from_millis(230), period),
            Duration::from_millis(70)
        );
        assert_eq!(until_next(Duration::from_millis(200), period), period);
    }

    #[test]
    fn it_reads_at_once_and_stops_when_told() {
        let mut left = 3;
        let samples = run(
            Duration::from_millis(1),
            |_| {
                left -= 1;
                left > 0
            },
            |at_ms| NvmlSample {
                at_ms,
                ..NvmlSample::default()
            },
        );
        assert_eq!(samples.len(), 3);
        assert!(samples.is_sorted_by_key(|sample| sample.at_ms));
    }

    #[test]
    fn a_log_never_grows_without_bound() {
        let samples = run(Duration::from_millis(1), |_| true, |_| NvmlSample::default());
        assert_eq!(samples.len(), MAX_SAMPLES);
    }

    #[test]
    fn without_the_library_nothing_is_known_and_nothing_fails() {
        use measure::Sampler;
        let sensors = Sensors::new(None, "0000:00:00.0".to_owned(), "GPU-0".to_owned());
        assert_eq!((sensors.read(), sensors.energy_mj()), (NvmlSample::default(), None));
        assert_eq!(sensors.start().stop(), []);
    }
}
