//! Rows of deployments, groups, orders, bids and leases.

use super::json;
use crate::chain::akash::gpu::Gpu;
use crate::chain::akash::model::{BidId, DeploymentId, GroupId, GroupSpec, OrderId};
use crate::chain::akash::resources::{Totals, group_spec_json, offer_json};
use crate::chain::akash::state::market::{Bid, Deployment, Group, Lease, Order, reason};
use base64::Engine;
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::Serialize;
use std::collections::BTreeSet;

/// Row of `deployments`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct DeploymentRow {
    owner: String,
    dseq: u64,
    state: &'static str,
    hash: String,
    created_at: u64,
    reclamation_min_window_s: Option<u64>,
    removed: u8,
}

impl TableRow for DeploymentRow {
    const TABLE: &'static str = "deployments";
}

impl DeploymentRow {
    /// The object as it is now, or that it is gone.
    pub(super) fn of(id: &DeploymentId, object: Option<&Deployment>) -> Self {
        let key = Self {
            owner: id.owner.clone(),
            dseq: id.dseq,
            removed: 1,
            ..Self::default()
        };
        let Some(deployment) = object else { return key };
        Self {
            state: deployment.state.name(),
            hash: base64::engine::general_purpose::STANDARD.encode(&deployment.hash),
            created_at: deployment.created_at,
            reclamation_min_window_s: deployment.reclamation_min_window_s,
            removed: 0,
            ..key
        }
    }
}

/// Row of `groups`. Resources are sums over all replicas; `gpu_model` lists the models asked for.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct GroupRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    state: &'static str,
    created_at: u64,
    spec: String,
    cpu_milli: u64,
    memory_bytes: u64,
    storage_bytes: u64,
    gpu_units: u64,
    gpu_model: String,
    removed: u8,
}

impl TableRow for GroupRow {
    const TABLE: &'static str = "groups";
}

impl GroupRow {
    pub(super) fn of(id: &GroupId, object: Option<&Group>) -> Self {
        let DeploymentId { owner, dseq } = id.deployment.clone();
        let key = Self {
            owner,
            dseq,
            gseq: id.gseq,
            removed: 1,
            ..Self::default()
        };
        let Some(group) = object else { return key };
        let totals = Totals::of_group(&group.spec);
        Self {
            state: group.state.name(),
            created_at: group.created_at,
            spec: group_spec_json(&group.spec).to_string(),
            cpu_milli: totals.cpu_milli,
            memory_bytes: totals.memory_bytes,
            storage_bytes: totals.storage_bytes,
            gpu_units: totals.gpu_units,
            gpu_model: models_asked(&group.spec),
            removed: 0,
            ..key
        }
    }
}

/// GPU models that a group accepts, sorted, joined by commas; `*` is any model.
fn models_asked(spec: &GroupSpec) -> String {
    let units = spec.resources.iter().map(|unit| &unit.resources);
    let gpus = units
        .filter(|resources| resources.gpu_units > 0)
        .flat_map(|r| Gpu::all(&r.gpu_attributes));
    let models: BTreeSet<String> = gpus.map(|gpu| gpu.model).collect();
    models.into_iter().collect::<Vec<_>>().join(",")
}

/// Row of `orders`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct OrderRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    oseq: u32,
    state: &'static str,
    created_at: u64,
    spec: String,
    removed: u8,
}

impl TableRow for OrderRow {
    const TABLE: &'static str = "orders";
}

impl OrderRow {
    pub(super) fn of(id: &OrderId, object: Option<&Order>) -> Self {
        let DeploymentId { owner, dseq } = id.group.deployment.clone();
        let key = Self {
            owner,
            dseq,
            gseq: id.group.gseq,
            oseq: id.oseq,
            removed: 1,
            ..Self::default()
        };
        let Some(order) = object else { return key };
        Self {
            state: order.state.name(),
            created_at: order.created_at,
            spec: group_spec_json(&order.spec).to_string(),
            removed: 0,
            ..key
        }
    }
}

/// Row of `bids`; the price scaled by 10^18.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct BidRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    oseq: u32,
    provider: String,
    bseq: u32,
    state: &'static str,
    price: i128,
    denom: String,
    created_at: u64,
    resources_offer: String,
    reclamation_window_s: Option<u64>,
    removed: u8,
}

impl TableRow for BidRow {
    const TABLE: &'static str = "bids";
}

impl BidRow {
    pub(super) fn of(id: &BidId, object: Option<&Bid>) -> Self {
        let DeploymentId { owner, dseq } = id.order.group.deployment.clone();
        let (gseq, oseq) = (id.order.group.gseq, id.order.oseq);
        let (provider, bseq) = (id.provider.clone(), id.bseq);
        let key = Self {
            owner,
            dseq,
            gseq,
            oseq,
            provider,
            bseq,
            removed: 1,
            ..Self::default()
        };
        let Some(bid) = object else { return key };
        Self {
            state: bid.state.name(),
            price: bid.price.amount.scaled(),
            denom: bid.price.denom.clone(),
            created_at: bid.created_at,
            resources_offer: offer_json(&bid.resources_offer).to_string(),
            reclamation_window_s: bid.reclamation_window_s,
            removed: 0,
            ..key
        }
    }
}

/// Row of `leases`; the price scaled by 10^18, times in milliseconds.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct LeaseRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    oseq: u32,
    provider: String,
    bseq: u32,
    state: &'static str,
    price: i128,
    denom: String,
    created_at: u64,
    created_time: Option<i64>,
    closed_on: u64,
    reason: String,
    reason_in_state: String,
    reclamation: String,
    cpu_milli: u64,
    memory_bytes: u64,
    storage_bytes: u64,
    gpu_units: u64,
    gpu_vendor: String,
    gpu_model: String,
    gpu_ram: String,
    gpu_interface: String,
    gpu_resolved_by: String,
    removed: u8,
}

impl TableRow for LeaseRow {
    const TABLE: &'static str = "leases";
}

impl LeaseRow {
    pub(super) fn of(id: &BidId, object: Option<&Lease>) -> Self {
        let DeploymentId { owner, dseq } = id.order.group.deployment.clone();
        let (gseq, oseq) = (id.order.group.gseq, id.order.oseq);
        let (provider, bseq) = (id.provider.clone(), id.bseq);
        let key = Self {
            owner,
            dseq,
            gseq,
            oseq,
            provider,
            bseq,
            removed: 1,
            ..Self::default()
        };
        let Some(lease) = object else { return key };
        let hardware = &lease.hardware;
        Self {
            state: lease.state.name(),
            price: lease.price.amount.scaled(),
            denom: lease.price.denom.clone(),
            created_at: lease.created_at,
            created_time: lease.created_time_ms,
            closed_on: lease.closed_on,
            reason: lease.reason.clone(),
            reason_in_state: lease.reason_in_state.map(reason::name).unwrap_or_default(),
            reclamation: lease
                .reclamation
                .as_ref()
                .map(|terms| json::reclamation(terms).to_string())
                .unwrap_or_default(),
            cpu_milli: hardware.cpu_milli,
            memory_bytes: hardware.memory_bytes,
            storage_bytes: hardware.storage_bytes,
            gpu_units: hardware.gpu_units,
            gpu_vendor: hardware.gpu_vendor.clone(),
            gpu_model: hardware.gpu_model.clone(),
            gpu_ram: hardware.gpu_ram.clone(),
            gpu_interface: hardware.gpu_interface.clone(),
            gpu_resolved_by: hardware.gpu_resolved_by.clone(),
            removed: 0,
            ..key
        }
    }
}
