//! `gridproof-probe worker`: what `run` starts.

use crate::exit::Outcome;
use anyhow::Context;
use rustix::process::{Signal, set_parent_process_death_signal};

/// Does the job that stands on standard input, and dies with the supervisor: a GPU must not stay busy because a
/// terminal was closed.
pub(crate) fn run() -> Outcome {
    set_parent_process_death_signal(Some(Signal::KILL)).context("cannot tie this worker to its supervisor")?;
    Ok(crate::worker::run())
}
