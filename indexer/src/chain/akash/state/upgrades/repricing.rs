//! One deployment into uact: its group and order prices, open and active bids, lease, escrow.

use super::UACT;
use crate::chain::akash::dec::{Dec, DecError};
use crate::chain::akash::model::{BidId, Coin, DecCoin, DeploymentId, GroupId, GroupSpec, OrderId};
use crate::chain::akash::state::escrow::{Account, AccountId, AccountState, PaymentId};
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;
use crate::chain::akash::state::market::{BidState, GroupState, LeaseState, OrderState};
use crate::chain::akash::state::output::Repriced;
use std::collections::BTreeMap;

/// Coins of the escrow module that the migration exchanges, in whole units.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Burned, by denomination.
    pub(super) burned: BTreeMap<String, i128>,
    /// Minted in uact.
    pub(super) minted: i128,
}

impl Moved {
    /// Adds an exchange; nothing below one unit.
    pub(super) fn add(&mut self, denom: &str, burned: i128, minted: i128) -> Result<(), Halt> {
        if burned > 0 {
            let sum = self.burned.entry(denom.to_owned()).or_default();
            *sum = sum.checked_add(burned).ok_or(DecError::Range)?;
        }
        self.minted = self.minted.checked_add(minted.max(0)).ok_or(DecError::Range)?;
        Ok(())
    }
}

/// From which denomination, and at how many new units for one old.
#[derive(Clone, Copy)]
struct Rate<'a> {
    from: &'a str,
    rate: Dec,
}

impl Rate<'_> {
    fn convert(self, coin: &mut DecCoin) -> Result<(), Halt> {
        if coin.denom == self.from {
            coin.amount = coin.amount.mul(self.rate)?;
            UACT.clone_into(&mut coin.denom);
        }
        Ok(())
    }

    fn convert_spec(self, spec: &mut GroupSpec) -> Result<(), Halt> {
        spec.resources
            .iter_mut()
            .try_for_each(|unit| self.convert(&mut unit.price))
    }

    fn convert_whole(self, coin: &mut Coin) -> Result<(), Halt> {
        if coin.denom == self.from {
            coin.amount = self.rate.mul_int(coin.amount)?.trunc();
            UACT.clone_into(&mut coin.denom);
        }
        Ok(())
    }
}

impl Machine<'_> {
    /// Reprices one deployment; false if its account is closed. What closed meanwhile is passed over bit by
    /// bit: a closed group's market objects, a closed account with its payments.
    pub(super) fn reprice(
        &mut self,
        id: &DeploymentId,
        from: &str,
        rate: Dec,
        moved: &mut Moved,
    ) -> Result<bool, Halt> {
        let rate = Rate { from, rate };
        for group_id in self.market.groups_of(id) {
            let mut group = self.group(&group_id)?;
            if matches!(group.state, GroupState::Open | GroupState::Paused) {
                rate.convert_spec(&mut group.spec)?;
                self.put_group(&group_id, group);
                self.reprice_orders(&group_id, rate)?;
            }
        }
        self.reprice_escrow(&AccountId::of_deployment(id), rate, moved)
    }

    fn reprice_orders(&mut self, group: &GroupId, rate: Rate<'_>) -> Result<(), Halt> {
        for state in [OrderState::Open, OrderState::Active] {
            for order_id in self.market.orders_of(group, state) {
                let mut order = self.order(&order_id)?;
                rate.convert_spec(&mut order.spec)?;
                self.put_order(&order_id, order);
                self.reprice_bids(&order_id, rate)?;
            }
        }
        Ok(())
    }

    fn reprice_bids(&mut self, order: &OrderId, rate: Rate<'_>) -> Result<(), Halt> {
        for state in [BidState::Open, BidState::Active] {
            for bid_id in self.market.bids_of(order, state) {
                let mut bid = self.bid(&bid_id)?;
                rate.convert(&mut bid.price)?;
                self.put_bid(&bid_id, bid);
            }
        }
        let active = self.market.bids_of(order, BidState::Active);
        active.first().map_or(Ok(()), |bid| self.reprice_lease(bid, rate))
    }

    fn reprice_lease(&mut self, id: &BidId, rate: Rate<'_>) -> Result<(), Halt> {
        let mut lease = self.lease(id)?;
        let counts = matches!(lease.state, LeaseState::Active | LeaseState::InsufficientFunds);
        if !counts || lease.price.denom != rate.from {
            return Ok(());
        }
        let old = lease.price.clone();
        rate.convert(&mut lease.price)?;
        let new = lease.price.clone();
        self.out.repriced.push(Repriced {
            place: self.place,
            lease: id.clone(),
            old,
            new,
            rate: rate.rate,
        });
        self.put_lease(id, lease);
        Ok(())
    }

    fn reprice_escrow(&mut self, id: &AccountId, rate: Rate<'_>, moved: &mut Moved) -> Result<bool, Halt> {
        let mut account = self.account(id)?;
        if account.state == AccountState::Closed {
            return Ok(false);
        }
        // A debt is converted, but no coins stand behind it.
        let mut sum = Exchange::default();
        for funds in account.funds.iter_mut().filter(|funds| funds.denom == rate.from) {
            sum.convert(rate, funds)?;
        }
        account
            .deposits
            .iter_mut()
            .try_for_each(|deposit| rate.convert(&mut deposit.balance))?;
        account.begin_transferred(UACT);
        self.put_account(id, account);
        for state in [AccountState::Open, AccountState::Overdrawn] {
            for held in self.payments_by_prefix(id, state) {
                self.reprice_payment(&held.id, rate, &mut sum)?;
            }
        }
        moved.add(rate.from, sum.old.trunc(), sum.new.trunc())?;
        Ok(true)
    }

    fn reprice_payment(&mut self, id: &PaymentId, rate: Rate<'_>, sum: &mut Exchange) -> Result<(), Halt> {
        let mut payment = self.payment(id)?;
        if payment.balance.denom == rate.from {
            sum.convert(rate, &mut payment.balance)?;
        }
        rate.convert(&mut payment.rate)?;
        rate.convert(&mut payment.unsettled)?;
        rate.convert_whole(&mut payment.withdrawn)?;
        self.put_payment(id, payment);
        Ok(())
    }
}

/// Coins of one deployment's account and payments before and after.
#[derive(Default)]
struct Exchange {
    old: Dec,
    new: Dec,
}

impl Exchange {
    /// Converts a coin and adds it to the sums, unless it is a debt.
    fn convert(&mut self, rate: Rate<'_>, coin: &mut DecCoin) -> Result<(), Halt> {
        let old = coin.amount;
        rate.convert(coin)?;
        if !old.is_negative() {
            self.old = self.old.add(old)?;
            self.new = self.new.add(coin.amount)?;
        }
        Ok(())
    }
}

impl Account {
    /// Appends a line of zero, whatever lines there are, as the migration does.
    pub(super) fn begin_transferred(&mut self, denom: &str) {
        self.transferred.push(DecCoin {
            denom: denom.to_owned(),
            amount: Dec::ZERO,
        });
    }
}
