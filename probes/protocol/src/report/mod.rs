//! The report of one run: what was claimed, what was measured, with raw samples, and what was concluded.

mod inventory;
mod measurements;
mod node;
mod parse;

pub use inventory::{Architecture, DriverInfo, EccState, Inventory, MigState, NvLink, PciInfo, PowerLimits};
pub use measurements::{
    Bandwidth, Capacity, Census, ChasePoint, ClockMark, ExactCase, ExactWork, FmaRatios, Gemm, Heartbeat, Launch,
    Measurements, NvmlSample, PciExpress, Precision, SecondLevelCache, SmGap, SmLatency, Sustained,
};
pub use node::{Concurrent, ConcurrentGpu, LinkMatrix, NetworkBaseline, PeerLink};
pub use parse::{MAX_GPUS, MAX_REPORT_BYTES, ReportError};

use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// Name of this form of the report. A reader refuses every other.
pub const SCHEMA: &str = "gridproof.probe.report.v1";

/// A measurement that was made, or why it was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome<T> {
    /// It was made.
    Measured {
        /// Its result.
        result: T,
    },
    /// It was left out on purpose: not in this mode, no kernel of ours for the architecture, no second GPU.
    NotMeasured {
        /// Why, for a reader.
        reason: String,
    },
    /// It was tried and went wrong.
    Failed {
        /// What went wrong, with the driver's code where there is one.
        error: String,
    },
}

impl<T> Outcome<T> {
    /// The result of a measurement that was made.
    pub fn measured(&self) -> Option<&T> {
        match self {
            Self::Measured { result } => Some(result),
            Self::NotMeasured { .. } | Self::Failed { .. } => None,
        }
    }

    /// Left out, and why.
    pub fn not_measured(reason: impl Into<String>) -> Self {
        Self::NotMeasured { reason: reason.into() }
    }
}

impl<T> Default for Outcome<T> {
    fn default() -> Self {
        Self::not_measured("not reached")
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// About 40 seconds a GPU.
    Quick,
    /// About three minutes a GPU.
    Full,
}

/// One run of the probe on one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of the probe.
    pub probe_version: String,
    /// When the run began and ended, RFC 3339, UTC, by the node's clock.
    pub started_at: String,
    /// See `started_at`.
    pub finished_at: String,
    /// How much was measured.
    pub mode: Mode,
    /// SHA-256 (hex) of every kernel image that this probe carries, by file name.
    pub kernels: std::collections::BTreeMap<String, String>,
    /// SHA-256 (hex) of the table of models that the verdicts refer to.
    pub models_sha256: String,
    /// Driver as it presents itself.
    pub driver: DriverInfo,
    /// The GPUs, in the order of the driver's ordinals.
    pub gpus: Vec<GpuReport>,
    /// All GPUs at once, beside each alone.
    pub concurrent: Outcome<Concurrent>,
    /// Bandwidth and latency between every pair of GPUs.
    pub links: Outcome<LinkMatrix>,
    /// Latency and bandwidth to a verifier.
    pub network: Outcome<NetworkBaseline>,
}

/// One GPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuReport {
    /// What driver and NVML say of it. A claim, never evidence.
    pub inventory: Inventory,
    /// Key of the model (`models.toml`) that the operator says it is; `None` takes it from the inventory.
    pub claimed_model: Option<String>,
    /// What was measured.
    pub measurements: Measurements,
    /// What follows from it.
    pub verdict: Verdict,
}
