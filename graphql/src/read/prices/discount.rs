//! The network's price of a GPU hour beside dated prices of clouds.

use clickhouse::Row;
use serde::Deserialize;

use crate::read::{ReadError, Reader};

/// One comparison. Decimals are text.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct DiscountRow {
    pub(crate) denom_name: String,
    pub(crate) price_source_name: String,
    pub(crate) price_instrument_name: String,
    pub(crate) network_text: String,
    pub(crate) sample: u64,
    pub(crate) block_count: u64,
    pub(crate) block_span_ms: i64,
    pub(crate) ratio_text: String,
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

/// Which comparisons to make; an empty text: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DiscountFilter {
    pub(crate) gpu: String,
    pub(crate) provider: String,
    pub(crate) price_model: String,
    pub(crate) row_id: String,
    pub(crate) price_source: String,
}

impl Reader {
    /// The comparisons as of height `as_of`; one more than 500 at most.
    pub(crate) async fn discounts(
        &self,
        network: &str,
        as_of: u64,
        filter: &DiscountFilter,
    ) -> Result<Vec<DiscountRow>, ReadError> {
        let query = self
            .query(include_str!("../../../sql/prices/discounts.sql"), network)
            .param("as_of", as_of)
            .param("gpu", &filter.gpu)
            .param("provider", &filter.provider)
            .param("price_model", &filter.price_model)
            .param("row_id", &filter.row_id)
            .param("price_source", &filter.price_source);
        Self::all(query).await
    }
}
