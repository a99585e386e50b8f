//! Fact rows: what one block says, without any other block.
//!
//! One file per table: its row type and how its rows come from a block. To add a table: such a file, a
//! line in [`TABLES`], a migration. A fact never needs another height, so ranges derive in any order.

mod accounts;
mod audit_events;
mod bid_events;
mod blocks;
mod bme_events;
mod bme_fields;
mod deployment_events;
mod escrow_transfers;
mod group_events;
mod lease_events;
mod mint;
mod oracle_events;
mod order_events;
mod provider_events;
mod segment;
mod tx_fees;
mod unknown_types;
mod view;

#[cfg(test)]
mod tests;

pub use accounts::{BME, DISTRIBUTION, ESCROW};
pub use audit_events::AuditEventRow;
pub use bid_events::BidEventRow;
pub use blocks::BlockRow;
pub use bme_events::BmeEventRow;
pub use deployment_events::DeploymentEventRow;
pub use escrow_transfers::{EscrowTransferRow, TransferClass};
pub use group_events::GroupEventRow;
pub use lease_events::LeaseEventRow;
pub use mint::MintRow;
pub use oracle_events::OracleEventRow;
pub use order_events::OrderEventRow;
pub use provider_events::ProviderEventRow;
pub use tx_fees::TxFeeRow;
pub use unknown_types::UnknownTypeRow;

use crate::chain::akash::model::Block;
use gridproof_store::batch::Batch;
use gridproof_store::row_binary::EncodeError;

/// Why the facts of a block could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FactError {
    /// A row has no RowBinary form.
    #[error("height {height}: a row could not be encoded")]
    Encode {
        /// Height.
        height: u64,
        /// Why.
        #[source]
        source: EncodeError,
    },
}

/// Writes the rows of one table.
type Table = fn(&Block, &mut Batch) -> Result<(), EncodeError>;

/// Every fact table. `blocks` comes last: its row counts the rows of all others.
const TABLES: [Table; 14] = [
    tx_fees::derive,
    mint::derive,
    escrow_transfers::derive,
    deployment_events::derive,
    group_events::derive,
    order_events::derive,
    bid_events::derive,
    lease_events::derive,
    provider_events::derive,
    audit_events::derive,
    bme_events::derive,
    oracle_events::derive,
    unknown_types::derive,
    blocks::derive,
];

/// Writes all fact rows of one block. Each height must be derived once per batch.
///
/// # Errors
/// The batch must be dropped then.
pub fn derive(block: &Block, batch: &mut Batch) -> Result<(), FactError> {
    let height = block.header.height;
    TABLES
        .iter()
        .try_for_each(|table| table(block, batch))
        .map_err(|source| FactError::Encode { height, source })
}
