//! What each recipient was paid in each weekly epoch.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use crate::read::list::List;

/// One recipient and epoch. Amounts are base units as text, times milliseconds since the epoch.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct WorkPeriodRow {
    pub(crate) epoch: u32,
    pub(crate) recipient: String,
    pub(crate) starts_ms: i64,
    pub(crate) ends_ms: i64,
    pub(crate) pays_for: Vec<u32>,
    pub(crate) paid_work: String,
    pub(crate) paid_availability: String,
    pub(crate) paid_compute: String,
    pub(crate) paid: String,
    pub(crate) payouts: u64,
    pub(crate) first_paid_ms: i64,
    pub(crate) last_paid_ms: i64,
    pub(crate) evidence_word: String,
}

/// Which periods to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WorkPeriodFilter {
    pub(crate) epoch: Option<u32>,
    /// Owner that was paid; empty: every one.
    pub(crate) recipient: String,
}

/// Work periods, newest epoch first; the place is epoch and recipient.
impl List for WorkPeriodFilter {
    type Row = WorkPeriodRow;
    type Place = (u32, String);
    const PAGE: &'static str = concat!(
        include_str!("../../../sql/render/work_period_select.sql"),
        include_str!("../../../sql/render/work_period_filter.sql"),
        include_str!("../../../sql/render/work_period_page.sql")
    );
    const COUNT: &'static str = concat!(
        include_str!("../../../sql/render/work_period_count.sql"),
        include_str!("../../../sql/render/work_period_filter.sql")
    );

    fn bind(&self, query: Query) -> Query {
        query
            .param("has_epoch", u8::from(self.epoch.is_some()))
            .param("epoch", self.epoch.unwrap_or(0))
            .param("recipient", &self.recipient)
    }

    fn bind_after(after: Option<&Self::Place>, query: Query) -> Query {
        query
            .param("after_epoch", after.map_or(0, |(epoch, _)| *epoch))
            .param("after_recipient", after.map_or("", |(_, recipient)| recipient.as_str()))
    }
}
