//! Rows of how far the money of escrow accounts reaches.

use crate::chain::akash::state::escrow::AccountId;
use crate::chain::akash::state::funding::Funding;
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::Serialize;

/// Row of `escrow_funding`; decimals scaled by 10^18.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct EscrowFundingRow {
    xid: String,
    denom: String,
    settled_at: u64,
    rate: i128,
    available: i128,
    predicted_close: Option<u64>,
    console_predicted_close: Option<u64>,
    removed: u8,
}

impl TableRow for EscrowFundingRow {
    const TABLE: &'static str = "escrow_funding";
}

impl EscrowFundingRow {
    pub(super) fn of(id: &AccountId, funding: Option<&Funding>) -> Self {
        let key = Self {
            xid: id.xid.clone(),
            removed: 1,
            ..Self::default()
        };
        let Some(funding) = funding else { return key };
        Self {
            denom: funding.denom.clone(),
            settled_at: funding.settled_at,
            rate: funding.rate.scaled(),
            available: funding.available.scaled(),
            predicted_close: funding.predicted_close,
            console_predicted_close: funding.console_predicted_close,
            removed: 0,
            ..key
        }
    }
}
