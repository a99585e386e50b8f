//! Rows of the state: one per changed object and height, then those of the machine's own events.

mod accrual;
mod escrow;
mod events;
mod funding;
pub mod json;
mod market;
#[cfg(test)]
mod tests;

use super::output::{ObjectKey, Place, StateOutput};
use super::{State, unix_ms};
use crate::chain::akash::model::Header;
use gridproof_store::batch::{Batch, Identity};
use gridproof_store::row_binary::EncodeError;

pub use accrual::AccruedSpendRow;
pub use escrow::{EscrowAccountRow, EscrowPaymentRow};
pub use events::{LeasePayoutRow, LeaseRepricedRow, LostDueRow, SettlementAuditRow, StrandedDepositRow};
pub use funding::EscrowFundingRow;
pub use market::{BidRow, DeploymentRow, GroupRow, LeaseRow, OrderRow};

/// Runs through the rows of one height.
struct Writer<'a> {
    header: &'a Header,
    batch: &'a mut Batch,
    next: i32,
}

impl Writer<'_> {
    /// The place of the next row; `event_index` runs through the whole height.
    fn identity(&mut self, place: Place) -> Identity {
        let index = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let (tx_index, msg_index) = match place {
            Place::Begin => (Identity::BEGIN_BLOCK, -1),
            Place::Message { tx_index, msg_index } => (index(tx_index), index(msg_index)),
            Place::End => (Identity::END_BLOCK, -1),
        };
        let event_index = self.next;
        self.next = self.next.saturating_add(1);
        let block_time_ms = unix_ms(self.header.time);
        Identity {
            height: self.header.height,
            block_time_ms,
            tx_index,
            msg_index,
            event_index,
        }
    }
}

impl State {
    /// Writes the rows of the block that was just taken in: `out` is what [`State::step`] gave for it.
    ///
    /// Objects come in key order at the end of the block; a pure function of state and output.
    pub fn write_rows(&self, header: &Header, out: &StateOutput, batch: &mut Batch) -> Result<(), EncodeError> {
        let mut writer = Writer { header, batch, next: 0 };
        for key in out.changed() {
            let identity = writer.identity(Place::End);
            self.push_object(key, &identity, writer.batch)?;
        }
        writer.events(out)
    }

    pub(super) fn push_object(
        &self,
        key: &ObjectKey,
        identity: &Identity,
        batch: &mut Batch,
    ) -> Result<(), EncodeError> {
        let (market, escrow) = (&self.market, &self.escrow);
        match key {
            ObjectKey::Deployment(id) => batch.push(identity, &DeploymentRow::of(id, market.deployments.get(id))),
            ObjectKey::Group(id) => batch.push(identity, &GroupRow::of(id, market.groups.get(id))),
            ObjectKey::Order(id) => batch.push(identity, &OrderRow::of(id, market.orders.get(id))),
            ObjectKey::Bid(id) => batch.push(identity, &BidRow::of(id, market.bids.get(id))),
            ObjectKey::Lease(id) => batch.push(identity, &LeaseRow::of(id, market.leases.get(id))),
            ObjectKey::EscrowAccount(id) => batch.push(identity, &EscrowAccountRow::of(id, escrow.accounts.get(id))),
            ObjectKey::EscrowPayment(id) => batch.push(identity, &EscrowPaymentRow::of(id, escrow.payments.get(id))),
            ObjectKey::EscrowFunding(id) => batch.push(identity, &EscrowFundingRow::of(id, self.funding(id).as_ref())),
            ObjectKey::AccruedSpend(denom) => batch.push(identity, &AccruedSpendRow::of(denom, self.accrual.as_ref())),
            other => self.ledger.push_row(other, identity, batch).map(|_| ()),
        }
    }
}
