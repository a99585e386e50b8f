//! The series `inventory`: what providers answered when they were asked for their status, as documents and as rows. Pure.
//!
//! A document is text: a line that says where the chain stood, then one line per check, in the order in which the answers
//! came. A check holds the status only where it differs from the one before; a provider that says the same again and again
//! costs a line.

mod derive;
mod rows;
#[cfg(test)]
mod tests;

pub use rows::{ProviderCheckRow, ProviderGpuRow, ProviderSnapshotRow};

use super::inventory::{GpuKind, ProviderStatus};
use crate::chain::SeriesKind;
use gridproof_store::state_db::StageKey;
use serde::{Deserialize, Serialize};

/// Version of the code that derives rows; raise it when the same document gives other rows.
const DECODER: u32 = 1;
/// Longest document. A check with a status is at most a few hundred KiB, for an answer is at most 256 KiB.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;
/// Outcome of a check that found the provider alive.
pub const OK: &str = "ok";
/// Outcome of a provider whose address a newer registration has taken: nobody asked it.
pub const SHADOWED: &str = "shadowed";

/// The kind of series: how its documents become rows.
pub const INVENTORY: SeriesKind = SeriesKind {
    stage: StageKey::INVENTORY,
    decoder: DECODER,
    max_bytes: MAX_DOCUMENT_BYTES,
    derive: derive::derive,
};

/// First line of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Newest height of the network that was committed then; 0: none.
    pub height: u64,
}

/// Every other line: one look at one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Our clock when the answer was complete, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Account of the provider.
    pub owner: String,
    /// Its address as the chain has it.
    pub host_uri: String,
    /// What came of it.
    pub answer: Answer,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// The provider told its status.
    Alive {
        /// `stream`, `grpc` or `rest`.
        via: String,
        /// From the request to the last byte of the answer; none for what a stream sends on its own.
        latency_ms: Option<u32>,
        /// Version of its software, empty where it does not say.
        version: String,
        /// What it has, where that differs from what it said before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<Box<Told>>,
    },
    /// There is no status.
    Refused {
        /// Code of the refusal.
        code: String,
        /// What happened, in words.
        reason: String,
    },
}

/// A status beside what the provider advertises on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Kinds of GPU that its attributes name.
    pub advertised: Vec<GpuKind>,
    /// What it says it has.
    pub status: ProviderStatus,
}
