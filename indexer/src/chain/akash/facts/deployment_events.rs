//! Table `deployment_events`.

use super::view::{Located, events, unsigned};
use crate::chain::akash::model::{Block, DeploymentId, EventBody, MessageBody};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A deployment was created, updated or closed.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct DeploymentEventRow {
    /// `created`, `updated`, `closed`.
    pub kind: String,
    /// Tenant.
    pub owner: String,
    /// Sequence.
    pub dseq: u64,
    /// Manifest hash in base64; empty when closed.
    pub hash: String,
    /// Deposit of the creating message; 0 otherwise.
    pub deposit: u128,
    /// Its denomination.
    pub deposit_denom: String,
}

impl TableRow for DeploymentEventRow {
    const TABLE: &'static str = "deployment_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let (kind, id, hash) = match located.body() {
            EventBody::DeploymentCreated { id, hash } => ("created", id, hash.as_slice()),
            EventBody::DeploymentUpdated { id, hash } => ("updated", id, hash.as_slice()),
            EventBody::DeploymentClosed { id } => ("closed", id, &[][..]),
            _ => continue,
        };
        let (deposit, deposit_denom) = if kind == "created" {
            deposit(&located, id)
        } else {
            Default::default()
        };
        let row = DeploymentEventRow {
            kind: kind.to_owned(),
            owner: id.owner.clone(),
            dseq: id.dseq,
            hash: STANDARD.encode(hash),
            deposit,
            deposit_denom,
        };
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}

fn deposit(located: &Located<'_>, created: &DeploymentId) -> (u128, String) {
    let amount = located.message(|body| match body {
        MessageBody::CreateDeployment { id, deposit, .. } if id == created => Some(&deposit.amount),
        _ => None,
    });
    amount
        .map(|coin| (unsigned(coin.amount), coin.denom.clone()))
        .unwrap_or_default()
}
