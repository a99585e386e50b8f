//! Fact rows: what one block says, without any other block.
//!
//! One file per table: its row type and how its rows come from a block. To add a table: such a file, its
//! lines below (the module, the row type, [`TABLES`]), a migration. A fact never needs another height, so ranges derive in any order.

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
use gridproof_store::batch::{Batch, TableRow};
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
type Derive = fn(&Block, &mut Batch) -> Result<(), EncodeError>;

/// A fact table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns after the identity.
    pub columns: &'static [&'static str],
    derive: Derive,
}

const fn table<T: TableRow>(derive: Derive) -> Table {
    Table {
        name: T::TABLE,
        columns: T::COLUMN_NAMES,
        derive,
    }
}

/// Every fact table. `blocks` comes last: its row counts the rows of all others.
pub const TABLES: &[Table] = &[
    table::<TxFeeRow>(tx_fees::derive),
    table::<MintRow>(mint::derive),
    table::<EscrowTransferRow>(escrow_transfers::derive),
    table::<DeploymentEventRow>(deployment_events::derive),
    table::<GroupEventRow>(group_events::derive),
    table::<OrderEventRow>(order_events::derive),
    table::<BidEventRow>(bid_events::derive),
    table::<LeaseEventRow>(lease_events::derive),
    table::<ProviderEventRow>(provider_events::derive),
    table::<AuditEventRow>(audit_events::derive),
    table::<BmeEventRow>(bme_events::derive),
    table::<OracleEventRow>(oracle_events::derive),
    table::<UnknownTypeRow>(unknown_types::derive),
    table::<BlockRow>(blocks::derive),
];

/// Writes all fact rows of one block. Each height must be derived once per batch.
///
/// # Errors
/// The batch must be dropped then.
pub fn derive(block: &Block, batch: &mut Batch) -> Result<(), FactError> {
    let height = block.header.height;
    TABLES
        .iter()
        .try_for_each(|table| (table.derive)(block, batch))
        .map_err(|source| FactError::Encode { height, source })
}
