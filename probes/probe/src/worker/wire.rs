//! What supervisor and worker say to each other: one JSON object a line. Supervisor → worker (standard input): one [`Job`],
//! then [`Go`](Command::Go) for jobs that wait for each other. Worker → supervisor (standard output): [`Event`]s.
//!
//! A worker is a child process, because a driver can hang, crash or corrupt the process that calls it. The supervisor
//! never loads the driver; it judges silence: each [`Event::Step`] says how long the next one may take.

use super::kernels::Selection;
use crate::measure::kernels::timed::{Order, Timing};
use crate::measure::kernels::{Checked, Planned};
use gridproof_probe_protocol::report::{DriverInfo, Inventory, LinkMatrix, Measurements, Mode};
use serde::{Deserialize, Serialize};

/// What a worker is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub(crate) enum Job {
    /// Driver and all GPUs.
    Inventory,
    /// All measurements of one GPU.
    Measure {
        /// Ordinal.
        device: u32,
        /// How much.
        mode: Mode,
    },
    /// Product and reading only, started together on all GPUs: prepares, says [`Event::Ready`], waits for `Go`.
    Together {
        /// Ordinal.
        device: u32,
        /// How much.
        mode: Mode,
    },
    /// Copies between every pair.
    Links {
        /// Ordinals.
        devices: Vec<u32>,
        /// How much.
        mode: Mode,
    },
    /// Every kernel against its model on the CPU.
    Kernels {
        /// Which.
        selection: Selection,
    },
    /// The time of one kernel.
    Time {
        /// Ordinal.
        device: u32,
        /// What is asked for.
        order: Order,
    },
}

/// A line to a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Command {
    /// The job; always first.
    Job {
        /// What to do.
        job: Job,
    },
    /// All others are ready.
    Go,
}

/// A line from a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// A step begins. If the next event takes longer than `within_ms`, the driver is taken to hang.
    Step {
        /// Name for the terminal, such as `matrix products: bf16`.
        name: String,
        /// Usual length, ms, for the progress bar.
        expected_ms: u64,
        /// Longest length, ms.
        within_ms: u64,
    },
    /// Progress inside a step, 0 to 1; also says that the worker lives.
    Progress {
        /// Share done.
        share: f64,
    },
    /// Measurements so far (after each step), so that a GPU that is lost leaves what was measured.
    Partial {
        /// So far.
        measurements: Box<Measurements>,
    },
    /// Prepared; waits for `Go`.
    Ready,
    /// Answer to [`Job::Inventory`].
    Inventory {
        /// Driver.
        driver: DriverInfo,
        /// GPUs.
        gpus: Vec<Inventory>,
    },
    /// Answer to [`Job::Together`]: begin and end by CLOCK_MONOTONIC (ns), medians.
    Together {
        /// Begin, ns.
        from_ns: u64,
        /// End, ns.
        to_ns: u64,
        /// TFLOP/s.
        gemm: Option<f64>,
        /// GB/s.
        read: Option<f64>,
    },
    /// Answer to [`Job::Links`].
    Links {
        /// The matrix.
        matrix: LinkMatrix,
    },
    /// Before the first kernel of [`Job::Kernels`].
    Planned {
        /// The GPU, and what will be checked.
        planned: Box<Planned>,
    },
    /// One kernel of [`Job::Kernels`] is done.
    Kernel {
        /// What it came to.
        checked: Box<Checked>,
    },
    /// Answer to [`Job::Time`].
    Timing {
        /// The time.
        timing: Box<Timing>,
    },
    /// The end: nothing follows.
    Done,
    /// The end of a job that could not be done. Measurements sent before stay valid.
    Failed {
        /// Kind, which decides the exit code.
        kind: FailureKind,
        /// What went wrong, with the driver's code.
        error: String,
    },
}

/// Why a worker gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailureKind {
    /// No driver library.
    NoDriver,
    /// The driver is older than the kernels need.
    OldDriver,
    /// The driver sees no GPU.
    NoGpu,
    /// No image of ours runs on this architecture.
    UnknownArchitecture,
    /// The driver answered nonsense.
    Garbage,
    /// The GPU is lost (fell off the bus, reset needed, uncorrectable error).
    GpuLost,
    /// Any other error of the driver.
    Driver,
    /// An error of ours.
    Internal,
}
