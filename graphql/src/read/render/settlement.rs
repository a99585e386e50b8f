//! Burns that settle jobs.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use super::EventKey;
use crate::read::lease::Total;
use crate::read::{ReadError, Reader};

/// One burn out of a burn wallet. Times are milliseconds since the epoch.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct SettlementRow {
    pub(crate) slot: u64,
    pub(crate) time_ms: i64,
    pub(crate) tx_index: Option<u32>,
    pub(crate) signature: String,
    pub(crate) outer: i32,
    pub(crate) inner: i32,
    pub(crate) batch: i32,
    pub(crate) amount: u64,
    pub(crate) decimals: u8,
    pub(crate) burn_account: String,
    pub(crate) burn_wallet: String,
    pub(crate) authority: String,
    pub(crate) instruction_name: String,
    pub(crate) via_cpi: u8,
    pub(crate) via_batch: u8,
    pub(crate) memo: String,
    pub(crate) epoch: Option<u32>,
    pub(crate) evidence_word: String,
}

impl SettlementRow {
    /// The identity of this burn.
    pub(crate) fn key(&self) -> EventKey {
        EventKey {
            slot: self.slot,
            signature: self.signature.clone(),
            outer: self.outer,
            inner: self.inner,
            batch: self.batch,
        }
    }
}

/// Which burns to list; an empty text selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SettlementFilter {
    pub(crate) burn_wallet: String,
    pub(crate) epoch: Option<u32>,
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
}

impl SettlementFilter {
    fn bind(&self, query: Query) -> Query {
        query
            .param("burn_wallet", &self.burn_wallet)
            .param("has_epoch", u8::from(self.epoch.is_some()))
            .param("epoch", self.epoch.unwrap_or(0))
            .param("from_ms", self.from_ms.unwrap_or(i64::MIN))
            .param("to_ms", self.to_ms.unwrap_or(i64::MAX))
    }
}

const PAGE: &str = concat!(
    include_str!("../../../sql/render/settlement_select.sql"),
    include_str!("../../../sql/render/settlement_filter.sql"),
    include_str!("../../../sql/render/settlement_page.sql")
);
const COUNT: &str = concat!(
    include_str!("../../../sql/render/settlement_count.sql"),
    include_str!("../../../sql/render/settlement_filter.sql")
);

impl Reader {
    /// At most `limit` settlements up to slot `as_of`, newest first, after the one with the key `after`.
    pub(crate) async fn settlements(
        &self,
        network: &str,
        as_of: u64,
        filter: &SettlementFilter,
        after: Option<&EventKey>,
        limit: u32,
    ) -> Result<Vec<SettlementRow>, ReadError> {
        let query = EventKey::bind(after, filter.bind(self.query(PAGE, network)));
        Self::all(query.param("as_of", as_of).param("limit", limit)).await
    }

    /// How many settlements the filter selects.
    pub(crate) async fn settlement_count(
        &self,
        network: &str,
        as_of: u64,
        filter: &SettlementFilter,
    ) -> Result<u64, ReadError> {
        let query = filter.bind(self.query(COUNT, network)).param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
