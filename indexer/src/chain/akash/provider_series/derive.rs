//! From a document to its rows.

use super::rows::{ProviderCheckRow, ProviderGpuRow, ProviderSnapshotRow};
use super::{Answer, Check, Header, OK, Told};
use crate::chain::akash::inventory::{GpuKind, ProviderStatus, side_by_side};
use crate::chain::rejected::{Fault, Rejected};
use gridproof_store::batch::{Batch, Origin, SeriesIdentity, TableRow};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The rows of one document: a check per line, a snapshot and its GPUs where the status has changed.
pub(super) fn derive(origin: Origin, sequence: u64, document: &[u8]) -> Result<Batch, Rejected> {
    let mut lines = document.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let header: Header = line(sequence, lines.next().unwrap_or_default())?;
    let mut rows = Rows {
        batch: Batch::new(origin),
        next: SeriesIdentity {
            sequence,
            observed_at_ms: 0,
            item: 0,
            height: header.height,
        },
    };
    for text in lines {
        rows.check(line(sequence, text)?)?;
    }
    Ok(rows.batch)
}

fn line<T: DeserializeOwned>(sequence: u64, text: &[u8]) -> Result<T, Rejected> {
    serde_json::from_slice(text).map_err(|error| Rejected::new(Fault::BadBody, sequence, &error))
}

/// Rows of one entry, numbered as they come.
struct Rows {
    batch: Batch,
    next: SeriesIdentity,
}

impl Rows {
    fn check(&mut self, check: Check) -> Result<(), Rejected> {
        self.next.observed_at_ms = check.at_ms;
        let Check {
            owner,
            host_uri,
            answer,
            ..
        } = check;
        let (via, outcome, reason, latency_ms, version, told) = match answer {
            Answer::Alive {
                via,
                latency_ms,
                version,
                told,
            } => (via, OK.to_owned(), String::new(), latency_ms, version, told),
            Answer::Refused { code, reason } => (String::new(), code, reason, None, String::new(), None),
        };
        self.push(&ProviderCheckRow {
            owner: owner.clone(),
            host_uri: host_uri.clone(),
            online: u8::from(outcome == OK),
            via: via.clone(),
            outcome,
            reason,
            latency_ms,
            version,
        })?;
        let Some(told) = told else { return Ok(()) };
        let Told { advertised, status } = *told;
        self.push(&snapshot(owner.clone(), host_uri, via, &status))?;
        let free = free_by_kind(&status);
        for one in side_by_side(&advertised, status.gpus.as_deref()) {
            self.push(&ProviderGpuRow {
                owner: owner.clone(),
                advertised: Some(u8::from(one.advertised)),
                inventory: one.inventory,
                available: one
                    .inventory
                    .and_then(|_| free.get(&one.kind).copied().unwrap_or(Some(0))),
                measured: None,
                vendor: one.kind.vendor,
                model: one.kind.model,
                memory: one.kind.memory,
                interface: one.kind.interface,
            })?;
        }
        Ok(())
    }

    fn push<T: TableRow>(&mut self, row: &T) -> Result<(), Rejected> {
        let rejected = |error| Rejected::new(Fault::Derive, self.next.sequence, &error);
        self.batch.push(&self.next, row).map_err(rejected)?;
        self.next.item += 1;
        Ok(())
    }
}

fn snapshot(owner: String, host_uri: String, via: String, status: &ProviderStatus) -> ProviderSnapshotRow {
    let totals = status.totals();
    let storage = totals.ephemeral_bytes + totals.persistent_bytes;
    ProviderSnapshotRow {
        owner,
        host_uri,
        via,
        leases: status.leases,
        nodes: small(status.nodes.len() as u64),
        cpu_milli_allocatable: totals.cpu_milli.allocatable,
        cpu_milli_available: totals.cpu_milli.available,
        memory_bytes_allocatable: totals.memory_bytes.allocatable,
        memory_bytes_available: totals.memory_bytes.available,
        storage_bytes_allocatable: storage.allocatable,
        storage_bytes_available: storage.available,
        gpu_allocatable: small(totals.gpu.allocatable),
        gpu_available: small(totals.gpu.available),
        gpu_pending: small(u64::try_from(status.pending.gpu).unwrap_or(0)),
        orders: status.orders,
        reclamation_window_s: status.reclamation_window_s,
        public_hostname: status.public_hostnames.first().cloned().unwrap_or_default(),
    }
}

/// Free cards of each kind. A node says how many of its cards are free and not which: with one kind, or all free, or none,
/// that is the same; else the kinds of that node are not known (`None`).
fn free_by_kind(status: &ProviderStatus) -> BTreeMap<GpuKind, Option<u32>> {
    let mut free: BTreeMap<GpuKind, Option<u32>> = BTreeMap::new();
    for node in &status.nodes {
        let (left, cards) = (
            node.resources.gpu.available(),
            node.gpus.iter().map(|count| u64::from(count.cards)).sum::<u64>(),
        );
        for count in &node.gpus {
            let of_kind = match (left, node.gpus.len()) {
                (0, _) => Some(0),
                (left, 1) => Some(small(left).min(count.cards)),
                (left, _) if left >= cards => Some(count.cards),
                _ => None,
            };
            let sum = free.entry(count.kind.clone()).or_insert(Some(0));
            *sum = sum.zip(of_kind).map(|(sum, more)| sum.saturating_add(more));
        }
    }
    free
}

fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
