//! Dated prices of clouds.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use crate::read::lease::Total;
use crate::read::{ReadError, Reader};

/// One dated price. Decimals are text; the day is `YYYY-MM-DD`.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct ReferenceRow {
    pub(crate) row_name: String,
    pub(crate) provider_name: String,
    pub(crate) sku_name: String,
    pub(crate) gpu_name: String,
    pub(crate) gpu_memory_text: String,
    pub(crate) gpu_count: u16,
    pub(crate) region_name: String,
    pub(crate) model: String,
    pub(crate) hour_text: String,
    pub(crate) gpu_hour_text: String,
    pub(crate) as_of_day: String,
    pub(crate) age_days: i64,
    pub(crate) source: String,
    pub(crate) url: String,
    pub(crate) kind: String,
    pub(crate) note_text: String,
}

/// Which rows to list; an empty text: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReferenceFilter {
    pub(crate) gpu: String,
    pub(crate) provider: String,
    pub(crate) price_model: String,
    pub(crate) region: String,
}

impl ReferenceFilter {
    fn bind(&self, query: Query) -> Query {
        query
            .param("gpu", &self.gpu)
            .param("provider", &self.provider)
            .param("price_model", &self.price_model)
            .param("region", &self.region)
    }
}

/// The place of a row in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReferencePlace {
    pub(crate) day: String,
    pub(crate) row_id: String,
}

const PAGE: &str = concat!(
    include_str!("../../../sql/prices/reference_select.sql"),
    include_str!("../../../sql/prices/reference_filter.sql"),
    include_str!("../../../sql/prices/reference_page.sql")
);
const COUNT: &str = concat!(
    include_str!("../../../sql/prices/reference_count.sql"),
    include_str!("../../../sql/prices/reference_filter.sql")
);

impl Reader {
    /// At most `limit` dated prices, newest first, after the one at `after`; ages at `now_ms`.
    pub(crate) async fn reference_prices(
        &self,
        filter: &ReferenceFilter,
        now_ms: i64,
        after: Option<&ReferencePlace>,
        limit: u32,
    ) -> Result<Vec<ReferenceRow>, ReadError> {
        let query = filter
            .bind(self.query(PAGE, ""))
            .param("now_ms", now_ms)
            .param("has_after", u8::from(after.is_some()))
            .param("after_day", after.map_or("", |place| place.day.as_str()))
            .param("after_row", after.map_or("", |place| place.row_id.as_str()))
            .param("limit", limit);
        Self::all(query).await
    }

    /// How many dated prices the filter selects.
    pub(crate) async fn reference_price_count(&self, filter: &ReferenceFilter) -> Result<u64, ReadError> {
        let found: Option<Total> = Self::one(filter.bind(self.query(COUNT, ""))).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
