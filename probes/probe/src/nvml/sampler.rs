//! Reads the sensors ten times a second in a thread of its own, so that the measurement is not held up.

use super::{Nvml, bounds};
use gridproof_probe_protocol::report::NvmlSample;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two readings.
const PERIOD: Duration = Duration::from_millis(100);
/// Longest log: twenty minutes. A run takes one.
const MAX_SAMPLES: usize = 12_000;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SensorLog {
    /// In the order of time.
    pub(crate) samples: Vec<NvmlSample>,
    /// By the counter, from start to stop, mJ.
    pub(crate) energy_mj: Option<u64>,
}

/// A thread that reads the sensors of one GPU until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Sampler {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<SensorLog>>,
}

impl Sampler {
    /// Starts reading the GPU with this PCI address or UUID. Without NVML, or where it does not know the GPU, the log
    /// stays empty: sensors are a witness, not a condition.
    pub(crate) fn start(bus_id: String, uuid: String) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            // NVML counts its users; this thread's hold on it is independent of all others.
            let Ok(nvml) = Nvml::open() else {
                return SensorLog::default();
            };
            let Some(gpu) = nvml.gpu(&bus_id, &uuid) else {
                return SensorLog::default();
            };
            let clock = Instant::now();
            let before = gpu.energy_mj();
            let samples = run(
                PERIOD,
                |wait| stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout),
                |at_ms| gpu.sample(at_ms),
            );
            let ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
            let energy_mj = before
                .zip(gpu.energy_mj())
                .and_then(|(before, after)| bounds::energy_mj(before, after, ms));
            SensorLog { samples, energy_mj }
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Ends the thread and takes its log. A thread that panicked has none.
    pub(crate) fn stop(mut self) -> SensorLog {
        drop(self.stop.take());
        self.thread
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        // The thread ends by itself when its sender is gone; waiting for a library that hangs would hang the worker.
        drop(self.stop.take());
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
    fn without_the_library_the_log_is_empty() {
        if Nvml::open().is_err() {
            assert_eq!(
                Sampler::start("0000:00:00.0".to_owned(), "GPU-0".to_owned()).stop(),
                SensorLog::default()
            );
        }
    }
}
