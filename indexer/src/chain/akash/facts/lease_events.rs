//! Table `lease_events`.

use super::view::{Located, events};
use crate::chain::akash::gpu;
use crate::chain::akash::model::{Block, EventBody, GroupSpec, LeaseId, MessageBody, ResourceOffer};
use crate::chain::akash::resources::Totals;
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A lease was created, closed, or its reclamation started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct LeaseEventRow {
    /// `created`, `closed`, `reclaim_started`.
    pub kind: String,
    /// Tenant.
    pub owner: String,
    /// Sequence.
    pub dseq: u64,
    /// Group.
    pub gseq: u32,
    /// Order.
    pub oseq: u32,
    /// Provider.
    pub provider: String,
    /// Bid.
    pub bseq: u32,
    /// Price per block, 18 places, on creation; 0 otherwise.
    pub price: i128,
    /// Its denomination.
    pub denom: String,
    /// What the event says; empty on creation and before v1.0.0.
    pub reason: String,
    /// End of a reclamation, Unix seconds; 0 otherwise.
    pub deadline_unix_s: i64,
    /// Resources where the same transaction created deployment or bid, too; null where it did not.
    pub cpu_milli: Option<u64>,
    /// Bytes of memory, likewise.
    pub memory_bytes: Option<u64>,
    /// Bytes of storage, likewise.
    pub storage_bytes: Option<u64>,
    /// GPUs, likewise.
    pub gpu_units: Option<u64>,
    /// GPU model, likewise; empty where unknown.
    pub gpu_model: String,
    /// How the model is known: `offer`, `group`, `none`, or `unknown`.
    pub gpu_resolved_by: String,
}

impl TableRow for LeaseEventRow {
    const TABLE: &'static str = "lease_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let row = match located.body() {
            EventBody::LeaseCreated { id, price } => LeaseEventRow {
                price: price.amount.scaled(),
                denom: price.denom.clone(),
                ..with_resources(&located, id, row("created", id))
            },
            EventBody::LeaseClosed { id, reason } => LeaseEventRow {
                reason: reason.clone(),
                ..row("closed", id)
            },
            EventBody::LeaseReclaimStarted {
                id,
                reason,
                deadline_unix_s,
            } => LeaseEventRow {
                reason: reason.clone(),
                deadline_unix_s: *deadline_unix_s,
                ..row("reclaim_started", id)
            },
            _ => continue,
        };
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}

fn row(kind: &str, id: &LeaseId) -> LeaseEventRow {
    LeaseEventRow {
        kind: kind.to_owned(),
        owner: id.order.group.deployment.owner.clone(),
        dseq: id.order.group.deployment.dseq,
        gseq: id.order.group.gseq,
        oseq: id.order.oseq,
        provider: id.provider.clone(),
        bseq: id.bseq,
        gpu_resolved_by: "unknown".to_owned(),
        ..LeaseEventRow::default()
    }
}

/// Most leases join a group and a bid of earlier transactions; only the state machine has all of them.
fn with_resources(located: &Located<'_>, lease: &LeaseId, row: LeaseEventRow) -> LeaseEventRow {
    let Some(spec) = group_of(located, lease) else {
        return row;
    };
    let offer = offer_of(located, lease).unwrap_or_default();
    let totals = Totals::of_group(spec);
    let resolution = gpu::resolve(offer, spec, &[]);
    LeaseEventRow {
        cpu_milli: Some(totals.cpu_milli),
        memory_bytes: Some(totals.memory_bytes),
        storage_bytes: Some(totals.storage_bytes),
        gpu_units: Some(totals.gpu_units),
        gpu_model: resolution.gpu.model,
        gpu_resolved_by: resolution.by.as_str().to_owned(),
        ..row
    }
}

fn group_of<'b>(located: &Located<'b>, lease: &LeaseId) -> Option<&'b GroupSpec> {
    let group = &lease.order.group;
    located.tx?.messages.iter().find_map(|message| match &message.body {
        MessageBody::CreateDeployment { id, groups, .. } if *id == group.deployment => {
            groups.get((group.gseq as usize).checked_sub(1)?)
        }
        _ => None,
    })
}

fn offer_of<'b>(located: &Located<'b>, lease: &LeaseId) -> Option<&'b [ResourceOffer]> {
    located.tx?.messages.iter().find_map(|message| match &message.body {
        MessageBody::CreateBid {
            id, resources_offer, ..
        } if id == lease => Some(resources_offer.as_slice()),
        _ => None,
    })
}
