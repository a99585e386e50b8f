//! What sources said of prices.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use crate::read::lease::Total;
use crate::read::{ReadError, Reader};

/// One tick. Decimals are text, times milliseconds since the epoch.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct TickRow {
    pub(crate) asset_name: String,
    pub(crate) quote_name: String,
    pub(crate) source_name: String,
    pub(crate) instrument_name: String,
    pub(crate) price_text: Option<String>,
    pub(crate) confidence_text: Option<String>,
    pub(crate) published_ms: Option<i64>,
    pub(crate) observed_ms: i64,
    pub(crate) at_height: u64,
    pub(crate) at_source_height: u64,
    pub(crate) status_word: String,
    pub(crate) why: String,
    pub(crate) evidence_word: String,
    pub(crate) entry: u64,
    pub(crate) entry_item: u32,
}

/// A good price with its age at a moment.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct PriceAtRow {
    pub(crate) asset_name: String,
    pub(crate) quote_name: String,
    pub(crate) source_name: String,
    pub(crate) instrument_name: String,
    pub(crate) price_text: String,
    pub(crate) confidence_text: Option<String>,
    pub(crate) published_ms: i64,
    pub(crate) observed_ms: i64,
    pub(crate) age_seconds: i64,
    pub(crate) at_height: u64,
    pub(crate) at_source_height: u64,
    pub(crate) evidence_word: String,
}

/// Which ticks to list; an empty text: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TickFilter {
    pub(crate) asset: String,
    pub(crate) source: String,
    pub(crate) status: String,
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
}

impl TickFilter {
    fn bind(&self, query: Query) -> Query {
        query
            .param("asset", &self.asset)
            .param("source", &self.source)
            .param("status", &self.status)
            .param("has_from", u8::from(self.from_ms.is_some()))
            .param("from_ms", self.from_ms.unwrap_or(0))
            .param("has_to", u8::from(self.to_ms.is_some()))
            .param("to_ms", self.to_ms.unwrap_or(0))
    }
}

/// The place of a tick in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TickPlace {
    pub(crate) observed_ms: i64,
    pub(crate) source: String,
    pub(crate) entry: u64,
    pub(crate) item: u32,
}

const PAGE: &str = concat!(
    include_str!("../../../sql/prices/tick_select.sql"),
    include_str!("../../../sql/prices/tick_filter.sql"),
    include_str!("../../../sql/prices/tick_page.sql")
);
const COUNT: &str = concat!(
    include_str!("../../../sql/prices/tick_count.sql"),
    include_str!("../../../sql/prices/tick_filter.sql")
);

impl Reader {
    /// At most `limit` ticks, newest first, after the one at `after`.
    pub(crate) async fn price_ticks(
        &self,
        network: &str,
        filter: &TickFilter,
        after: Option<&TickPlace>,
        limit: u32,
    ) -> Result<Vec<TickRow>, ReadError> {
        let query = filter
            .bind(self.query(PAGE, network))
            .param("has_after", u8::from(after.is_some()))
            .param("after_ms", after.map_or(0, |place| place.observed_ms))
            .param("after_source", after.map_or("", |place| place.source.as_str()))
            .param("after_entry", after.map_or(0, |place| place.entry))
            .param("after_item", after.map_or(0, |place| place.item))
            .param("limit", limit);
        Self::all(query).await
    }

    /// How many ticks the filter selects.
    pub(crate) async fn price_tick_count(&self, network: &str, filter: &TickFilter) -> Result<u64, ReadError> {
        let found: Option<Total> = Self::one(filter.bind(self.query(COUNT, network))).await?;
        Ok(found.map_or(0, |row| row.total))
    }

    /// The newest good price of each instrument of a source at a moment.
    pub(crate) async fn price_at(
        &self,
        network: &str,
        asset: &str,
        source: &str,
        at_ms: i64,
    ) -> Result<Vec<PriceAtRow>, ReadError> {
        let query = self
            .query(include_str!("../../../sql/prices/price_at.sql"), network)
            .param("asset", asset)
            .param("source", source)
            .param("at_ms", at_ms);
        Self::all(query).await
    }
}
