//! What providers told when they were asked for their status: inventory, GPUs, uptime, checks.

use std::collections::BTreeMap;

use async_graphql::SimpleObject;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use super::definitions::{CHECKS, GPUS, INVENTORY, UPTIME};
use super::error::ApiError;
use super::evidence::Evidence;
use super::scalars::{BigInt, moment};
use crate::read::Reader;
use crate::read::inventory::{CheckRow, GpuRow, SnapshotRow, UptimeRow};

/// The numbers of days of which uptimes are kept, in the order of their cells.
const DAYS: [u32; 3] = [1, 7, 30];

/// What there is of a resource, all machines of a provider together.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(name = "ResourceAmount")]
pub(crate) struct ResourceAmount {
    /// What can be given to tenants in all.
    allocatable: BigInt,
    /// What is free; never below zero on any machine.
    available: BigInt,
}

/// What a provider says it has. It is the provider's word: nobody checked it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ProviderInventory")]
pub(crate) struct ProviderInventory {
    /// What this is.
    definition: &'static str,
    /// How we know it.
    evidence: Evidence,
    /// Our clock when the provider said so.
    observed_at: OffsetDateTime,
    /// Whether it was online when it was asked last, at most twenty minutes before the newest check of all providers.
    online: bool,
    /// How it was asked: `stream`, `grpc` or `rest`.
    via: String,
    /// Version of its software; null when it does not say.
    version: Option<String>,
    /// Machines: the sample size of the amounts.
    nodes: u32,
    /// Leases that it runs.
    leases: u32,
    /// Orders that its bid engine looks at.
    orders: u32,
    /// Thousandths of a core.
    cpu_milli: ResourceAmount,
    /// Bytes.
    memory_bytes: ResourceAmount,
    /// Bytes, ephemeral and persistent.
    storage_bytes: ResourceAmount,
    /// Cards.
    gpu: ResourceAmount,
    /// Cards that bids hold which have not won yet.
    gpu_pending: u32,
    /// Seconds that a tenant has to leave when a lease is reclaimed; null when it does not say.
    reclamation_window_s: Option<u64>,
    /// Name under which its tenants are reached; null when it does not say.
    public_hostname: Option<String>,
}

/// A kind of GPU of a provider: named on the chain, in its inventory, shown by a probe.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ProviderGpu")]
pub(crate) struct ProviderGpu {
    /// Vendor, lower case.
    vendor: String,
    /// Model, lower case.
    model: String,
    /// Memory, such as `80gi`; null when nobody says.
    memory: Option<String>,
    /// `sxm` or `pcie`; null when nobody says.
    interface: Option<String>,
    /// Whether the provider's attributes on the chain name it.
    advertised: Option<bool>,
    /// Cards in its status; null when the status does not name cards.
    inventory: Option<u32>,
    /// Of these, free; null when its machines do not tell which cards are free.
    available: Option<u32>,
    /// Cards that a probe has shown; null when no probe ran.
    measured: Option<u32>,
}

/// The GPUs of a provider.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ProviderGpus")]
pub(crate) struct ProviderGpus {
    /// What this is.
    definition: &'static str,
    /// The unit of the counts.
    unit: &'static str,
    /// How we know it.
    evidence: Evidence,
    /// One per kind, sorted.
    kinds: Vec<ProviderGpu>,
}

/// How long a provider was online.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ProviderUptime")]
pub(crate) struct ProviderUptime {
    /// What this is and how it is computed.
    definition: &'static str,
    /// The unit of `value`.
    unit: &'static str,
    /// How we know it.
    evidence: Evidence,
    /// Share of the known time in which it was online, cut at six places; null when nothing is known.
    value: Option<String>,
    /// Seconds online.
    up_seconds: u64,
    /// Seconds not online.
    down_seconds: u64,
    /// Seconds of which nothing is known; neither up nor down.
    unknown_seconds: u64,
    /// Checks that the time comes from.
    sample_size: u64,
    /// End of the days.
    until: OffsetDateTime,
}

/// One look at a provider.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ProviderCheck")]
pub(crate) struct ProviderCheck {
    /// Our clock when the answer was complete.
    observed_at: OffsetDateTime,
    /// Whether it told its status.
    online: bool,
    /// `ok`, or the code of the refusal; `shadowed`: a newer registration has the same address, so nobody asked.
    outcome: String,
    /// The refusal in words; null when there is none. It may quote the provider.
    reason: Option<String>,
    /// How it answered: `stream`, `grpc` or `rest`; null when it did not.
    via: Option<String>,
    /// From the request to the last byte of the answer; null for what a stream sends on its own.
    latency_ms: Option<u32>,
    /// Version of its software; null when it does not say.
    version: Option<String>,
    /// Number of the archived entry that it comes from.
    sequence: u64,
}

/// The newest checks of a provider.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ProviderChecks")]
pub(crate) struct ProviderChecks {
    /// What this is.
    definition: &'static str,
    /// How we know it.
    evidence: Evidence,
    /// Newest first.
    nodes: Vec<ProviderCheck>,
}

/// What was observed of the providers of one network as of a height: read once for all providers of a page.
#[derive(Debug)]
pub(crate) struct Observed {
    network: String,
    as_of: u64,
    checks: OnceCell<BTreeMap<String, CheckRow>>,
    snapshots: OnceCell<BTreeMap<String, SnapshotRow>>,
    gpus: OnceCell<BTreeMap<String, Vec<GpuRow>>>,
    uptimes: [OnceCell<BTreeMap<String, UptimeRow>>; 3],
}

impl Observed {
    /// Nothing is read yet.
    pub(crate) fn new(network: &str, as_of: u64) -> Self {
        Self {
            network: network.to_owned(),
            as_of,
            checks: OnceCell::new(),
            snapshots: OnceCell::new(),
            gpus: OnceCell::new(),
            uptimes: std::array::from_fn(|_| OnceCell::new()),
        }
    }

    /// Why there is nothing about this provider; `None` where there is something.
    pub(crate) async fn missing(&self, reader: &Reader, owner: &str) -> Result<Option<String>, ApiError> {
        let (network, checks) = (&self.network, self.checks(reader).await?);
        Ok(match checks.get(owner) {
            Some(check) if check.outcome_word == SHADOWED => {
                Some("a newer registration has the same address: that one is asked, this one is not".to_owned())
            }
            Some(_) => None,
            None if checks.is_empty() => Some(format!(
                "no provider of {network} was asked for its status up to this block: the inventory is off for recordings and \
                 where `[network.inventory] enabled = false`, and knows nothing of times before it was on"
            )),
            None => Some("this provider was not asked for its status up to this block".to_owned()),
        })
    }

    pub(crate) async fn inventory(&self, reader: &Reader, owner: &str) -> Result<Option<ProviderInventory>, ApiError> {
        let read = async {
            let rows = reader.snapshots(&self.network, self.as_of).await?;
            Ok::<_, ApiError>(rows.into_iter().map(|row| (row.owner.clone(), row)).collect())
        };
        let Some(row) = self.snapshots.get_or_try_init(|| read).await?.get(owner) else {
            return Ok(None);
        };
        let check = self.checks(reader).await?.get(owner);
        let amount = |allocatable: u64, available: u64| ResourceAmount {
            allocatable: BigInt::from(allocatable),
            available: BigInt::from(available),
        };
        Ok(Some(ProviderInventory {
            definition: INVENTORY.text,
            evidence: INVENTORY.evidence,
            observed_at: moment(row.observed_ms),
            online: check.is_some_and(|check| check.online == 1 && check.fresh == 1),
            via: row.via_word.clone(),
            version: check.and_then(|check| text(&check.version)),
            nodes: row.nodes,
            leases: row.leases,
            orders: row.orders,
            cpu_milli: amount(row.cpu_milli_allocatable, row.cpu_milli_available),
            memory_bytes: amount(row.memory_bytes_allocatable, row.memory_bytes_available),
            storage_bytes: amount(row.storage_bytes_allocatable, row.storage_bytes_available),
            gpu: amount(u64::from(row.gpu_allocatable), u64::from(row.gpu_available)),
            gpu_pending: row.gpu_pending,
            reclamation_window_s: row.reclamation_window_s,
            public_hostname: text(&row.public_hostname),
        }))
    }

    pub(crate) async fn gpus(&self, reader: &Reader, owner: &str) -> Result<Option<ProviderGpus>, ApiError> {
        let read = async {
            let mut all: BTreeMap<String, Vec<GpuRow>> = BTreeMap::new();
            for row in reader.provider_gpus(&self.network, self.as_of).await? {
                all.entry(row.owner.clone()).or_default().push(row);
            }
            Ok::<_, ApiError>(all)
        };
        // A provider that told its status and has no kind of GPU has an empty list, not null.
        if self.inventory(reader, owner).await?.is_none() {
            return Ok(None);
        }
        let rows = self.gpus.get_or_try_init(|| read).await?.get(owner);
        Ok(Some(ProviderGpus {
            definition: GPUS.text,
            unit: GPUS.unit,
            evidence: GPUS.evidence,
            kinds: rows.into_iter().flatten().map(gpu).collect(),
        }))
    }

    pub(crate) async fn uptime(
        &self,
        reader: &Reader,
        owner: &str,
        days: i32,
    ) -> Result<Option<ProviderUptime>, ApiError> {
        let known = DAYS.iter().position(|known| i64::from(*known) == i64::from(days));
        let cell = known.ok_or_else(|| ApiError::BadInput("`days` is 1, 7 or 30".into()))?;
        let read = async {
            let rows = reader.uptimes(&self.network, self.as_of, DAYS[cell]).await?;
            Ok::<_, ApiError>(rows.into_iter().map(|row| (row.owner.clone(), row)).collect())
        };
        let rows = &self.uptimes[cell];
        Ok(rows.get_or_try_init(|| read).await?.get(owner).map(uptime))
    }

    pub(crate) async fn checks_of(
        &self,
        reader: &Reader,
        owner: &str,
        first: u32,
    ) -> Result<Option<ProviderChecks>, ApiError> {
        if !self.checks(reader).await?.contains_key(owner) {
            return Ok(None);
        }
        let rows = reader.checks_of(&self.network, self.as_of, owner, first).await?;
        Ok(Some(ProviderChecks {
            definition: CHECKS.text,
            evidence: CHECKS.evidence,
            nodes: rows.into_iter().map(check).collect(),
        }))
    }

    async fn checks(&self, reader: &Reader) -> Result<&BTreeMap<String, CheckRow>, ApiError> {
        let read = async {
            let rows = reader.latest_checks(&self.network, self.as_of).await?;
            Ok::<_, ApiError>(rows.into_iter().map(|row| (row.owner.clone(), row)).collect())
        };
        self.checks.get_or_try_init(|| read).await
    }
}

/// Outcome of a provider that nobody asked.
const SHADOWED: &str = "shadowed";

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn gpu(row: &GpuRow) -> ProviderGpu {
    ProviderGpu {
        vendor: row.vendor.clone(),
        model: row.model.clone(),
        memory: text(&row.memory),
        interface: text(&row.interface),
        advertised: row.advertised.map(|advertised| advertised == 1),
        inventory: row.inventory,
        available: row.available,
        measured: row.measured,
    }
}

fn uptime(row: &UptimeRow) -> ProviderUptime {
    let seconds = |ms: u64| ms / 1000;
    ProviderUptime {
        definition: UPTIME.text,
        unit: UPTIME.unit,
        evidence: UPTIME.evidence,
        value: share(row.up_ms, row.down_ms),
        up_seconds: seconds(row.up_ms),
        down_seconds: seconds(row.down_ms),
        unknown_seconds: seconds(u64::try_from(row.unknown_ms).unwrap_or(0)),
        sample_size: row.checks,
        until: moment(row.until_ms),
    }
}

/// `up / (up + down)`, six places, cut.
fn share(up: u64, down: u64) -> Option<String> {
    let (up, all) = (u128::from(up), u128::from(up) + u128::from(down));
    let millionths = (up * 1_000_000).checked_div(all)?;
    Some(format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000))
}

fn check(row: CheckRow) -> ProviderCheck {
    ProviderCheck {
        observed_at: moment(row.observed_ms),
        online: row.online == 1,
        reason: text(&row.reason),
        via: text(&row.via_word),
        version: text(&row.version),
        outcome: row.outcome_word,
        latency_ms: row.latency_ms,
        sequence: row.sequence,
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_cut_and_of_nothing_there_is_none() {
        assert_eq!(share(2, 1).as_deref(), Some("0.666666"));
        assert_eq!(share(5, 0).as_deref(), Some("1.000000"));
        assert_eq!(share(0, 5).as_deref(), Some("0.000000"));
        assert_eq!(share(0, 0), None);
        assert_eq!(share(u64::MAX, u64::MAX).as_deref(), Some("0.500000"));
    }
}
