//! Table `group_events`. No version emits an event when a group is created: the rows come with the
//! deployment's event, the specs from its message.

use super::view::{Located, events};
use crate::chain::akash::gpu::{self, ResolvedBy};
use crate::chain::akash::model::{Block, DeploymentId, EventBody, GroupId, GroupSpec, MessageBody};
use crate::chain::akash::resources::{Totals, group_spec_json};
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A group was created, started, paused or closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct GroupEventRow {
    /// `created`, `started`, `paused`, `closed`.
    pub kind: String,
    /// Tenant.
    pub owner: String,
    /// Sequence.
    pub dseq: u64,
    /// Group.
    pub gseq: u32,
    /// The group spec as the chain's REST prints it, on creation; empty otherwise.
    pub spec: String,
    /// Milli-cores of all replicas, on creation.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes of storage.
    pub storage_bytes: u64,
    /// GPUs.
    pub gpu_units: u64,
    /// The only GPU model that it asks for; empty where it leaves a choice or has none.
    pub gpu_model: String,
}

impl TableRow for GroupEventRow {
    const TABLE: &'static str = "group_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let (kind, id) = match located.body() {
            EventBody::DeploymentCreated { id, .. } => {
                created(&located, id, batch)?;
                continue;
            }
            EventBody::GroupStarted { id } => ("started", id),
            EventBody::GroupPaused { id } => ("paused", id),
            EventBody::GroupClosed { id } => ("closed", id),
            _ => continue,
        };
        batch.push(&located.identity(), &row(kind, id))?;
    }
    Ok(())
}

fn row(kind: &str, id: &GroupId) -> GroupEventRow {
    GroupEventRow {
        kind: kind.to_owned(),
        owner: id.deployment.owner.clone(),
        dseq: id.deployment.dseq,
        gseq: id.gseq,
        ..GroupEventRow::default()
    }
}

fn created(located: &Located<'_>, deployment: &DeploymentId, batch: &mut Batch) -> Result<(), EncodeError> {
    let groups = located.message(|body| match body {
        MessageBody::CreateDeployment { id, groups, .. } if id == deployment => Some(groups),
        _ => None,
    });
    for (gseq, spec) in (1..).zip(groups.into_iter().flatten()) {
        let id = GroupId {
            deployment: deployment.clone(),
            gseq,
        };
        batch.push(&located.identity(), &with_spec(row("created", &id), spec))?;
    }
    Ok(())
}

fn with_spec(row: GroupEventRow, spec: &GroupSpec) -> GroupEventRow {
    let totals = Totals::of_group(spec);
    let resolution = gpu::resolve(&[], spec, &[]);
    GroupEventRow {
        spec: group_spec_json(spec).to_string(),
        cpu_milli: totals.cpu_milli,
        memory_bytes: totals.memory_bytes,
        storage_bytes: totals.storage_bytes,
        gpu_units: totals.gpu_units,
        gpu_model: if resolution.by == ResolvedBy::Group {
            resolution.gpu.model
        } else {
            String::new()
        },
        ..row
    }
}
