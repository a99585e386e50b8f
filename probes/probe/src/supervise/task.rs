//! One worker and its job, as the supervisor sees it: works, leaves, is gone. No I/O.

use crate::worker::wire::{Event, FailureKind};
use std::time::Duration;

/// Longest silence before a worker's first event and between `Go` and the next: loading a driver on a node of eight GPUs
/// without persistence mode takes some ten seconds.
pub(crate) const START_WITHIN: Duration = Duration::from_secs(60);
/// Time to exit after the last event; the driver frees memory there.
pub(crate) const LEAVE_WITHIN: Duration = Duration::from_secs(10);
/// Time that a kill may take. A process inside a hung kernel driver does not die, and is left behind.
pub(crate) const DIE_WITHIN: Duration = Duration::from_secs(2);
/// Longest limit that a step may set for itself.
const MAX_STEP: Duration = Duration::from_secs(600);
/// Most events of one job; a whole run has some hundreds.
const MAX_EVENTS: u32 = 100_000;
/// Longest job; the longest honest one takes a few minutes.
const MAX_JOB: Duration = Duration::from_secs(30 * 60);

/// What went wrong with a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Kind, which decides the exit code.
    pub(crate) kind: TroubleKind,
    /// One sentence, with the step.
    pub(crate) text: String,
    /// End of what was written to standard error, bounded.
    pub(crate) printed: String,
}

/// See [`Trouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TroubleKind {
    /// The worker said so.
    Reported(FailureKind),
    /// No sign of life.
    Hang,
    /// Ended by a signal.
    Crash,
    /// Ended without a last event, though not by a signal.
    EndedEarly,
    /// Said what no worker says.
    Misspoke,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It did not start.
    NotStarted(String),
}

/// What a task wants of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Nothing.
    Nothing,
    /// An end of the process.
    Kill,
}

#[derive(Debug)]
enum State {
    Working {
        until: Duration,
    },
    /// Ready; the others are not.
    Waiting,
    Leaving {
        until: Duration,
        killed: bool,
    },
    Gone,
}

/// A worker with its job.
#[derive(Debug)]
pub(crate) struct Task {
    id: u32,
    began: Duration,
    state: State,
    step: Option<String>,
    within: Duration,
    events: u32,
    trouble: Option<Trouble>,
    dismissed: bool,
}

impl Task {
    /// Started at `now`.
    pub(crate) fn new(id: u32, now: Duration) -> Self {
        let state = State::Working {
            until: now + START_WITHIN,
        };
        Self {
            id,
            began: now,
            state,
            step: None,
            within: START_WITHIN,
            events: 0,
            trouble: None,
            dismissed: false,
        }
    }

    /// Number of the worker.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Whether the process has ended, or never will.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone)
    }

    /// Whether it waits for `Go`.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    /// Whether it may still say something.
    pub(crate) fn is_talking(&self) -> bool {
        matches!(self.state, State::Working { .. } | State::Waiting)
    }

    /// What went wrong.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Takes an event. What the event carries is the caller's affair.
    pub(crate) fn said(&mut self, now: Duration, event: &Event) -> Want {
        if !self.is_talking() {
            return Want::Nothing;
        }
        self.events += 1;
        if self.events > MAX_EVENTS {
            return self.misspoke(now, &format!("more than {MAX_EVENTS} events"));
        }
        match event {
            Event::Step { name, within_ms, .. } => {
                self.step = Some(crate::explain::plain(name, 80));
                self.within = Duration::from_millis(*within_ms).min(MAX_STEP);
                self.work(now)
            }
            Event::Ready => {
                self.state = State::Waiting;
                Want::Nothing
            }
            Event::Done => self.leave(now),
            Event::Failed { kind, error } => {
                let error = crate::explain::plain(error, 600);
                // Without a driver or a GPU it does not matter in which step.
                let text = match kind {
                    FailureKind::NoDriver | FailureKind::OldDriver | FailureKind::NoGpu => error,
                    _ => self.in_step(&error),
                };
                self.give_up(TroubleKind::Reported(*kind), text);
                self.leave(now)
            }
            _ => self.work(now),
        }
    }

    /// `Go` was sent.
    pub(crate) fn go(&mut self, now: Duration) {
        self.within = self.within.max(START_WITHIN);
        self.work(now);
    }

    /// The worker said what it should not; it is not listened to any more.
    pub(crate) fn misspoke(&mut self, now: Duration, why: &str) -> Want {
        if !self.is_talking() {
            return Want::Nothing;
        }
        let text = format!("the measuring process said what it should not ({why})");
        self.give_up(TroubleKind::Misspoke, self.in_step(&text));
        self.kill(now)
    }

    /// Not needed any more.
    pub(crate) fn dismiss(&mut self, now: Duration) -> Want {
        if !self.is_talking() {
            return Want::Nothing;
        }
        self.dismissed = true;
        self.kill(now)
    }

    /// Whether it was sent away for no fault of its own.
    pub(crate) fn was_dismissed(&self) -> bool {
        self.dismissed
    }

    /// The process ended; `printed` is the end of its standard error.
    pub(crate) fn ended(&mut self, how: &How, printed: &str) {
        if self.is_talking() {
            let (kind, text) = match how {
                How::Signalled(signal) => (
                    TroubleKind::Crash,
                    format!("the driver crashed the measuring process ({})", signal_name(*signal)),
                ),
                How::Exited(code) => (
                    TroubleKind::EndedEarly,
                    format!("the measuring process ended early, with code {code}"),
                ),
                How::NotStarted(why) => (
                    TroubleKind::EndedEarly,
                    format!("the measuring process did not start: {why}"),
                ),
            };
            self.give_up(kind, self.in_step(&text));
        }
        if let Some(trouble) = &mut self.trouble {
            printed.clone_into(&mut trouble.printed);
        }
        self.state = State::Gone;
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Duration) -> Want {
        match self.state {
            State::Working { until } if now >= until => {
                let silent = self.within.as_secs_f64();
                let text = format!("the driver hangs: no sign of life for {silent:.0} s");
                self.give_up(TroubleKind::Hang, self.in_step(&text));
                self.kill(now)
            }
            State::Working { .. } | State::Waiting if now >= self.began + MAX_JOB => {
                let minutes = MAX_JOB.as_secs() / 60;
                let text = format!("the driver hangs: not done after {minutes} minutes");
                self.give_up(TroubleKind::Hang, self.in_step(&text));
                self.kill(now)
            }
            State::Leaving { until, killed: false } if now >= until => self.kill(now),
            State::Leaving { until, killed: true } if now >= until => {
                self.state = State::Gone;
                Want::Nothing
            }
            _ => Want::Nothing,
        }
    }

    fn work(&mut self, now: Duration) -> Want {
        self.state = State::Working {
            until: now + self.within,
        };
        Want::Nothing
    }

    fn leave(&mut self, now: Duration) -> Want {
        self.state = State::Leaving {
            until: now + LEAVE_WITHIN,
            killed: false,
        };
        Want::Nothing
    }

    fn kill(&mut self, now: Duration) -> Want {
        self.state = State::Leaving {
            until: now + DIE_WITHIN,
            killed: true,
        };
        Want::Kill
    }

    fn give_up(&mut self, kind: TroubleKind, text: String) {
        let printed = String::new();
        self.trouble = Some(Trouble { kind, text, printed });
    }

    fn in_step(&self, text: &str) -> String {
        match &self.step {
            Some(step) => format!("{text} (in step \"{step}\")"),
            None => format!("{text} (before the first step)"),
        }
    }
}

/// Names of the signals that end processes that call drivers.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL; the machine may be out of memory",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn step(within_ms: u64) -> Event {
        Event::Step {
            name: "reading".to_owned(),
            expected_ms: 1,
            within_ms,
        }
    }

    fn text(task: &Task) -> &str {
        &task.trouble().expect("trouble").text
    }

    #[test]
    fn silence_longer_than_a_step_allows_is_a_hang_and_signs_of_life_put_it_off() {
        let mut task = Task::new(0, s(0));
        task.said(s(1), &step(5_000));
        assert_eq!(task.tick(s(5)), Want::Nothing);
        task.said(s(5), &Event::Progress { share: 0.5 });
        assert_eq!(task.tick(s(9)), Want::Nothing);
        assert_eq!(task.tick(s(10)), Want::Kill);
        assert_eq!(
            text(&task),
            "the driver hangs: no sign of life for 5 s (in step \"reading\")"
        );
        assert!(!task.is_gone());
        task.ended(&How::Signalled(9), "bang");
        assert!(task.is_gone());
        assert_eq!(
            task.trouble().unwrap().kind,
            TroubleKind::Hang,
            "our own kill is no crash"
        );
        assert_eq!(task.trouble().unwrap().printed, "bang");
    }

    #[test]
    fn a_worker_that_never_speaks_hangs_too() {
        let mut task = Task::new(0, s(0));
        assert_eq!(task.tick(START_WITHIN), Want::Kill);
        assert!(text(&task).ends_with("(before the first step)"));
    }

    #[test]
    fn signs_of_life_do_not_last_for_ever() {
        let mut task = Task::new(0, s(0));
        for second in 0..MAX_JOB.as_secs() {
            task.said(s(second), &Event::Progress { share: 0.1 });
            assert_eq!(task.tick(s(second)), Want::Nothing);
        }
        assert_eq!(task.tick(MAX_JOB), Want::Kill);
    }

    #[test]
    fn a_process_that_does_not_die_is_left_behind() {
        let mut task = Task::new(0, s(0));
        assert_eq!(task.tick(START_WITHIN), Want::Kill);
        assert_eq!(task.tick(START_WITHIN + DIE_WITHIN), Want::Nothing);
        assert!(task.is_gone());
    }

    #[test]
    fn a_worker_that_is_done_and_does_not_leave_is_killed_and_nothing_is_wrong() {
        let mut task = Task::new(0, s(0));
        task.said(s(1), &Event::Done);
        assert_eq!(task.tick(s(1) + LEAVE_WITHIN), Want::Kill);
        task.ended(&How::Signalled(9), "");
        assert!(task.is_gone() && task.trouble().is_none());
    }

    #[test]
    fn an_end_without_a_last_word_is_a_crash_by_signal_and_an_early_end_otherwise() {
        for (how, kind) in [
            (How::Signalled(11), TroubleKind::Crash),
            (How::Exited(0), TroubleKind::EndedEarly),
        ] {
            let mut task = Task::new(0, s(0));
            task.ended(&how, "");
            assert_eq!(task.trouble().unwrap().kind, kind);
        }
    }

    #[test]
    fn whoever_waits_for_the_others_is_not_timed_and_is_again_after_go() {
        let mut task = Task::new(0, s(0));
        task.said(s(0), &Event::Ready);
        assert_eq!(task.tick(s(600)), Want::Nothing);
        task.go(s(600));
        assert_eq!(task.tick(s(600) + START_WITHIN), Want::Kill);
    }

    #[test]
    fn endless_events_and_words_after_the_last_are_not_listened_to() {
        let mut task = Task::new(0, s(0));
        let wants = (0..=MAX_EVENTS).map(|_| task.said(s(0), &Event::Progress { share: 0.0 }));
        assert_eq!(wants.last(), Some(Want::Kill));
        assert_eq!(task.said(s(0), &Event::Done), Want::Nothing);
        assert_eq!(task.trouble().unwrap().kind, TroubleKind::Misspoke);
    }
}
