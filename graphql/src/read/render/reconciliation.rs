//! What the chain says beside what somebody reported.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use crate::read::list::List;

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

/// Rows, newest epoch first; the place is epoch, measure and source.
impl List for ReconciliationFilter {
    type Row = ReconciliationRow;
    type Place = (u32, String, String);
    const PAGE: &'static str = concat!(
        include_str!("../../../sql/render/reconciliation_select.sql"),
        include_str!("../../../sql/render/reconciliation_filter.sql"),
        include_str!("../../../sql/render/reconciliation_page.sql")
    );
    const COUNT: &'static str = concat!(
        include_str!("../../../sql/render/reconciliation_count.sql"),
        include_str!("../../../sql/render/reconciliation_filter.sql")
    );

    fn bind(&self, query: Query) -> Query {
        query
            .param("has_epoch", u8::from(self.epoch.is_some()))
            .param("epoch", self.epoch.unwrap_or(0))
            .param("measure", &self.measure)
    }

    fn bind_after(after: Option<&Self::Place>, query: Query) -> Query {
        query
            .param("after_epoch", after.map_or(0, |key| key.0))
            .param("after_measure", after.map_or("", |key| key.1.as_str()))
            .param("after_source", after.map_or("", |key| key.2.as_str()))
    }
}
