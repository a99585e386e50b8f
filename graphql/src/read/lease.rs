//! Leases as of a height: one, a page, and how many.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use super::{ReadError, Reader};

/// The chain's key of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseKey {
    pub(crate) owner: String,
    pub(crate) dseq: u64,
    pub(crate) gseq: u32,
    pub(crate) oseq: u32,
    pub(crate) provider: String,
    pub(crate) bseq: u32,
}

/// A lease as the state stage has it. Times are milliseconds since the epoch, prices decimal text.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct LeaseRow {
    pub(crate) owner: String,
    pub(crate) dseq: u64,
    pub(crate) gseq: u32,
    pub(crate) oseq: u32,
    pub(crate) provider: String,
    pub(crate) bseq: u32,
    pub(crate) lease_state: String,
    pub(crate) price_text: String,
    pub(crate) price_denom: String,
    pub(crate) created_at: u64,
    pub(crate) created_ms: Option<i64>,
    pub(crate) closed_on: u64,
    pub(crate) close_reason: String,
    pub(crate) close_reason_in_state: String,
    pub(crate) reclamation_json: String,
    pub(crate) cpu_milli: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) storage_bytes: u64,
    pub(crate) gpu_units: u64,
    pub(crate) vendor: String,
    pub(crate) model: String,
    pub(crate) ram: String,
    pub(crate) interface: String,
    pub(crate) resolved_by: String,
    pub(crate) row_origin: String,
}

impl LeaseRow {
    /// The key of this lease.
    pub(crate) fn key(&self) -> LeaseKey {
        LeaseKey {
            owner: self.owner.clone(),
            dseq: self.dseq,
            gseq: self.gseq,
            oseq: self.oseq,
            provider: self.provider.clone(),
            bseq: self.bseq,
        }
    }
}

/// Which leases to list; an empty text selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LeaseFilter {
    pub(crate) state: String,
    pub(crate) provider: String,
    pub(crate) owner: String,
    pub(crate) gpu_model: String,
}

impl LeaseFilter {
    fn bind(&self, query: Query) -> Query {
        query
            .param("state", &self.state)
            .param("provider", &self.provider)
            .param("owner", &self.owner)
            .param("gpu_model", &self.gpu_model)
    }
}

#[derive(Row, Deserialize)]
pub(crate) struct Total {
    pub(crate) total: u64,
}

const PAGE: &str = concat!(
    include_str!("../../sql/lease_select.sql"),
    include_str!("../../sql/lease_page.sql")
);
const ONE: &str = concat!(
    include_str!("../../sql/lease_select.sql"),
    include_str!("../../sql/lease_one.sql")
);

impl Reader {
    /// At most `limit` leases in the order newest first, after the lease with creation height and key `after`.
    pub(crate) async fn leases(
        &self,
        network: &str,
        as_of: u64,
        filter: &LeaseFilter,
        after: Option<&(u64, LeaseKey)>,
        limit: u32,
    ) -> Result<Vec<LeaseRow>, ReadError> {
        let nothing = (
            0,
            LeaseKey {
                owner: String::new(),
                dseq: 0,
                gseq: 0,
                oseq: 0,
                provider: String::new(),
                bseq: 0,
            },
        );
        let (created, key) = after.unwrap_or(&nothing);
        let query = filter
            .bind(self.query(PAGE, network))
            .param("as_of", as_of)
            .param("has_after", u8::from(after.is_some()))
            .param("after_created", created)
            .param("after_owner", &key.owner)
            .param("after_dseq", key.dseq)
            .param("after_gseq", key.gseq)
            .param("after_oseq", key.oseq)
            .param("after_provider", &key.provider)
            .param("after_bseq", key.bseq)
            .param("limit", limit);
        Self::all(query).await
    }

    /// The lease with this key, if it existed at `as_of`.
    pub(crate) async fn lease(&self, network: &str, as_of: u64, key: &LeaseKey) -> Result<Option<LeaseRow>, ReadError> {
        let query = self
            .query(ONE, network)
            .param("as_of", as_of)
            .param("owner", &key.owner)
            .param("dseq", key.dseq)
            .param("gseq", key.gseq)
            .param("oseq", key.oseq)
            .param("provider", &key.provider)
            .param("bseq", key.bseq);
        Self::one(query).await
    }

    /// How many leases the filter selects.
    pub(crate) async fn lease_count(&self, network: &str, as_of: u64, filter: &LeaseFilter) -> Result<u64, ReadError> {
        let query = filter
            .bind(self.query(include_str!("../../sql/lease_count.sql"), network))
            .param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
