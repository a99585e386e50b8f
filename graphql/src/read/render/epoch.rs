//! Weekly epochs.

use clickhouse::Row;
use serde::Deserialize;

use crate::read::lease::Total;
use crate::read::{ReadError, Reader};

/// One epoch. Amounts are base units as text, times milliseconds since the epoch of Unix.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct EpochRow {
    pub(crate) epoch: u32,
    pub(crate) starts_ms: i64,
    pub(crate) ends_ms: i64,
    pub(crate) burned: String,
    pub(crate) other_burned: String,
    pub(crate) burned_usd: Option<String>,
    pub(crate) usd_source: String,
    pub(crate) minted_emission: String,
    pub(crate) minted_upgrade: String,
    pub(crate) job_payments: String,
    pub(crate) paid_work: String,
    pub(crate) paid_availability: String,
    pub(crate) paid_compute: String,
    pub(crate) paid: String,
    pub(crate) grants: String,
    pub(crate) treasury: String,
    pub(crate) market: String,
    pub(crate) unknown: String,
    pub(crate) recipients: u64,
    pub(crate) new_recipients: u64,
    pub(crate) lost_recipients: u64,
    pub(crate) settlements: u64,
    pub(crate) is_complete: u8,
    pub(crate) is_final: u8,
}

const PAGE: &str = concat!(
    include_str!("../../../sql/render/epoch_select.sql"),
    include_str!("../../../sql/render/epoch_page.sql")
);

impl Reader {
    /// At most `limit` epochs as of slot `as_of`, newest first, before the epoch `after`.
    pub(crate) async fn epochs(
        &self,
        network: &str,
        as_of: u64,
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<EpochRow>, ReadError> {
        let query = self
            .query(PAGE, network)
            .param("as_of", as_of)
            .param("has_after", u8::from(after.is_some()))
            .param("after_epoch", after.unwrap_or(0))
            .param("limit", limit);
        Self::all(query).await
    }

    /// How many epochs there are as of slot `as_of`.
    pub(crate) async fn epoch_count(&self, network: &str, as_of: u64) -> Result<u64, ReadError> {
        let query = self
            .query(include_str!("../../../sql/render/epoch_count.sql"), network)
            .param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
