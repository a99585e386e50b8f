//! One worker with one job, from its start to its end: for jobs that no other waits for.

use super::child::{Child, WorkerCommand};
use super::found::Stop;
use super::interrupt::Interrupt;
use super::machine::Input;
use super::show::{Display, Show};
use super::task::{How, Task, Trouble, Want};
use crate::worker::wire::{Event, Job};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Longest time between two looks at clock, signals and the process.
const TICK: Duration = Duration::from_millis(10);
/// Events that wait; a worker that says more waits itself.
const QUEUE: usize = 64;

/// Runs `job` in a worker of its own and hands every event to `keep`, which answers why one is none that this job has.
/// What went wrong, if anything did; `Err` only when the user ended it.
pub(crate) fn one_job(
    job: Job,
    title: &str,
    (command, interrupt): (&WorkerCommand, &Interrupt),
    display: &mut dyn Display,
    keep: &mut dyn FnMut(&Event) -> Result<(), &'static str>,
) -> Result<Option<Trouble>, Stop> {
    const WORKER: u32 = 0;
    let (said, heard) = sync_channel(QUEUE);
    let began = Instant::now();
    let mut task = Task::new(WORKER, Duration::ZERO);
    let title = title.to_owned();
    display.show(&Show::Begin { worker: WORKER, title });
    let mut child = match Child::start(command, WORKER, job, &said) {
        Ok(child) => Some(child),
        Err(error) => {
            task.ended(&How::NotStarted(error.to_string()), "");
            None
        }
    };
    while !task.is_gone() {
        if interrupt.is_asked() {
            return Err(Stop::Interrupted);
        }
        let first = heard.recv_timeout(TICK).ok();
        // An end is handed in after the last words, which may still wait in the queue.
        let end = child.as_mut().and_then(Child::poll);
        let rest: Vec<Input> = heard.try_iter().collect();
        for input in first.into_iter().chain(rest).chain(end).chain([Input::Tick]) {
            let now = began.elapsed();
            if take(&mut task, now, input, display, keep) == Want::Kill
                && let Some(child) = &child
            {
                child.kill();
            }
        }
        display.tick();
    }
    let trouble = task.trouble().cloned();
    let mark = Some(
        trouble
            .as_ref()
            .map_or("done".to_owned(), |trouble| trouble.text.clone()),
    );
    display.show(&Show::End { worker: WORKER, mark });
    Ok(trouble)
}

fn take(
    task: &mut Task,
    now: Duration,
    input: Input,
    display: &mut dyn Display,
    keep: &mut dyn FnMut(&Event) -> Result<(), &'static str>,
) -> Want {
    match input {
        Input::Said { worker, event } => {
            if !task.is_talking() {
                return Want::Nothing;
            }
            let want = task.said(now, &event);
            if let Some(show) = Show::of(worker, &event) {
                display.show(&show);
            }
            match keep(&event) {
                Ok(()) => want,
                Err(why) => task.misspoke(now, why),
            }
        }
        Input::Misspoke { why, .. } => task.misspoke(now, &why),
        Input::Ended { how, printed, .. } => {
            task.ended(&how, &printed);
            Want::Nothing
        }
        Input::Tick => task.tick(now),
    }
}
