//! Table `escrow_transfers`: every coin that entered or left the escrow account, and why.
//!
//! Escrow emits no events of its own. What a transfer means follows from the message that caused it and
//! from the events around it (akash.md 2.5); no other transaction is looked at, so that any range can be
//! derived alone. Leases of one deployment and provider are told apart by the state machine only.

use super::accounts::{BME, DISTRIBUTION, ESCROW};
use super::segment::Segment;
use super::view::{Located, events, unsigned};
use crate::chain::akash::model::{Block, Coin, EventBody};
use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// Why coins moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransferClass {
    /// A provider is paid for a lease, net of the take fee.
    LeasePayout,
    /// The take fee of a payout (until v1.2.x).
    TakeFee,
    /// A provider's deposit for a bid.
    BidDeposit,
    /// That deposit returned.
    BidRefund,
    /// A deposit for a deployment.
    DeploymentDeposit,
    /// The rest of such deposits returned.
    DeploymentRefund,
    /// An upgrade moved coins between module accounts.
    Migration,
    /// None of the rules applies.
    Unclassified,
}

impl TransferClass {
    /// As the table writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeasePayout => "lease_payout",
            Self::TakeFee => "take_fee",
            Self::BidDeposit => "bid_deposit",
            Self::BidRefund => "bid_refund",
            Self::DeploymentDeposit => "deployment_deposit",
            Self::DeploymentRefund => "deployment_refund",
            Self::Migration => "migration",
            Self::Unclassified => "unclassified",
        }
    }
}

/// Coins entered or left the escrow account; one row per denomination of the transfer.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct EscrowTransferRow {
    /// A [`TransferClass`].
    pub class: String,
    /// Sender.
    pub sender: String,
    /// Recipient.
    pub recipient: String,
    /// Base units.
    pub amount: u128,
    /// Denomination.
    pub denom: String,
}

impl TableRow for EscrowTransferRow {
    const TABLE: &'static str = "escrow_transfers";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    rows(block)
        .iter()
        .try_for_each(|(identity, row)| batch.push(identity, row))
}

/// The rows of one block, in order.
pub(super) fn rows(block: &Block) -> Vec<(Identity, EscrowTransferRow)> {
    let all: Vec<Located<'_>> = events(block).collect();
    let same = |one: &Located<'_>, other: &Located<'_>| {
        one.event.phase == other.event.phase && one.event.inner_index == other.event.inner_index
    };
    let mut rows = Vec::new();
    for events in all.chunk_by(same) {
        let mut segment = Segment::new(events);
        for (position, located) in events.iter().enumerate() {
            let EventBody::Transfer {
                recipient,
                sender,
                amount,
            } = located.body()
            else {
                continue;
            };
            if let Some(class) = class_of(&mut segment, position, sender, recipient) {
                let row = |coin| (located.identity(), row(class, sender, recipient, coin));
                rows.extend(amount.iter().map(row));
            }
        }
    }
    rows
}

/// Nothing where the escrow account is not involved.
fn class_of(segment: &mut Segment<'_, '_>, position: usize, sender: &str, recipient: &str) -> Option<TransferClass> {
    let modules = [BME, DISTRIBUTION];
    if recipient == ESCROW {
        let moved = !segment.in_message() && modules.contains(&sender);
        return Some(if moved {
            TransferClass::Migration
        } else {
            segment.deposit()
        });
    }
    if sender != ESCROW {
        return None;
    }
    Some(match recipient {
        DISTRIBUTION => segment.take_fee(),
        BME if !segment.in_message() => TransferClass::Migration,
        _ => segment.outgoing(position, recipient),
    })
}

fn row(class: TransferClass, sender: &str, recipient: &str, coin: &Coin) -> EscrowTransferRow {
    EscrowTransferRow {
        class: class.as_str().to_owned(),
        sender: sender.to_owned(),
        recipient: recipient.to_owned(),
        amount: unsigned(coin.amount),
        denom: coin.denom.clone(),
    }
}
