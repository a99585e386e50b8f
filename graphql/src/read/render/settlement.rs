//! Burns that settle jobs.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use super::EventKey;
use crate::read::list::List;

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

/// Settlements, newest first.
impl List for SettlementFilter {
    type Row = SettlementRow;
    type Place = EventKey;
    const PAGE: &'static str = concat!(
        include_str!("../../../sql/render/settlement_select.sql"),
        include_str!("../../../sql/render/settlement_filter.sql"),
        include_str!("../../../sql/render/settlement_page.sql")
    );
    const COUNT: &'static str = concat!(
        include_str!("../../../sql/render/settlement_count.sql"),
        include_str!("../../../sql/render/settlement_filter.sql")
    );

    fn bind(&self, query: Query) -> Query {
        query
            .param("burn_wallet", &self.burn_wallet)
            .param("has_epoch", u8::from(self.epoch.is_some()))
            .param("epoch", self.epoch.unwrap_or(0))
            .param("from_ms", self.from_ms.unwrap_or(i64::MIN))
            .param("to_ms", self.to_ms.unwrap_or(i64::MAX))
    }

    fn bind_after(after: Option<&Self::Place>, query: Query) -> Query {
        EventKey::bind(after, query)
    }
}
