//! Table `render_slots`: one row per slot, with the digest of all its other fact rows.

use super::ONCHAIN;
use super::view::count;
use crate::chain::render::explain::Place;
use crate::chain::render::model::Slot;
use clickhouse::Row;
use gridproof_store::batch::{Batch, SolanaIdentity, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A slot. Its block time is 1970 where it has no transaction and no node knew the time.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct SlotRow {
    /// Transactions that name a followed address.
    pub transactions: u32,
    /// Those of them that failed.
    pub failed: u32,
    /// Fact rows of this slot, without this one.
    pub rows: u64,
    /// XOR of their hashes.
    pub rows_xor: u64,
    /// Wrapping sum of their hashes.
    pub rows_sum: u64,
    /// Of the last slot of a range: its first.
    pub window_from: Option<u64>,
    /// Of the last slot of a range: the addresses that were listed without a hole.
    pub accounts: Vec<String>,
    /// `onchain`.
    pub evidence: String,
}

impl TableRow for SlotRow {
    const TABLE: &'static str = "render_slots";
}

pub(super) fn derive(slot: &Slot, batch: &mut Batch) -> Result<(), EncodeError> {
    let digest = batch.digest_at(slot.slot);
    let failed = slot.transactions.iter().filter(|one| one.error.is_some()).count();
    let row = SlotRow {
        transactions: count(slot.transactions.len()),
        failed: count(failed),
        rows: digest.rows,
        rows_xor: digest.xor,
        rows_sum: digest.sum,
        window_from: slot.window.as_ref().map(|window| window.from),
        accounts: slot
            .window
            .as_ref()
            .map(|window| window.addresses.clone())
            .unwrap_or_default(),
        evidence: ONCHAIN.to_owned(),
    };
    let identity = SolanaIdentity {
        slot: slot.slot,
        block_time_ms: slot.block_time.unwrap_or_default() * 1_000,
        signature: String::new(),
        outer: Place::WHOLE.outer,
        inner: Place::WHOLE.inner,
        batch: Place::WHOLE.batch,
        tx_index: None,
    };
    batch.push(&identity, &row)
}
