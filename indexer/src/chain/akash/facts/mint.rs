//! Table `mint`: the inflation of each block.

use super::view::{events, unsigned};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Block, EventBody};
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// What a block minted.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct MintRow {
    /// Bonded share of the supply, 18 places.
    pub bonded_ratio: i128,
    /// Yearly inflation, 18 places.
    pub inflation: i128,
    /// Units minted in a year at this rate, 18 places.
    pub annual_provisions: i128,
    /// Minted base units.
    pub amount: u128,
    /// Denomination, from the `coinbase` event of the same amount; empty where there is none.
    pub denom: String,
}

impl TableRow for MintRow {
    const TABLE: &'static str = "mint";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let EventBody::Mint {
            bonded_ratio,
            inflation,
            annual_provisions,
            amount,
        } = located.body()
        else {
            continue;
        };
        let row = MintRow {
            bonded_ratio: scaled(bonded_ratio),
            inflation: scaled(inflation),
            annual_provisions: scaled(annual_provisions),
            amount: unsigned(*amount),
            denom: denom_of(block, *amount),
        };
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}

/// A decimal of the event; one that leaves the column's range reads 0, the amount stays exact.
fn scaled(text: &str) -> i128 {
    text.parse().map_or(0, Dec::scaled)
}

/// The event of the mint module names no denomination; the bank's event of the same coins does.
fn denom_of(block: &Block, amount: i128) -> String {
    let coins = block.events.iter().filter_map(|event| match &event.body {
        EventBody::Coinbase { amount, .. } => Some(amount),
        _ => None,
    });
    coins
        .flatten()
        .find(|coin| coin.amount == amount)
        .map(|coin| coin.denom.clone())
        .unwrap_or_default()
}
