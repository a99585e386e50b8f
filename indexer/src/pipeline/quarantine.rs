//! Ranges that were set aside because of their data, each with its reason.

pub use crate::chain::{Fault, Rejected};

use gridproof_store::state_db::Span;

/// A range in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quarantined {
    /// Stage that rejected it.
    pub stage: String,
    /// Heights.
    pub range: Span,
    /// Kind of fault, height, and what exactly.
    pub reason: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
}
