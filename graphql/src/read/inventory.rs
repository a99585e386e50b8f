//! What providers told about themselves, as of a height: all providers at once, for a page of them asks together.

use clickhouse::Row;
use serde::Deserialize;

use super::{ReadError, Reader};

/// One look at a provider.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct CheckRow {
    pub(crate) owner: String,
    pub(crate) observed_ms: i64,
    pub(crate) sequence: u64,
    pub(crate) via_word: String,
    pub(crate) online: u8,
    pub(crate) outcome_word: String,
    pub(crate) reason: String,
    pub(crate) latency_ms: Option<u32>,
    pub(crate) version: String,
    /// Whether it is new enough to say how the provider is at the end of the question's height.
    pub(crate) fresh: u8,
}

/// What a provider said last.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct SnapshotRow {
    pub(crate) owner: String,
    pub(crate) observed_ms: i64,
    pub(crate) via_word: String,
    pub(crate) leases: u32,
    pub(crate) nodes: u32,
    pub(crate) cpu_milli_allocatable: u64,
    pub(crate) cpu_milli_available: u64,
    pub(crate) memory_bytes_allocatable: u64,
    pub(crate) memory_bytes_available: u64,
    pub(crate) storage_bytes_allocatable: u64,
    pub(crate) storage_bytes_available: u64,
    pub(crate) gpu_allocatable: u32,
    pub(crate) gpu_available: u32,
    pub(crate) gpu_pending: u32,
    pub(crate) orders: u32,
    pub(crate) reclamation_window_s: Option<u64>,
    pub(crate) public_hostname: String,
}

/// A kind of GPU of a provider.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct GpuRow {
    pub(crate) owner: String,
    pub(crate) vendor: String,
    pub(crate) model: String,
    pub(crate) memory: String,
    pub(crate) interface: String,
    pub(crate) advertised: Option<u8>,
    pub(crate) inventory: Option<u32>,
    pub(crate) available: Option<u32>,
    pub(crate) measured: Option<u32>,
}

/// How long a provider was online.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct UptimeRow {
    pub(crate) owner: String,
    pub(crate) until_ms: i64,
    pub(crate) up_ms: u64,
    pub(crate) down_ms: u64,
    pub(crate) unknown_ms: i64,
    pub(crate) checks: u64,
}

impl Reader {
    /// The newest check of each provider.
    pub(crate) async fn latest_checks(&self, network: &str, as_of: u64) -> Result<Vec<CheckRow>, ReadError> {
        let sql = include_str!("../../sql/provider_latest_checks.sql");
        Self::all(self.query(sql, network).param("as_of", as_of)).await
    }

    /// The newest snapshot of each provider.
    pub(crate) async fn snapshots(&self, network: &str, as_of: u64) -> Result<Vec<SnapshotRow>, ReadError> {
        let sql = include_str!("../../sql/provider_snapshots.sql");
        Self::all(self.query(sql, network).param("as_of", as_of)).await
    }

    /// The GPUs of those snapshots.
    pub(crate) async fn provider_gpus(&self, network: &str, as_of: u64) -> Result<Vec<GpuRow>, ReadError> {
        let sql = include_str!("../../sql/provider_gpus.sql");
        Self::all(self.query(sql, network).param("as_of", as_of)).await
    }

    /// How long each provider was online over so many days.
    pub(crate) async fn uptimes(&self, network: &str, as_of: u64, days: u32) -> Result<Vec<UptimeRow>, ReadError> {
        let sql = include_str!("../../sql/provider_uptime.sql");
        let query = self.query(sql, network).param("as_of", as_of).param("days", days);
        Self::all(query).await
    }

    /// The newest checks of one provider, newest first.
    pub(crate) async fn checks_of(
        &self,
        network: &str,
        as_of: u64,
        owner: &str,
        limit: u32,
    ) -> Result<Vec<CheckRow>, ReadError> {
        let sql = include_str!("../../sql/provider_checks.sql");
        let query = self.query(sql, network).param("as_of", as_of).param("owner", owner);
        Self::all(query.param("limit", limit)).await
    }
}
