//! v2.0.0: axlUSDC becomes uact at once; deployments in uakt wait for a price.

use super::repricing::Moved;
use super::{UACT, UAKT, is_axl_usdc};
use crate::chain::akash::dec::{Dec, ONE};
use crate::chain::akash::model::{DeploymentId, GroupId};
use crate::chain::akash::state::escrow::{AccountId, AccountState, Scope};
use crate::chain::akash::state::flow::BME;
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;
use crate::chain::akash::state::market::{DeploymentState, Market};

/// Denomination of a deployment's first resource price that is not zero.
pub(in crate::chain::akash::state) fn price_denom(market: &Market, id: &DeploymentId) -> Option<String> {
    let groups: Vec<GroupId> = market.groups_of(id);
    let specs = groups.iter().filter_map(|group| market.groups.get(group));
    let mut prices = specs.flat_map(|group| &group.spec.resources).map(|unit| &unit.price);
    prices
        .find(|price| !price.amount.is_zero())
        .map(|price| price.denom.clone())
}

impl Machine<'_> {
    pub(super) fn upgrade_v2_0_0(&mut self) -> Result<(), Halt> {
        let mut moved = Moved::default();
        let deployments = self.market.deployments.iter();
        let active = deployments.filter(|(_, deployment)| deployment.state == DeploymentState::Active);
        let active: Vec<DeploymentId> = active.map(|(id, _)| id.clone()).collect();
        for id in active {
            match price_denom(self.market, &id) {
                Some(denom) if is_axl_usdc(&denom) => {
                    self.reprice(&id, &denom, Dec::from_scaled(ONE), &mut moved)?;
                }
                Some(denom) if denom == UAKT => {
                    self.market.waiting.insert(id);
                }
                _ => {}
            }
        }
        self.rename_orphaned_payments(&mut moved)?;
        self.rename_orphaned_accounts(&mut moved)?;
        self.exchange(moved);
        Ok(())
    }

    /// The end of a block of v2.0.x: once the oracle has a price, all that wait are repriced at once.
    ///
    /// One whose account is closed stays on the list, to no effect, until v2.1.0 throws the list away.
    pub(crate) fn reprice_waiting(&mut self, price: Dec) -> Result<(), Halt> {
        let mut moved = Moved::default();
        for id in self.market.waiting.clone() {
            if self.reprice(&id, UAKT, price, &mut moved)? {
                self.market.waiting.remove(&id);
            }
        }
        self.exchange(moved);
        Ok(())
    }

    /// Old coins go from escrow to BME, which burns them; new ones come back.
    fn exchange(&mut self, moved: Moved) {
        if moved.minted > 0 {
            for (denom, amount) in moved.burned {
                self.send(BME, &denom, amount);
            }
        }
    }

    fn rename_orphaned_payments(&mut self, moved: &mut Moved) -> Result<(), Halt> {
        let ids: Vec<_> = self.escrow.payments.keys().cloned().collect();
        for id in ids {
            let mut payment = self.payment(&id)?;
            if payment.state == AccountState::Closed || !is_axl_usdc(&payment.rate.denom) {
                continue;
            }
            moved.add(
                &payment.balance.denom,
                payment.balance.amount.trunc(),
                payment.balance.amount.trunc(),
            )?;
            for coin in [&mut payment.rate, &mut payment.balance, &mut payment.unsettled] {
                UACT.clone_into(&mut coin.denom);
            }
            UACT.clone_into(&mut payment.withdrawn.denom);
            self.put_payment(&id, payment);
        }
        Ok(())
    }

    fn rename_orphaned_accounts(&mut self, moved: &mut Moved) -> Result<(), Halt> {
        let unfinished = |state| matches!(state, AccountState::Open | AccountState::Overdrawn);
        let accounts = self.escrow.accounts.iter();
        let taken = accounts.filter(|(id, account)| id.scope == Scope::Deployment && unfinished(account.state));
        let ids: Vec<AccountId> = taken.map(|(id, _)| id.clone()).collect();
        for id in ids {
            let mut account = self.account(&id)?;
            let mut changed = false;
            for funds in account.funds.iter_mut().filter(|funds| is_axl_usdc(&funds.denom)) {
                moved.add(&funds.denom, funds.amount.trunc(), funds.amount.trunc())?;
                UACT.clone_into(&mut funds.denom);
                changed = true;
            }
            for deposit in account
                .deposits
                .iter_mut()
                .filter(|deposit| is_axl_usdc(&deposit.balance.denom))
            {
                UACT.clone_into(&mut deposit.balance.denom);
                changed = true;
            }
            if changed {
                account.begin_transferred(UACT);
                self.put_account(&id, account);
            }
        }
        Ok(())
    }
}
