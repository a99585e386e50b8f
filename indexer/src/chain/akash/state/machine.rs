//! The running machine: one block's context over the market and the escrow.
//!
//! Its methods live beside the objects they move: `market/` (messages and hooks), `escrow/` (calls and
//! settlement), `upgrades/`. They call one another as the chain's keepers do, in the same order, so
//! that what the chain stores when it stops half-way is what we store.

use super::error::StateError;
use super::escrow::{Account, AccountId, Escrow, Payment, PaymentId};
use super::flow::Flow;
use super::halt::Halt;
use super::ledger::TakeParams;
use super::market::{Bid, Deployment, Group, Lease, Market, Order};
use super::output::{Announced, ObjectKey, Place, Sent, StateOutput};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{BidId, DeploymentId, GroupId, Message, MessageBody, OrderId, Tx, Version};

/// What does not change within a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockContext<'a> {
    /// Version in force.
    pub(crate) version: Version,
    /// Height.
    pub(crate) height: u64,
    /// Block time, Unix seconds.
    pub(crate) time_unix_s: i64,
    /// Block time, Unix milliseconds.
    pub(crate) time_unix_ms: i64,
    /// Take parameters.
    pub(crate) take: &'a TakeParams,
    /// Price at which debts in uact are paid from uakt deposits: set while BME is halted by its
    /// collateral ratio or worse and the oracle has a price (v2.0.0+).
    pub(crate) akt_fallback: Option<Dec>,
}

/// The machine at work on one block.
pub(crate) struct Machine<'a> {
    pub(crate) block: BlockContext<'a>,
    pub(crate) market: &'a mut Market,
    pub(crate) escrow: &'a mut Escrow,
    pub(crate) out: &'a mut StateOutput,
    pub(crate) place: Place,
    pub(crate) flow: Flow,
}

impl Machine<'_> {
    /// Runs the messages of a transaction. A failed one changed nothing.
    pub(crate) fn transaction(&mut self, tx: &Tx) -> Result<(), StateError> {
        if !tx.succeeded() {
            return Ok(());
        }
        self.flow = Flow::of(&tx.events);
        for message in &tx.messages {
            self.place = Place::Message {
                tx_index: tx.index,
                msg_index: message.msg_index,
            };
            self.flow.begin(message.msg_index, message.inner_index);
            self.message(message)
                .map_err(|halt| halt.at(self.block.height, self.place))?;
        }
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Halt> {
        match &message.body {
            MessageBody::CreateDeployment {
                id,
                groups,
                hash,
                deposit,
                reclamation_min_window_s,
            } => self.create_deployment(id, groups, hash, deposit, *reclamation_min_window_s),
            MessageBody::UpdateDeployment { id, hash } => self.update_deployment(id, hash),
            MessageBody::CloseDeployment { id } => self.close_deployment(id),
            MessageBody::DepositDeployment { id, amount, depositor } => self.deposit_v038(id, amount, depositor),
            MessageBody::AccountDeposit {
                signer,
                scope,
                xid,
                deposit,
            } => self.account_deposit_message(signer, *scope, xid, &deposit.amount),
            MessageBody::CloseGroup { id } => self.close_group(id),
            MessageBody::PauseGroup { id } => self.pause_group(id),
            MessageBody::StartGroup { id } => self.start_group(id),
            MessageBody::CreateBid {
                id,
                price,
                deposit,
                resources_offer,
                reclamation_window_s,
            } => {
                let bid = Bid {
                    state: super::market::BidState::Open,
                    price: price.clone(),
                    created_at: self.block.height,
                    resources_offer: resources_offer.clone(),
                    reclamation_window_s: *reclamation_window_s,
                };
                self.create_bid(id, bid, &deposit.amount)
            }
            MessageBody::CloseBid { id, reason } => self.close_bid(id, *reason),
            MessageBody::CreateLease { id } => self.create_lease(id),
            MessageBody::WithdrawLease { id } => self.withdraw_lease(id),
            MessageBody::CloseLease { id, .. } => self.close_lease(id),
            MessageBody::StartReclaim { id, reason } => self.start_reclaim(id, *reason),
            _ => Ok(()),
        }
    }

    /// Records coins that leave the module; nothing is recorded for zero.
    pub(crate) fn send(&mut self, recipient: &str, denom: &str, amount: i128) {
        // A transfer of nothing still emits its event, so it counts in the sequence.
        self.flow.count_sent();
        if amount > 0 {
            self.out.sent.push(Sent {
                recipient: recipient.to_owned(),
                denom: denom.to_owned(),
                amount,
            });
        }
    }

    /// Records an event that the chain emits here.
    pub(crate) fn announce(&mut self, kind: &'static str, key: String, detail: String) {
        self.out.announced.push(Announced { kind, key, detail });
    }

    pub(crate) fn since(&self, version: Version) -> bool {
        self.block.version >= version
    }
}

/// Reading and writing objects: a write marks the object if it changed.
impl Machine<'_> {
    pub(crate) fn deployment(&self, id: &DeploymentId) -> Result<Deployment, Halt> {
        let found = self.market.deployments.get(id).cloned();
        found.ok_or_else(|| Halt::Missing("deployment", deployment_key(id)))
    }

    pub(crate) fn put_deployment(&mut self, id: &DeploymentId, value: Deployment) {
        if self.market.deployments.get(id) != Some(&value) {
            self.out.mark(ObjectKey::Deployment(id.clone()));
            self.market.deployments.insert(id.clone(), value);
        }
    }

    pub(crate) fn group(&self, id: &GroupId) -> Result<Group, Halt> {
        let found = self.market.groups.get(id).cloned();
        found.ok_or_else(|| Halt::Missing("group", group_key(id)))
    }

    pub(crate) fn put_group(&mut self, id: &GroupId, value: Group) {
        if self.market.groups.get(id) != Some(&value) {
            self.out.mark(ObjectKey::Group(id.clone()));
            self.market.groups.insert(id.clone(), value);
        }
    }

    pub(crate) fn order(&self, id: &OrderId) -> Result<Order, Halt> {
        let found = self.market.orders.get(id).cloned();
        found.ok_or_else(|| Halt::Missing("order", order_key(id)))
    }

    pub(crate) fn put_order(&mut self, id: &OrderId, value: Order) {
        if self.market.orders.get(id) != Some(&value) {
            self.out.mark(ObjectKey::Order(id.clone()));
            self.market.orders.insert(id.clone(), value);
        }
    }

    pub(crate) fn bid(&self, id: &BidId) -> Result<Bid, Halt> {
        let found = self.market.bids.get(id).cloned();
        found.ok_or_else(|| Halt::Missing("bid", bid_key(id)))
    }

    pub(crate) fn put_bid(&mut self, id: &BidId, value: Bid) {
        if self.market.bids.get(id) != Some(&value) {
            self.out.mark(ObjectKey::Bid(id.clone()));
            self.market.bids.insert(id.clone(), value);
        }
    }

    pub(crate) fn lease(&self, id: &BidId) -> Result<Lease, Halt> {
        let found = self.market.leases.get(id).cloned();
        found.ok_or_else(|| Halt::Missing("lease", bid_key(id)))
    }

    pub(crate) fn put_lease(&mut self, id: &BidId, value: Lease) {
        if self.market.leases.get(id) != Some(&value) {
            self.out.mark(ObjectKey::Lease(id.clone()));
            self.market.leases.insert(id.clone(), value);
        }
    }

    pub(crate) fn account(&self, id: &AccountId) -> Result<Account, Halt> {
        let found = self.escrow.accounts.get(id).cloned();
        found.ok_or_else(|| Halt::Missing("escrow account", format!("{}/{}", id.scope.name(), id.xid)))
    }

    pub(crate) fn put_account(&mut self, id: &AccountId, value: Account) {
        if self.escrow.accounts.get(id) != Some(&value) {
            self.out.mark(ObjectKey::EscrowAccount(id.clone()));
            self.escrow.accounts.insert(id.clone(), value);
        }
    }

    pub(crate) fn payment(&self, id: &PaymentId) -> Result<Payment, Halt> {
        let found = self.escrow.payments.get(id).cloned();
        found.ok_or_else(|| Halt::Missing("escrow payment", format!("{}/{}", id.account, id.xid)))
    }

    pub(crate) fn put_payment(&mut self, id: &PaymentId, value: Payment) {
        if self.escrow.payments.get(id) != Some(&value) {
            self.out.mark(ObjectKey::EscrowPayment(id.clone()));
            self.escrow.payments.insert(id.clone(), value);
        }
    }
}

/// `owner/dseq`.
pub(crate) fn deployment_key(id: &DeploymentId) -> String {
    format!("{}/{}", id.owner, id.dseq)
}

/// `owner/dseq/gseq`.
pub(crate) fn group_key(id: &GroupId) -> String {
    format!("{}/{}", deployment_key(&id.deployment), id.gseq)
}

/// `owner/dseq/gseq/oseq`.
pub(crate) fn order_key(id: &OrderId) -> String {
    format!("{}/{}", group_key(&id.group), id.oseq)
}

/// `owner/dseq/gseq/oseq/provider/bseq`.
pub(crate) fn bid_key(id: &BidId) -> String {
    format!("{}/{}/{}", order_key(&id.order), id.provider, id.bseq)
}
