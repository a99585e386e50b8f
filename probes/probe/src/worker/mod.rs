//! The child process that touches the driver.
//!
//! It reads one [`Job`] from standard input, does it, and tells of it in [`Event`]s on standard output, which carries
//! nothing else: what a library prints goes to standard error. Errors and panics of the driver's layer become
//! [`Event::Failed`]. When standard input closes, the supervisor is gone, and the process ends itself at once, in
//! whatever call the driver may hang. Ctrl-C is the supervisor's: workers live in process groups of their own.

mod events;
mod input;
mod inventory;
pub(crate) mod kernels;
mod measure;
mod panics;
mod plan;
mod several;
pub(crate) mod wire;

use crate::device::DeviceError;
use crate::exit::Code;
use events::Events;
use input::Input;
use rustix::process::{Signal, getpid, kill_process};
use std::fs::File;
use std::os::fd::AsFd;
use wire::{Event, FailureKind, Job};

/// Why a job could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    kind: FailureKind,
    error: String,
}

impl Failure {
    fn internal(error: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Internal,
            error: error.into(),
        }
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        Self {
            kind: error.kind(),
            error: error.to_string(),
        }
    }
}

/// Does the one job that stands on standard input. Its end is told by the last event, not by the exit code.
pub(crate) fn run() -> Code {
    let out = match own_stdout() {
        Ok(out) => out,
        Err(error) => {
            eprintln!("error: cannot keep standard output for events: {error}");
            return Code::Internal;
        }
    };
    let events = Events::new(out);
    let input = Input::listen(std::io::stdin(), || vanish());
    match serve(&events, &input) {
        Ok(()) => {
            events.emit(&Event::Done);
            Code::Ok
        }
        Err(Failure { kind, error }) => {
            events.emit(&Event::Failed { kind, error });
            Code::Unavailable
        }
    }
}

/// Takes standard output for the events and gives everybody else standard error in its place.
fn own_stdout() -> std::io::Result<File> {
    let own = std::io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    Ok(File::from(own))
}

/// Ends this process, whatever its threads are in.
fn vanish() -> ! {
    // Cannot fail on oneself; if it did, aborting does the same with more noise.
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

fn serve(events: &Events, input: &Input) -> Result<(), Failure> {
    let job = input.job()?;
    panics::caught(|| perform(&job, events, input)).unwrap_or_else(Err)
}

fn perform(job: &Job, events: &Events, input: &Input) -> Result<(), Failure> {
    match job {
        Job::Inventory => inventory::run(events),
        Job::Measure { device, mode } => measure::run(events, *device, *mode),
        Job::Together { device, mode } => several::together(events, input, *device, *mode),
        Job::Links { devices, mode } => several::links(events, devices, *mode),
        Job::Kernels { selection } => kernels::check(events, selection),
        Job::Time { device, order } => kernels::time(events, *device, order),
    }
}
