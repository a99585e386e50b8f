//! Rows of the series, without the identity.

use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::{Deserialize, Serialize};

/// One look at one provider.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ProviderCheckRow {
    /// Account.
    pub owner: String,
    /// Address as the chain has it.
    pub host_uri: String,
    /// `stream`, `grpc`, `rest`; empty: none answered.
    pub via: String,
    /// 1: it told its status.
    pub online: u8,
    /// `ok`, or the code of the refusal.
    pub outcome: String,
    /// The refusal in words; empty for `ok`.
    pub reason: String,
    /// From the request to the last byte of the answer; null for what a stream sends on its own.
    pub latency_ms: Option<u32>,
    /// Version of its software, empty where it does not say.
    pub version: String,
}

impl TableRow for ProviderCheckRow {
    const TABLE: &'static str = "provider_checks";
}

/// What a provider says it has, where that has changed. Sums over all its nodes.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ProviderSnapshotRow {
    /// Account.
    pub owner: String,
    /// Address as the chain has it.
    pub host_uri: String,
    /// `stream`, `grpc`, `rest`.
    pub via: String,
    /// Active leases.
    pub leases: u32,
    /// Machines.
    pub nodes: u32,
    /// Thousandths of a core.
    pub cpu_milli_allocatable: u64,
    /// Of these, free; never below zero on any node.
    pub cpu_milli_available: u64,
    /// Bytes of memory.
    pub memory_bytes_allocatable: u64,
    /// Of these, free.
    pub memory_bytes_available: u64,
    /// Bytes of storage, ephemeral and persistent.
    pub storage_bytes_allocatable: u64,
    /// Of these, free.
    pub storage_bytes_available: u64,
    /// GPUs.
    pub gpu_allocatable: u32,
    /// Of these, free.
    pub gpu_available: u32,
    /// GPUs that bids hold which have not won yet.
    pub gpu_pending: u32,
    /// Orders that its bid engine looks at.
    pub orders: u32,
    /// How long a tenant has to leave when a lease is reclaimed; null where it does not say.
    pub reclamation_window_s: Option<u64>,
    /// Name under which tenants are reached, the first of several.
    pub public_hostname: String,
}

impl TableRow for ProviderSnapshotRow {
    const TABLE: &'static str = "provider_snapshots";
}

/// One kind of GPU of a provider: advertised, in its inventory, measured.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ProviderGpuRow {
    /// Account.
    pub owner: String,
    /// Vendor, lower case.
    pub vendor: String,
    /// Model, lower case.
    pub model: String,
    /// Memory, such as `80gi`; empty where nobody says.
    pub memory: String,
    /// `sxm`, `pcie`; empty where nobody says.
    pub interface: String,
    /// 1: an attribute on the chain names it.
    pub advertised: Option<u8>,
    /// Cards in the status; null where the status does not name cards.
    pub inventory: Option<u32>,
    /// Of these, free; null where nodes with several kinds do not tell which are taken.
    pub available: Option<u32>,
    /// Cards that a probe has shown; null: no probe ran.
    pub measured: Option<u32>,
}

impl TableRow for ProviderGpuRow {
    const TABLE: &'static str = "provider_gpus";
}
