//! Rows of networks of kind `render`: everything about a height is about a slot.

mod audit;
mod balance;
mod epoch;
mod event;
mod recipient;
mod reconciliation;
mod settlement;
mod slots;
mod work_period;

pub(crate) use audit::{AccountAuditRow, AccountFindingRow, SupplyAuditRow, UnexplainedRow};
pub(crate) use balance::BalanceRow;
pub(crate) use epoch::EpochRow;
pub(crate) use event::{EventFilter, EventPlace, EventRow};
pub(crate) use recipient::RecipientRow;
pub(crate) use reconciliation::{ReconciliationFilter, ReconciliationRow};
pub(crate) use settlement::{SettlementFilter, SettlementRow};
pub(crate) use work_period::{WorkPeriodFilter, WorkPeriodRow};

/// The identity of something that an instruction did: its place among the movements of the token. Indexes are −1 where
/// there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventKey {
    /// The slot.
    pub(crate) slot: u64,
    /// The transaction.
    pub(crate) signature: String,
    /// Top-level instruction.
    pub(crate) outer: i32,
    /// Inner instruction.
    pub(crate) inner: i32,
    /// Part of a batch.
    pub(crate) batch: i32,
}

impl EventKey {
    /// Fills the parameters `after_slot`, … of a query of events.
    fn bind(after: Option<&Self>, query: clickhouse::query::Query) -> clickhouse::query::Query {
        query
            .param("after_slot", after.map_or(0, |key| key.slot))
            .param("after_signature", after.map_or("", |key| key.signature.as_str()))
            .param("after_outer", after.map_or(0, |key| key.outer))
            .param("after_inner", after.map_or(0, |key| key.inner))
            .param("after_batch", after.map_or(0, |key| key.batch))
    }
}
