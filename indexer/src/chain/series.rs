//! Series: what pollers see, which is no function of a block.
//!
//! A poller writes documents; what is in them becomes rows here, so that rows stay a pure function of the archive.

use super::akash::provider_series::INVENTORY;
use super::prices::PRICES;
use super::rejected::Rejected;
use gridproof_store::batch::{Batch, Origin};

/// Derives the rows of one entry from its document. Pure: no clock, no I/O.
///
/// All rows carry a [`SeriesIdentity`](gridproof_store::batch::SeriesIdentity) with this `sequence`. What somebody else
/// said in the document is hostile and becomes a row that says what is wrong with it; an error is for documents that no
/// poller of ours wrote.
pub type DeriveEntry = fn(origin: Origin, sequence: u64, document: &[u8]) -> Result<Batch, Rejected>;

/// A kind of series.
#[derive(Clone, Copy, Debug)]
pub struct SeriesKind {
    /// Its stage, one of [`StageKey::SERIES`](gridproof_store::state_db::StageKey::SERIES).
    pub stage: &'static str,
    /// Version of the code that derives rows: it must change when the same document gives other rows.
    pub decoder: u32,
    /// Longest document, bytes.
    pub max_bytes: usize,
    /// How rows are derived.
    pub derive: DeriveEntry,
}

/// Every kind of series: what `reindex` and `verify` go through.
pub const SERIES: &[SeriesKind] = &[INVENTORY, PRICES];
