//! Table `tx_fees`: a row per transaction and coin of its fee, failed transactions included.

use super::view::{at, index, unsigned};
use crate::chain::akash::model::{Block, Coin, Event, EventBody, Tx};
use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A fee that was taken. A transaction that paid none has one row with amount 0 and no denomination.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct TxFeeRow {
    /// Transaction hash, upper-case hex.
    pub hash: String,
    /// Result code, 0 is success.
    pub code: u32,
    /// Module of the code.
    pub codespace: String,
    /// Who paid.
    pub fee_payer: String,
    /// Base units.
    pub amount: u128,
    /// Denomination.
    pub denom: String,
    /// Gas limit.
    pub gas_wanted: u64,
    /// Gas used.
    pub gas_used: u64,
    /// Messages, unfolded.
    pub messages: u32,
}

impl TableRow for TxFeeRow {
    const TABLE: &'static str = "tx_fees";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for tx in &block.txs {
        // What a transaction declares is not taken when the ante-handler refuses it: the event counts.
        let taken = |event: &'_ Event| match &event.body {
            EventBody::Fee { fee, .. } if !fee.is_empty() => Some((event.event_index, fee.clone())),
            _ => None,
        };
        let none = Coin {
            denom: String::new(),
            amount: 0,
        };
        let (event_index, fee) = tx
            .events
            .iter()
            .find_map(taken)
            .map_or((-1, vec![none]), |(event_index, fee)| (index(event_index), fee));
        let identity = Identity {
            tx_index: index(tx.index),
            event_index,
            ..at(block)
        };
        for coin in fee {
            batch.push(&identity, &row(tx, coin))?;
        }
    }
    Ok(())
}

fn row(tx: &Tx, coin: Coin) -> TxFeeRow {
    TxFeeRow {
        hash: tx.hash.clone(),
        code: tx.code,
        codespace: tx.codespace.clone(),
        fee_payer: tx.fee_payer.clone(),
        amount: unsigned(coin.amount),
        denom: coin.denom,
        gas_wanted: tx.gas_wanted,
        gas_used: tx.gas_used,
        messages: u32::try_from(tx.messages.len()).unwrap_or(u32::MAX),
    }
}
