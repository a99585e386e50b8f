//! Table `blocks`: one row per height, with the digest of all its other fact rows.

use super::view::at;
use crate::chain::akash::model::Block;
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct BlockRow {
    /// Block hash, upper-case hex.
    pub hash: String,
    /// Hash of the block before.
    pub parent_hash: String,
    /// Proposer's consensus address, hex.
    pub proposer: String,
    /// Transactions.
    pub num_txs: u32,
    /// Those of them that failed.
    pub failed_txs: u32,
    /// Gas used by all of them.
    pub gas_used: u64,
    /// Fact rows of this height, without this one.
    pub rows: u64,
    /// XOR of their hashes.
    pub rows_xor: u64,
    /// Wrapping sum of their hashes.
    pub rows_sum: u64,
}

impl TableRow for BlockRow {
    const TABLE: &'static str = "blocks";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    let digest = batch.digest_at(block.header.height);
    let failed = block.txs.iter().filter(|tx| !tx.succeeded()).count();
    let row = BlockRow {
        hash: block.header.hash.clone(),
        parent_hash: block.header.parent_hash.clone(),
        proposer: block.header.proposer.clone(),
        num_txs: block.header.num_txs,
        failed_txs: u32::try_from(failed).unwrap_or(u32::MAX),
        gas_used: block.txs.iter().fold(0, |sum, tx| sum.saturating_add(tx.gas_used)),
        rows: digest.rows,
        rows_xor: digest.xor,
        rows_sum: digest.sum,
    };
    batch.push(&at(block), &row)
}
