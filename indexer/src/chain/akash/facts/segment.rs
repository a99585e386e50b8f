//! The events of one message, walked in order: what the transfers among them mean.
//!
//! Orders that the rules lean on (akash.md 1.3): a returned bid deposit comes right before the event of
//! its bid's closing; `CreateLease` returns deposits of losing bids after the lease's event; a take fee
//! comes right before its payout; closing a deployment pays providers before it returns the rest
//! (before v1.0.0 after).

use super::accounts::{DISTRIBUTION, ESCROW};
use super::escrow_transfers::TransferClass;
use super::view::Located;
use crate::chain::akash::model::{EventBody, MessageBody};
use std::collections::BTreeMap;

/// Escrow scope of a bid in `MsgAccountDeposit`.
const SCOPE_BID: i32 = 2;
/// Escrow scope of a deployment.
const SCOPE_DEPLOYMENT: i32 = 1;

/// Events with the same place, and what their message says.
pub(super) struct Segment<'s, 'b> {
    events: &'s [Located<'b>],
    message: Option<&'b MessageBody>,
    /// Providers whose leases this message settles, with the number of payouts that each can get.
    providers: BTreeMap<&'b str, u32>,
    owners: Vec<&'b str>,
    after_take: bool,
    any_take: bool,
}

impl<'s, 'b> Segment<'s, 'b> {
    pub(super) fn new(events: &'s [Located<'b>]) -> Self {
        let mut messages = events.first().into_iter().flat_map(Located::messages);
        let message = messages.next().map(|message| &message.body);
        // Several messages may have caused it only where the chain does not say which: then none counts.
        let message = if messages.next().is_some() { None } else { message };
        let is_take = |located: &Located<'_>| match located.body() {
            EventBody::Transfer { sender, recipient, .. } => sender == ESCROW && recipient == DISTRIBUTION,
            _ => false,
        };
        let mut segment = Self {
            events,
            message,
            providers: BTreeMap::new(),
            owners: Vec::new(),
            after_take: false,
            any_take: events.iter().any(is_take),
        };
        segment.find_parties();
        segment
    }

    /// Whether the events belong to a message.
    pub(super) fn in_message(&self) -> bool {
        self.message.is_some() || self.events.first().is_some_and(|located| located.tx.is_some())
    }

    fn find_parties(&mut self) {
        for located in self.events {
            match located.body() {
                EventBody::LeaseClosed { id, .. } => {
                    *self.providers.entry(&id.provider).or_default() += 1;
                    self.owners.push(&id.order.group.deployment.owner);
                }
                EventBody::DeploymentClosed { id } => self.owners.push(&id.owner),
                _ => {}
            }
        }
        match self.message {
            Some(
                MessageBody::WithdrawLease { id }
                | MessageBody::CloseLease { id, .. }
                | MessageBody::CloseBid { id, .. },
            ) => {
                self.providers.entry(&id.provider).or_insert(1);
                self.owners.push(&id.order.group.deployment.owner);
            }
            Some(MessageBody::CloseDeployment { id }) => self.owners.push(&id.owner),
            _ => {}
        }
    }

    /// Coins into escrow.
    pub(super) fn deposit(&self) -> TransferClass {
        match self.message {
            Some(MessageBody::CreateDeployment { .. } | MessageBody::DepositDeployment { .. }) => {
                TransferClass::DeploymentDeposit
            }
            Some(MessageBody::AccountDeposit {
                scope: SCOPE_DEPLOYMENT,
                ..
            }) => TransferClass::DeploymentDeposit,
            Some(MessageBody::AccountDeposit { scope: SCOPE_BID, .. } | MessageBody::CreateBid { .. }) => {
                TransferClass::BidDeposit
            }
            _ => TransferClass::Unclassified,
        }
    }

    /// Coins out of escrow to the distribution module.
    pub(super) fn take_fee(&mut self) -> TransferClass {
        self.after_take = true;
        TransferClass::TakeFee
    }

    /// Coins out of escrow to an account.
    pub(super) fn outgoing(&mut self, position: usize, recipient: &str) -> TransferClass {
        let after_take = std::mem::take(&mut self.after_take);
        if after_take {
            self.spend(recipient);
            return TransferClass::LeasePayout;
        }
        if self.is_bid_refund(position, recipient) {
            return TransferClass::BidRefund;
        }
        if let Some(MessageBody::AccountDeposit { xid, .. }) = self.message {
            return self.debt_paid(position, recipient, xid);
        }
        if self.is_payout(recipient) {
            self.spend(recipient);
            return TransferClass::LeasePayout;
        }
        if self.owners.is_empty() {
            TransferClass::Unclassified
        } else {
            TransferClass::DeploymentRefund
        }
    }

    /// The next event of the market closes a bid of the recipient, and no other transfer out of escrow
    /// lies between; or a lease was created before, which returns the deposits of the losers.
    fn is_bid_refund(&self, position: usize, recipient: &str) -> bool {
        if matches!(self.message, Some(MessageBody::CreateLease { .. })) {
            let before = &self.events[..position];
            return before
                .iter()
                .any(|located| matches!(located.body(), EventBody::LeaseCreated { .. }));
        }
        for located in &self.events[position + 1..] {
            match located.body() {
                EventBody::Transfer { sender, .. } if sender == ESCROW => return false,
                EventBody::BidClosed { id } => return id.provider == recipient,
                body if is_market(body) => return false,
                _ => {}
            }
        }
        false
    }

    /// A deposit on an overdrawn account pays the debts first and, where the deployment is closed, goes
    /// back to its owner or to whoever just paid it in.
    fn debt_paid(&self, position: usize, recipient: &str, xid: &str) -> TransferClass {
        let owner = xid.split('/').next().unwrap_or_default();
        let paid_in = self.events[..position].iter().any(|located| match located.body() {
            EventBody::Transfer {
                sender, recipient: to, ..
            } => to == ESCROW && sender == recipient,
            _ => false,
        });
        if recipient == owner || paid_in {
            TransferClass::DeploymentRefund
        } else {
            TransferClass::LeasePayout
        }
    }

    /// A provider that is its own tenant gets payouts and refunds alike: with take fees only what follows
    /// one is a payout; without, as many as it has leases here, for they come first.
    fn is_payout(&self, recipient: &str) -> bool {
        let Some(left) = self.providers.get(recipient) else {
            return false;
        };
        let own_tenant = self.owners.contains(&recipient);
        !own_tenant || (!self.any_take && *left > 0)
    }

    fn spend(&mut self, recipient: &str) {
        if let Some(left) = self.providers.get_mut(recipient) {
            *left = left.saturating_sub(1);
        }
    }
}

fn is_market(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::DeploymentClosed { .. }
            | EventBody::GroupClosed { .. }
            | EventBody::GroupPaused { .. }
            | EventBody::OrderCreated { .. }
            | EventBody::OrderClosed { .. }
            | EventBody::BidCreated { .. }
            | EventBody::LeaseCreated { .. }
            | EventBody::LeaseClosed { .. }
    )
}
