//! What each recipient was paid in each weekly epoch.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use crate::read::lease::Total;
use crate::read::{ReadError, Reader};

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

impl WorkPeriodFilter {
    fn bind(&self, query: Query) -> Query {
        query
            .param("has_epoch", u8::from(self.epoch.is_some()))
            .param("epoch", self.epoch.unwrap_or(0))
            .param("recipient", &self.recipient)
    }
}

const PAGE: &str = concat!(
    include_str!("../../../sql/render/work_period_select.sql"),
    include_str!("../../../sql/render/work_period_filter.sql"),
    include_str!("../../../sql/render/work_period_page.sql")
);
const COUNT: &str = concat!(
    include_str!("../../../sql/render/work_period_count.sql"),
    include_str!("../../../sql/render/work_period_filter.sql")
);

impl Reader {
    /// At most `limit` work periods as of slot `as_of`, newest epoch first, after the one with the key `after`.
    pub(crate) async fn work_periods(
        &self,
        network: &str,
        as_of: u64,
        filter: &WorkPeriodFilter,
        after: Option<&(u32, String)>,
        limit: u32,
    ) -> Result<Vec<WorkPeriodRow>, ReadError> {
        let query = filter
            .bind(self.query(PAGE, network))
            .param("as_of", as_of)
            .param("has_after", u8::from(after.is_some()))
            .param("after_epoch", after.map_or(0, |(epoch, _)| *epoch))
            .param("after_recipient", after.map_or("", |(_, recipient)| recipient.as_str()))
            .param("limit", limit);
        Self::all(query).await
    }

    /// How many work periods the filter selects.
    pub(crate) async fn work_period_count(
        &self,
        network: &str,
        as_of: u64,
        filter: &WorkPeriodFilter,
    ) -> Result<u64, ReadError> {
        let query = filter.bind(self.query(COUNT, network)).param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
