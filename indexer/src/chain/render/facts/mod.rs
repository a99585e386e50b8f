//! Fact rows: what the transactions of one slot say, without any other slot.
//!
//! One file per table: its row type and how its rows come from a transaction. To add a table: such a file, its lines below
//! (the module, the row type, [`TABLES`]), a migration.

mod balance_changes;
mod slots;
mod token_events;
mod transactions;
mod unknown_instructions;
mod view;

#[cfg(test)]
mod tests;

pub use balance_changes::BalanceChangeRow;
pub use slots::SlotRow;
pub use token_events::TokenEventRow;
pub use transactions::TransactionRow;
pub use unknown_instructions::UnknownInstructionRow;

use super::RenderRules;
use super::explain::{Place, TooFarApart};
use super::model::Slot;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use view::View;

/// Evidence of what a transaction itself says.
const ONCHAIN: &str = "onchain";

/// Why the facts of a slot could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FactError {
    /// A row has no RowBinary form.
    #[error("slot {slot}: a row could not be encoded")]
    Encode {
        /// Slot.
        slot: u64,
        /// Why.
        #[source]
        source: EncodeError,
    },
    /// Balances and instructions that cannot both be.
    #[error("slot {slot}, transaction {signature}")]
    Explain {
        /// Slot.
        slot: u64,
        /// Transaction.
        signature: String,
        /// Why.
        #[source]
        source: TooFarApart,
    },
    /// The mint has other decimals than the watch set says.
    #[error(
        "slot {slot}, transaction {signature}: the mint has {found} decimals, the watch set says {expected}; amounts would mean \
         something else: mend the watch set"
    )]
    Decimals {
        /// Slot.
        slot: u64,
        /// Transaction.
        signature: String,
        /// In the watch set.
        expected: u8,
        /// In the balances.
        found: u8,
    },
}

/// A fact table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns after the identity.
    pub columns: &'static [&'static str],
}

const fn table<T: TableRow>() -> Table {
    Table {
        name: T::TABLE,
        columns: T::COLUMN_NAMES,
    }
}

/// Every fact table.
pub const TABLES: [Table; 5] = [
    table::<SlotRow>(),
    table::<TransactionRow>(),
    table::<TokenEventRow>(),
    table::<BalanceChangeRow>(),
    table::<UnknownInstructionRow>(),
];

/// Writes all fact rows of one slot. Each slot must be derived once per batch.
///
/// # Errors
/// The batch must be dropped then.
pub fn derive(rules: &RenderRules, slot: &Slot, batch: &mut Batch) -> Result<(), FactError> {
    for transaction in &slot.transactions {
        let view = View::new(rules, slot.slot, transaction)?;
        rows_of(&view, batch).map_err(|source| FactError::Encode {
            slot: slot.slot,
            source,
        })?;
    }
    // Last: it counts the rows of all others.
    slots::derive(slot, batch).map_err(|source| FactError::Encode {
        slot: slot.slot,
        source,
    })
}

fn rows_of(view: &View<'_>, batch: &mut Batch) -> Result<(), EncodeError> {
    push(view, [(Place::WHOLE, transactions::row(view))], batch)?;
    push(view, token_events::rows(view), batch)?;
    push(view, balance_changes::rows(view), batch)?;
    push(view, unknown_instructions::rows(view), batch)
}

fn push<T: TableRow>(
    view: &View<'_>,
    rows: impl IntoIterator<Item = (Place, T)>,
    batch: &mut Batch,
) -> Result<(), EncodeError> {
    rows.into_iter()
        .try_for_each(|(place, row)| batch.push(&view.identity(place), &row))
}
