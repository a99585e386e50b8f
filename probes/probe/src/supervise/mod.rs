//! Starts workers, watches them, and gathers what they say. `machine` and `task` decide and touch nothing; `shell` and
//! `child` act and decide nothing.

mod assemble;
mod child;
mod found;
mod interrupt;
mod job;
mod kernels;
mod lines;
mod machine;
mod shell;
mod show;
mod task;
mod together;

#[cfg(test)]
mod scripted_tests;

pub(crate) use assemble::{Frame, assemble};
pub(crate) use child::WorkerCommand;
pub(crate) use found::{Found, Stop};
pub(crate) use interrupt::Interrupt;
pub(crate) use job::one_job;
pub(crate) use kernels::{Outcome as KernelOutcome, check as check_kernels};
pub(crate) use machine::Settings;
pub(crate) use shell::drive;
pub(crate) use show::display;
pub(crate) use task::Trouble;
