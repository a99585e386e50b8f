//! Events on the way to the supervisor.

use super::wire::Event;
use gridproof_probe_protocol::report::Measurements;
use std::cell::Cell;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two reports of progress at least.
const PROGRESS_PERIOD: Duration = Duration::from_millis(200);

/// One event a line, each flushed.
pub(super) struct Events {
    out: Mutex<Box<dyn Write + Send>>,
    last_progress: Cell<Option<Instant>>,
}

impl Events {
    /// To this pipe.
    pub(super) fn new(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Mutex::new(Box::new(out)),
            last_progress: Cell::new(None),
        }
    }

    /// Says one thing. If nobody listens, the process ends: there is nobody to measure for.
    pub(super) fn emit(&self, event: &Event) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if write(&mut **out, event).is_err() {
            super::vanish();
        }
    }

    /// A step begins.
    pub(super) fn step(&self, name: impl Into<String>, expected: Duration, within: Duration) {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.emit(&Event::Step {
            name: name.into(),
            expected_ms: ms(expected),
            within_ms: ms(within),
        });
        self.last_progress.set(Some(Instant::now()));
    }

    /// Share of the step that is done. Said only now and then; what is no share is not said.
    pub(super) fn progress(&self, share: f64) {
        let is_due = self
            .last_progress
            .get()
            .is_none_or(|last| last.elapsed() >= PROGRESS_PERIOD);
        if is_due && share.is_finite() {
            self.last_progress.set(Some(Instant::now()));
            self.emit(&Event::Progress {
                share: share.clamp(0.0, 1.0),
            });
        }
    }

    /// Everything measured so far.
    pub(super) fn partial(&self, measurements: &Measurements) {
        self.emit(&Event::Partial {
            measurements: Box::new(measurements.clone()),
        });
    }
}

fn write(out: &mut dyn Write, event: &Event) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

#[cfg(test)]
pub(super) mod recorded {
    //! Events in memory, for tests.

    use super::*;
    use std::sync::Arc;

    /// What was said.
    #[derive(Clone, Default)]
    pub(in crate::worker) struct Record(Arc<Mutex<Vec<u8>>>);

    impl Record {
        /// Whole lines, parsed.
        pub(in crate::worker) fn events(&self) -> Vec<Event> {
            let bytes = self.0.lock().expect("no test panics while writing").clone();
            let text = String::from_utf8(bytes).expect("JSON is UTF-8");
            text.lines()
                .map(|line| serde_json::from_str(line).expect("an event"))
                .collect()
        }
    }

    impl Write for Record {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0
                .lock()
                .expect("no test panics while writing")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::recorded::Record;
    use super::*;

    #[test]
    fn every_event_is_a_line() {
        let record = Record::default();
        let events = Events::new(record.clone());
        events.step("a\nb", Duration::from_secs(1), Duration::MAX);
        events.emit(&Event::Ready);
        let expected = Event::Step {
            name: "a\nb".to_owned(),
            expected_ms: 1000,
            within_ms: u64::MAX,
        };
        assert_eq!(record.events(), [expected, Event::Ready]);
    }

    #[test]
    fn progress_is_not_said_more_often_than_anybody_can_see_and_is_a_share() {
        let record = Record::default();
        let events = Events::new(record.clone());
        events.progress(f64::NAN);
        for _ in 0..1000 {
            events.progress(7.0);
        }
        assert_eq!(record.events(), [Event::Progress { share: 1.0 }]);
    }
}
