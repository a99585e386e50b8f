//! Rows of what the incumbent counts as spent.

use clickhouse::Row;
use serde::Deserialize;

use super::bucket::Buckets;
use super::coverage::Plan;
use super::{ReadError, Reader};

/// Spending of one denomination in one bucket, as decimal text.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub(crate) struct SpendRow {
    pub(crate) bucket: i64,
    pub(crate) denom: String,
    pub(crate) spent: String,
    pub(crate) spent_total: String,
    pub(crate) rate: String,
    pub(crate) active_leases: u64,
    pub(crate) since: u64,
}

impl Reader {
    /// Spending per bucket that has blocks, and denomination; only the state stage knows it.
    pub(crate) async fn accrued_spend(
        &self,
        network: &str,
        plan: Plan,
        buckets: &Buckets,
    ) -> Result<Vec<SpendRow>, ReadError> {
        let query = self
            .bucketed(include_str!("../../sql/accrued_spend.sql"), network, buckets)
            .param("low", plan.low)
            .param("as_of", plan.as_of);
        Self::all(query).await
    }
}
