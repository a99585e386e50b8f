//! What closes with what (akash.md 2.10.6).

use super::{BidState, DeploymentState, GroupState, LeaseState, OrderState, reason};
use crate::chain::akash::model::{BidId, DeploymentId, GroupId, OrderId, Version};
use crate::chain::akash::state::escrow::{Account, AccountId, AccountState, Payment, PaymentId};
use crate::chain::akash::state::halt::{Halt, swallow};
use crate::chain::akash::state::machine::{Machine, deployment_key};

impl Machine<'_> {
    /// An account was stored as closed or overdrawn: its deployment closes.
    ///
    /// From v1.1.0 on an account that is not of a deployment is refused, after it is stored.
    pub(crate) fn on_account_closed(&mut self, id: &AccountId, account: &Account) -> Result<(), Halt> {
        let Some(deployment) = id.deployment() else {
            let refused = self.since(Version::V1_1);
            return if refused {
                Err(Halt::Refused("not a deployment's account".into()))
            } else {
                Ok(())
            };
        };
        let active = self
            .market
            .deployments
            .get(&deployment)
            .is_some_and(|d| d.state == DeploymentState::Active);
        if !active {
            return Ok(());
        }
        let groups = match account.state {
            AccountState::Overdrawn => GroupState::InsufficientFunds,
            _ => GroupState::Closed,
        };
        self.set_deployment_closed(&deployment)?;
        for group in self.market.groups_of(&deployment) {
            if self.group(&group)?.state != GroupState::Closed {
                self.set_group_closed(&group, groups)?;
                self.on_group_closed(&group, groups)?;
            }
        }
        Ok(())
    }

    /// Closes a deployment, without its groups.
    pub(crate) fn set_deployment_closed(&mut self, id: &DeploymentId) -> Result<(), Halt> {
        let mut deployment = self.deployment(id)?;
        deployment.state = DeploymentState::Closed;
        self.put_deployment(id, deployment);
        self.announce("deployment_closed", deployment_key(id), String::new());
        Ok(())
    }

    /// A payment was stored as closed or overdrawn: if its bid is still active, order, bid and lease close.
    pub(crate) fn on_payment_closed(&mut self, id: &PaymentId, payment: &Payment) -> Result<(), Halt> {
        let Some(lease) = id.lease() else { return Ok(()) };
        if self
            .market
            .bids
            .get(&lease)
            .is_none_or(|bid| bid.state != BidState::Active)
        {
            return Ok(());
        }
        self.on_order_closed(&lease.order)?;
        self.on_bid_closed(&lease)?;
        if payment.state == AccountState::Overdrawn {
            self.on_lease_closed(&lease, LeaseState::InsufficientFunds, reason::INSUFFICIENT_FUNDS)
        } else {
            self.on_lease_closed(&lease, LeaseState::Closed, reason::UNSPECIFIED)
        }
    }

    /// Orders, bids and leases of a group close; `state` is what the group has become.
    ///
    /// Open orders stay open, with their bids, before v2.1.0.
    pub(crate) fn on_group_closed(&mut self, id: &GroupId, state: GroupState) -> Result<(), Halt> {
        let broke = state == GroupState::InsufficientFunds && self.since(Version::V1_2);
        let (lease, why) = if broke {
            (LeaseState::InsufficientFunds, reason::INSUFFICIENT_FUNDS)
        } else {
            (LeaseState::Closed, reason::OWNER)
        };
        let mut orders = Vec::new();
        if self.since(Version::V2_1) {
            orders.extend(self.market.orders_of(id, OrderState::Open));
        }
        orders.extend(self.market.orders_of(id, OrderState::Active));
        for order in orders {
            self.close_order(&order, lease, why)?;
        }
        Ok(())
    }

    fn close_order(&mut self, order: &OrderId, lease: LeaseState, why: i32) -> Result<(), Halt> {
        self.on_order_closed(order)?;
        for state in [BidState::Open, BidState::Active] {
            for bid in self.bids_in_store_order(order, state) {
                self.close_bid_and_lease(&bid, lease, why)?;
            }
        }
        Ok(())
    }

    fn close_bid_and_lease(&mut self, bid: &BidId, lease: LeaseState, why: i32) -> Result<(), Halt> {
        self.on_bid_closed(bid)?;
        if self.market.leases.contains_key(bid) {
            self.on_lease_closed(bid, lease, why)?;
            swallow(self.payment_close(&PaymentId::of_lease(bid)))?;
        }
        Ok(())
    }
}
