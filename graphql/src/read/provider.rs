//! Providers as of a height: one, a page, and how many.

use clickhouse::Row;
use serde::Deserialize;

use super::lease::Total;
use super::{ReadError, Reader};

/// A provider as the state stage has it.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct ProviderRow {
    pub(crate) owner: String,
    pub(crate) host_uri: String,
    pub(crate) email: String,
    pub(crate) website: String,
    pub(crate) created_at: u64,
    /// JSON list of `{key, value}` in chain order.
    pub(crate) attributes: String,
    pub(crate) row_origin: String,
    pub(crate) active_leases: u64,
    pub(crate) leased_gpus: u64,
    pub(crate) auditors: Vec<String>,
}

const PAGE: &str = concat!(
    include_str!("../../sql/provider_select.sql"),
    include_str!("../../sql/provider_page.sql")
);
const ONE: &str = concat!(
    include_str!("../../sql/provider_select.sql"),
    include_str!("../../sql/provider_one.sql")
);

impl Reader {
    /// At most `limit` providers, newest first, after the one with creation height and owner `after`.
    pub(crate) async fn providers(
        &self,
        network: &str,
        as_of: u64,
        after: Option<&(u64, String)>,
        limit: u32,
    ) -> Result<Vec<ProviderRow>, ReadError> {
        let query = self
            .query(PAGE, network)
            .param("as_of", as_of)
            .param("has_after", u8::from(after.is_some()))
            .param("after_created", after.map_or(0, |(created, _)| *created))
            .param("after_owner", after.map_or("", |(_, owner)| owner.as_str()))
            .param("limit", limit);
        Self::all(query).await
    }

    /// The provider with this address, if it was registered at `as_of`.
    pub(crate) async fn provider(
        &self,
        network: &str,
        as_of: u64,
        owner: &str,
    ) -> Result<Option<ProviderRow>, ReadError> {
        Self::one(self.query(ONE, network).param("as_of", as_of).param("owner", owner)).await
    }

    /// How many providers were registered at `as_of`.
    pub(crate) async fn provider_count(&self, network: &str, as_of: u64) -> Result<u64, ReadError> {
        let query = self
            .query(include_str!("../../sql/provider_count.sql"), network)
            .param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
