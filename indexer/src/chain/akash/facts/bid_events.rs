//! Table `bid_events`. Lost bids have no event in any version: only the state machine knows them.

use super::view::{Located, events, unsigned};
use crate::chain::akash::gpu::Gpu;
use crate::chain::akash::model::{BidId, Block, Deposit, EventBody, MessageBody, ResourceOffer};
use crate::chain::akash::resources::{Totals, offer_json};
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A bid was created or closed. All but the key is of the creation; empty or 0 when closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct BidEventRow {
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
    /// Provider.
    pub provider: String,
    /// Bid.
    pub bseq: u32,
    /// Price per block, 18 places.
    pub price: i128,
    /// Its denomination.
    pub denom: String,
    /// Deposit in base units.
    pub deposit: u128,
    /// Its denomination.
    pub deposit_denom: String,
    /// The offer as the chain's REST prints it; `[]` where the bid has none.
    pub resources_offer: String,
    /// GPUs offered.
    pub gpu_units: u64,
    /// The GPU model offered; empty where the offer names none or several.
    pub gpu_model: String,
    /// Reclamation window in seconds (v2.1.0+).
    pub reclamation_window_s: Option<u64>,
}

impl TableRow for BidEventRow {
    const TABLE: &'static str = "bid_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let row = match located.body() {
            EventBody::BidCreated { id, price } => BidEventRow {
                price: price.amount.scaled(),
                denom: price.denom.clone(),
                ..offered(&located, id, row("created", id))
            },
            EventBody::BidClosed { id } => row("closed", id),
            _ => continue,
        };
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}

fn row(kind: &str, id: &BidId) -> BidEventRow {
    BidEventRow {
        kind: kind.to_owned(),
        owner: id.order.group.deployment.owner.clone(),
        dseq: id.order.group.deployment.dseq,
        gseq: id.order.group.gseq,
        oseq: id.order.oseq,
        provider: id.provider.clone(),
        bseq: id.bseq,
        ..BidEventRow::default()
    }
}

type Made<'b> = (&'b Deposit, &'b [ResourceOffer], Option<u64>);

fn offered(located: &Located<'_>, created: &BidId, row: BidEventRow) -> BidEventRow {
    let made = located.message(|body| -> Option<Made<'_>> {
        match body {
            MessageBody::CreateBid {
                id,
                deposit,
                resources_offer,
                reclamation_window_s,
                ..
            } if id == created => Some((deposit, resources_offer, *reclamation_window_s)),
            _ => None,
        }
    });
    let Some((deposit, offer, reclamation_window_s)) = made else {
        return row;
    };
    BidEventRow {
        deposit: unsigned(deposit.amount.amount),
        deposit_denom: deposit.amount.denom.clone(),
        resources_offer: offer_json(offer).to_string(),
        gpu_units: Totals::of_offer(offer).gpu_units,
        gpu_model: Gpu::offered(offer).map(|gpu| gpu.model).unwrap_or_default(),
        reclamation_window_s,
        ..row
    }
}
