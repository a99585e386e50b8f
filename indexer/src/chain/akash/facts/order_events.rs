//! Table `order_events`.

use super::view::events;
use crate::chain::akash::model::{Block, EventBody};
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// An order was created or closed.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct OrderEventRow {
    /// `created`, `closed`.
    pub kind: String,
    /// Tenant.
    pub owner: String,
    /// Sequence.
    pub dseq: u64,
    /// Group.
    pub gseq: u32,
    /// Order.
    pub oseq: u32,
}

impl TableRow for OrderEventRow {
    const TABLE: &'static str = "order_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let (kind, id) = match located.body() {
            EventBody::OrderCreated { id } => ("created", id),
            EventBody::OrderClosed { id } => ("closed", id),
            _ => continue,
        };
        let row = OrderEventRow {
            kind: kind.to_owned(),
            owner: id.group.deployment.owner.clone(),
            dseq: id.group.deployment.dseq,
            gseq: id.group.gseq,
            oseq: id.oseq,
        };
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}
