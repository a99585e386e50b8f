//! The one form of a provider's status.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a provider says it has, uses and runs.
///
/// Lists are in a fixed order (nodes as served; kinds of GPU and classes of storage sorted), so that two equal inventories
/// are equal values. Texts are clipped and free of control characters. Amounts are integers: thousandths of a core, bytes,
/// whole GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderStatus {
    /// Active leases.
    pub leases: u32,
    /// Deployments with a manifest.
    pub deployments: u32,
    /// Orders that its bid engine looks at.
    pub orders: u32,
    /// Machines.
    pub nodes: Vec<Node>,
    /// Persistent storage by class.
    pub storage: Vec<StorageClass>,
    /// What leases hold.
    pub active: Reserved,
    /// What bids hold that have not won yet.
    pub pending: Reserved,
    /// Physical cards by kind, all nodes together, sorted; `None` where the shape does not name cards (REST).
    pub gpus: Option<Vec<GpuCount>>,
    /// Host names under which its tenants are reached.
    pub public_hostnames: Vec<String>,
    /// Errors that it reports about itself.
    pub errors: Vec<String>,
    /// How long a tenant has to leave when a lease is reclaimed, in seconds; `None` where it does not say.
    pub reclamation_window_s: Option<u64>,
    /// The account that it says it is (REST only). Not checked against anything here.
    pub address: Option<String>,
    /// Its own clock, milliseconds since the Unix epoch; `None` where the shape has none (REST). No part of
    /// [`Self::is_same`]: a provider repeats itself with a new time.
    pub reported_at_ms: Option<i64>,
}

impl ProviderStatus {
    /// Whether both say the same, whenever they were said.
    pub fn is_same(&self, other: &Self) -> bool {
        let timeless = |status: &Self| Self {
            reported_at_ms: None,
            ..status.clone()
        };
        self.reported_at_ms == other.reported_at_ms && self == other || timeless(self) == timeless(other)
    }

    /// Sums over all nodes. What is available is summed per node, so one node's overcommit takes nothing from another.
    pub fn totals(&self) -> Totals {
        let of = |pick: fn(&Resources) -> Amount| Total::sum(self.nodes.iter().map(|node| pick(&node.resources)));
        Totals {
            cpu_milli: of(|r| r.cpu_milli),
            memory_bytes: of(|r| r.memory_bytes),
            gpu: of(|r| r.gpu),
            ephemeral_bytes: of(|r| r.ephemeral_bytes),
            persistent_bytes: Total::sum(self.storage.iter().map(|class| class.bytes)),
        }
    }
}

/// One machine of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Node {
    /// Its name in the provider's cluster.
    pub name: String,
    /// What it has.
    pub resources: Resources,
    /// Its cards by kind, sorted; empty where the shape does not name cards.
    pub gpus: Vec<GpuCount>,
    /// Classes of persistent storage that it can attach.
    pub storage_classes: Vec<String>,
}

/// Amounts of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_milli: Amount,
    /// Bytes of memory.
    pub memory_bytes: Amount,
    /// Whole GPUs.
    pub gpu: Amount,
    /// Bytes of storage that goes with the lease.
    pub ephemeral_bytes: Amount,
}

/// What there is and what is taken. Both as served: a broken provider may say less than nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amount {
    /// What can be given away in all.
    pub allocatable: i64,
    /// What is given away.
    pub allocated: i64,
}

impl Amount {
    /// What is left: never below zero, as the incumbent counts, too.
    pub fn available(self) -> u64 {
        let left = (i128::from(self.allocatable) - i128::from(self.allocated)).max(0);
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// How much more is given away than there is; 0 where it is not.
    pub fn overcommitted(self) -> u64 {
        let over = (i128::from(self.allocated) - i128::from(self.allocatable)).max(0);
        u64::try_from(over).unwrap_or(u64::MAX)
    }
}

/// Persistent storage of one class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StorageClass {
    /// `beta1` (HDD), `beta2` (SSD), `beta3` (NVMe), or what the provider calls it.
    pub class: String,
    /// Bytes.
    pub bytes: Amount,
}

/// What is reserved, all nodes together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reserved {
    /// Number of reservations.
    pub count: u32,
    /// Thousandths of a core.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// Whole GPUs.
    pub gpu: i64,
    /// Bytes of storage that goes with the lease.
    pub ephemeral_bytes: i64,
    /// Bytes of persistent storage by class.
    pub storage_bytes: BTreeMap<String, i64>,
}

/// A kind of GPU, in the form in which advertised, served and measured cards are compared: lower case, empty where not
/// said. `nvidia`, `h100`, `80gi`, `sxm`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GpuKind {
    /// Vendor.
    pub vendor: String,
    /// Model.
    pub model: String,
    /// Memory.
    pub memory: String,
    /// Interface.
    pub interface: String,
}

/// Physical cards of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GpuCount {
    /// The kind, for comparison.
    pub kind: GpuKind,
    /// The same as the provider wrote it; of several writings the first in the order of bytes.
    pub served: GpuKind,
    /// How many cards.
    pub cards: u32,
}

/// Sums over all nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Thousandths of a core.
    pub cpu_milli: Total,
    /// Bytes of memory.
    pub memory_bytes: Total,
    /// Whole GPUs.
    pub gpu: Total,
    /// Bytes of storage that goes with a lease.
    pub ephemeral_bytes: Total,
    /// Bytes of persistent storage, all classes.
    pub persistent_bytes: Total,
}

/// A sum of amounts; a negative part counts as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// What can be given away in all.
    pub allocatable: u64,
    /// What is left.
    pub available: u64,
    /// How much more is given away than there is, on the nodes where it is.
    pub overcommitted: u64,
}

impl Total {
    fn sum(amounts: impl Iterator<Item = Amount>) -> Self {
        amounts.fold(Self::default(), |sum, amount| Self {
            allocatable: sum
                .allocatable
                .saturating_add(u64::try_from(amount.allocatable).unwrap_or(0)),
            available: sum.available.saturating_add(amount.available()),
            overcommitted: sum.overcommitted.saturating_add(amount.overcommitted()),
        })
    }
}

impl std::ops::Add for Total {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            allocatable: self.allocatable.saturating_add(other.allocatable),
            available: self.available.saturating_add(other.available),
            overcommitted: self.overcommitted.saturating_add(other.overcommitted),
        }
    }
}
