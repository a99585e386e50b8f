//! Owners of token accounts that payout wallets paid: the providers of Render.

use clickhouse::Row;
use serde::Deserialize;

use crate::read::lease::Total;
use crate::read::{ReadError, Reader};

/// One recipient. Amounts are base units as text.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct RecipientRow {
    pub(crate) owner: String,
    /// Null where the payouts fall outside the table of epochs.
    pub(crate) first_epoch: Option<u32>,
    pub(crate) last_epoch: Option<u32>,
    pub(crate) epochs_paid: u64,
    pub(crate) paid_work: String,
    pub(crate) paid_availability: String,
    pub(crate) paid_compute: String,
    pub(crate) paid: String,
    pub(crate) payouts: u64,
    pub(crate) accounts: u64,
    pub(crate) evidence_word: String,
}

impl RecipientRow {
    /// The number that orders the list.
    pub(crate) fn place(&self) -> u64 {
        self.first_epoch.map_or(0, u64::from)
    }
}

const PAGE: &str = concat!(
    include_str!("../../../sql/render/recipient_select.sql"),
    include_str!("../../../sql/render/recipient_page.sql")
);
const ONE: &str = concat!(
    include_str!("../../../sql/render/recipient_select.sql"),
    include_str!("../../../sql/render/recipient_one.sql")
);

impl Reader {
    /// At most `limit` recipients, newest first, after the one with first epoch and owner `after`.
    pub(crate) async fn recipients(
        &self,
        network: &str,
        as_of: u64,
        after: Option<&(u64, String)>,
        limit: u32,
    ) -> Result<Vec<RecipientRow>, ReadError> {
        let query = self
            .query(PAGE, network)
            .param("as_of", as_of)
            .param("has_after", u8::from(after.is_some()))
            .param("after_epoch", after.map_or(0, |(epoch, _)| *epoch))
            .param("after_owner", after.map_or("", |(_, owner)| owner.as_str()))
            .param("limit", limit);
        Self::all(query).await
    }

    /// The recipient with this address, if it was paid up to `as_of`.
    pub(crate) async fn recipient(
        &self,
        network: &str,
        as_of: u64,
        owner: &str,
    ) -> Result<Option<RecipientRow>, ReadError> {
        Self::one(self.query(ONE, network).param("as_of", as_of).param("owner", owner)).await
    }

    /// How many recipients were paid up to `as_of`.
    pub(crate) async fn recipient_count(&self, network: &str, as_of: u64) -> Result<u64, ReadError> {
        let query = self
            .query(include_str!("../../../sql/render/recipient_count.sql"), network)
            .param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
