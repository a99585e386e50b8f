//! What the chain says beside what somebody reported.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use crate::read::lease::Total;
use crate::read::{ReadError, Reader};

/// One measure of one epoch: both numbers and their difference, as decimal text of whole tokens.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct ReconciliationRow {
    pub(crate) epoch: u32,
    pub(crate) measure_name: String,
    pub(crate) source_name: String,
    pub(crate) onchain: Option<String>,
    pub(crate) reported: Option<String>,
    pub(crate) difference: Option<String>,
    pub(crate) reason: String,
}

/// Which rows to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReconciliationFilter {
    pub(crate) epoch: Option<u32>,
    /// One measure; empty: all.
    pub(crate) measure: String,
}

impl ReconciliationFilter {
    fn bind(&self, query: Query) -> Query {
        query
            .param("has_epoch", u8::from(self.epoch.is_some()))
            .param("epoch", self.epoch.unwrap_or(0))
            .param("measure", &self.measure)
    }
}

const PAGE: &str = concat!(
    include_str!("../../../sql/render/reconciliation_select.sql"),
    include_str!("../../../sql/render/reconciliation_filter.sql"),
    include_str!("../../../sql/render/reconciliation_page.sql")
);
const COUNT: &str = concat!(
    include_str!("../../../sql/render/reconciliation_count.sql"),
    include_str!("../../../sql/render/reconciliation_filter.sql")
);

impl Reader {
    /// At most `limit` rows as of slot `as_of`, newest epoch first, after the one with epoch, measure and source `after`.
    pub(crate) async fn reconciliation(
        &self,
        network: &str,
        as_of: u64,
        filter: &ReconciliationFilter,
        after: Option<&(u32, String, String)>,
        limit: u32,
    ) -> Result<Vec<ReconciliationRow>, ReadError> {
        let query = filter
            .bind(self.query(PAGE, network))
            .param("as_of", as_of)
            .param("has_after", u8::from(after.is_some()))
            .param("after_epoch", after.map_or(0, |key| key.0))
            .param("after_measure", after.map_or("", |key| key.1.as_str()))
            .param("after_source", after.map_or("", |key| key.2.as_str()))
            .param("limit", limit);
        Self::all(query).await
    }

    /// How many rows the filter selects.
    pub(crate) async fn reconciliation_count(
        &self,
        network: &str,
        as_of: u64,
        filter: &ReconciliationFilter,
    ) -> Result<u64, ReadError> {
        let query = filter.bind(self.query(COUNT, network)).param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
