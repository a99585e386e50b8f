//! Table `bme_events`: the burn-mint ledger. Records that still wait have no event: they are in the
//! answers of the messages that asked for them.

use super::bme_fields::{Fields, canonical, coin, decimal, inner_number, inner_text, text};
use super::view::{at, events, index, unsigned};
use crate::chain::akash::model::{Block, EventBody, Message, MessageBody};
use crate::chain::akash::proto::MsgBurnMintResponse;
use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, TableRow};
use gridproof_store::row_binary::EncodeError;
use prost::Message as _;
use serde::{Deserialize, Serialize};

/// Something happened in the burn-mint engine. Columns that a kind does not have are empty, 0 or null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct BmeEventRow {
    /// `pending`, `executed`, `canceled`, `status_changed`, `vault_funded`; another event by its own name.
    pub kind: String,
    /// Record: burned denomination.
    pub denom: String,
    /// Record: minted denomination.
    pub to_denom: String,
    /// Record: owner of the burned coins; `vault_funded`: where the coins came from.
    pub source: String,
    /// Record: height in its id.
    pub record_height: u64,
    /// Record: number in its id.
    pub sequence: u64,
    /// Receiver.
    pub to_address: String,
    /// Burned, to be burned, or put into the vault; base units.
    pub burned: Option<u128>,
    /// Its denomination.
    pub burned_denom: String,
    /// Newly minted, spread included.
    pub minted: Option<u128>,
    /// Its denomination.
    pub minted_denom: String,
    /// Kept by the vault out of what was minted.
    pub spread: Option<u128>,
    /// Its denomination.
    pub spread_denom: String,
    /// Paid out of coins burned earlier.
    pub credit_issued: Option<u128>,
    /// Its denomination.
    pub credit_issued_denom: String,
    /// Locked in the vault instead of burned.
    pub credit_accrued: Option<u128>,
    /// Its denomination.
    pub credit_accrued_denom: String,
    /// `canceled`: why; `status_changed`: the new status.
    pub reason: String,
    /// `status_changed`: collateral ratio, 18 places.
    pub collateral_ratio: Option<i128>,
    /// All fields as canonical JSON; empty for `pending`.
    pub fields: String,
}

impl TableRow for BmeEventRow {
    const TABLE: &'static str = "bme_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        if let EventBody::Typed {
            package: "akash.bme.v1",
            name,
            fields,
        } = located.body()
        {
            batch.push(&located.identity(), &of_event(name, fields))?;
        }
    }
    for tx in block.txs.iter().filter(|tx| tx.succeeded()) {
        for message in &tx.messages {
            let Some(row) = pending(message) else { continue };
            let identity = Identity {
                tx_index: index(tx.index),
                msg_index: index(message.msg_index),
                // No event: the number among the unfolded messages keeps the place unique.
                event_index: index(message.inner_index),
                ..at(block)
            };
            batch.push(&identity, &row)?;
        }
    }
    Ok(())
}

fn of_event(name: &str, fields: &Fields) -> BmeEventRow {
    let row = BmeEventRow {
        fields: canonical(fields),
        ..BmeEventRow::default()
    };
    match name {
        "EventLedgerRecordExecuted" => executed(fields, row),
        "EventLedgerRecordCanceled" => canceled(fields, row),
        "EventMintStatusChange" => BmeEventRow {
            kind: "status_changed".to_owned(),
            reason: text(fields, "new_status"),
            collateral_ratio: decimal(&text(fields, "collateral_ratio")),
            ..row
        },
        "EventVaultFunded" => {
            let (burned, burned_denom) = coin(fields, "amount");
            let source = text(fields, "source");
            BmeEventRow {
                kind: "vault_funded".to_owned(),
                source,
                burned,
                burned_denom,
                ..row
            }
        }
        other => BmeEventRow {
            kind: other.to_owned(),
            ..row
        },
    }
}

fn with_record(fields: &Fields, row: BmeEventRow) -> BmeEventRow {
    BmeEventRow {
        denom: inner_text(fields, "id", "denom"),
        to_denom: inner_text(fields, "id", "to_denom"),
        source: inner_text(fields, "id", "source"),
        record_height: inner_number(fields, "id", "height").unwrap_or(0),
        sequence: inner_number(fields, "id", "sequence").unwrap_or(0),
        ..row
    }
}

fn executed(fields: &Fields, row: BmeEventRow) -> BmeEventRow {
    let (burned, burned_denom) = coin(fields, "burned");
    let (minted, minted_denom) = coin(fields, "minted");
    let (spread, spread_denom) = coin(fields, "spread");
    let (credit_issued, credit_issued_denom) = coin(fields, "remint_credit_issued");
    let (credit_accrued, credit_accrued_denom) = coin(fields, "remint_credit_accrued");
    BmeEventRow {
        kind: "executed".to_owned(),
        to_address: text(fields, "minted_to"),
        burned,
        burned_denom,
        minted,
        minted_denom,
        spread,
        spread_denom,
        credit_issued,
        credit_issued_denom,
        credit_accrued,
        credit_accrued_denom,
        ..with_record(fields, row)
    }
}

fn canceled(fields: &Fields, row: BmeEventRow) -> BmeEventRow {
    let (burned, burned_denom) = coin(fields, "coins_to_burn");
    BmeEventRow {
        kind: "canceled".to_owned(),
        to_address: text(fields, "to"),
        burned,
        burned_denom,
        reason: text(fields, "cancel_reason"),
        ..with_record(fields, row)
    }
}

/// The record that a message's answer names; nothing where it is no such message or has no answer.
fn pending(message: &Message) -> Option<BmeEventRow> {
    let MessageBody::BurnMint { to, burn, .. } = &message.body else {
        return None;
    };
    let id = MsgBurnMintResponse::decode(message.response.as_slice()).ok()?.id?;
    Some(BmeEventRow {
        kind: "pending".to_owned(),
        denom: id.denom,
        to_denom: id.to_denom,
        source: id.source,
        record_height: u64::try_from(id.height).ok()?,
        sequence: u64::try_from(id.sequence).ok()?,
        to_address: to.clone(),
        burned: Some(unsigned(burn.amount)),
        burned_denom: burn.denom.clone(),
        ..BmeEventRow::default()
    })
}
