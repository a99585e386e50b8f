//! What is measured of a node rather than of one GPU.

use crate::samples::Samples;
use serde::{Deserialize, Serialize};

/// One GPU while all others work, beside the same GPU alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConcurrentGpu {
    /// Ordinal.
    pub ordinal: u32,
    /// The product alone, median TFLOP/s.
    pub gemm_alone: Option<f64>,
    /// The product while all others make it, too.
    pub gemm_together: Option<f64>,
    /// Reading alone, median GB/s.
    pub read_alone: Option<f64>,
    /// Reading while all others read, too.
    pub read_together: Option<f64>,
}

/// All GPUs at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrent {
    /// Share of the shortest run during which all GPUs worked, 0 to 1.
    pub overlap: f64,
    /// By GPU.
    pub gpus: Vec<ConcurrentGpu>,
}

/// One direction between two GPUs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerLink {
    /// Ordinal of the source.
    pub from: u32,
    /// Ordinal of the target.
    pub to: u32,
    /// Whether the driver lets one read the other's memory directly.
    pub direct: bool,
    /// Copies one way, GB/s.
    pub one_way: Samples,
    /// Copies both ways at once, sum, GB/s.
    pub both_ways: Samples,
    /// Time of a 4-byte copy, µs.
    pub latency_us: Samples,
    /// Whether the bytes arrived as sent.
    pub intact: bool,
}

/// Every ordered pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkMatrix {
    /// Size of one copy, bytes.
    pub copy_bytes: u64,
    /// The pairs, by `from`, then `to`.
    pub pairs: Vec<PeerLink>,
}

/// The way to a verifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkBaseline {
    /// Endpoint as given.
    pub verifier: String,
    /// Round trips of a small message; `median` and `p95` are the figures, ms.
    pub latency_ms: Samples,
    /// To the verifier, Mbit/s.
    pub up_mbps: Samples,
    /// From the verifier, Mbit/s.
    pub down_mbps: Samples,
}
