//! v1.1.0: the repair of overdrawn accounts, as it was written (akash.md 2.10.9).

use super::AXL_USDC;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{BidId, GroupId};
use crate::chain::akash::state::escrow::{Account, AccountId, AccountState, Payment, PaymentId, Scope};
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;
use crate::chain::akash::state::market::{BidState, DeploymentState, GroupState, LeaseState, OrderState, reason};

const WHY_LOST: &str = "v1.1.0_repair";

impl Machine<'_> {
    pub(super) fn upgrade_v1_1_0(&mut self) -> Result<(), Halt> {
        for id in self.open_accounts() {
            let account = self.account(&id)?;
            if account.funds.first().is_some_and(|funds| funds.denom == AXL_USDC) {
                self.repair_account(&id, account)?;
            }
        }
        for id in self.open_accounts() {
            let Some(deployment) = id.deployment() else { continue };
            let Some(deployment) = self.market.deployments.get(&deployment) else {
                break;
            };
            if deployment.state == DeploymentState::Closed {
                self.write_off_account(&id)?;
            }
        }
        Ok(())
    }

    fn open_accounts(&self) -> Vec<AccountId> {
        let open = self
            .escrow
            .accounts
            .iter()
            .filter(|(_, account)| account.state == AccountState::Open);
        open.map(|(id, _)| id.clone()).collect()
    }

    fn unfinished_payments(&self, id: &AccountId) -> Vec<(PaymentId, Payment)> {
        if id.scope != Scope::Deployment {
            return Vec::new();
        }
        let states = [AccountState::Open, AccountState::Overdrawn];
        let held = states.into_iter().flat_map(|state| self.payments_by_prefix(id, state));
        held.map(|held| (held.id, held.payment)).collect()
    }

    /// Pass 1: solvent or not, the account is charged for height *plus* `settled_at` blocks and loses
    /// its deposits.
    fn repair_account(&mut self, id: &AccountId, mut account: Account) -> Result<(), Halt> {
        let blocks = i128::from(self.block.height) + i128::from(account.settled_at);
        let payments = self.unfinished_payments(id);
        let mut rates = Dec::ZERO;
        for (_, payment) in &payments {
            rates = rates.add(payment.rate.amount)?;
            if payment.state == AccountState::Overdrawn {
                account.state = AccountState::Overdrawn;
            }
        }
        let owed = rates.mul_int(blocks)?;
        let held = account
            .deposits
            .iter()
            .try_fold(Dec::ZERO, |sum, deposit| sum.add(deposit.balance.amount))?;
        let overdrawn = held <= owed || account.state == AccountState::Overdrawn;
        account.deposits.clear();
        if let Some(funds) = account.funds.first_mut() {
            funds.amount = funds.amount.sub(owed)?;
        }
        if !overdrawn {
            account.state = AccountState::Closed;
        }
        self.close_repaired(id, &account)?;
        self.put_account(id, account);
        for (payment_id, payment) in payments {
            self.repair_payment(&payment_id, payment, overdrawn, blocks)?;
        }
        Ok(())
    }

    /// The balance is gone, and the stored rate itself becomes rate × blocks.
    fn repair_payment(
        &mut self,
        id: &PaymentId,
        mut payment: Payment,
        overdrawn: bool,
        blocks: i128,
    ) -> Result<(), Halt> {
        payment.state = if overdrawn {
            AccountState::Overdrawn
        } else {
            AccountState::Closed
        };
        self.note_lost(id, &payment.balance.denom, payment.balance.amount, WHY_LOST);
        payment.balance.amount = Dec::ZERO;
        payment.rate.amount = payment.rate.amount.mul_int(blocks)?;
        payment.unsettled.amount = payment.rate.amount;
        self.on_payment_closed(id, &payment)?;
        self.put_payment(id, payment);
        Ok(())
    }

    /// Like the account hook, but the leases' payments are left to the repair.
    fn close_repaired(&mut self, id: &AccountId, account: &Account) -> Result<(), Halt> {
        let Some(deployment) = id.deployment() else {
            return Err(Halt::Impossible(format!(
                "the repair met the account {} of a bid",
                id.xid
            )));
        };
        let active = self
            .market
            .deployments
            .get(&deployment)
            .is_some_and(|d| d.state == DeploymentState::Active);
        if !active {
            return Ok(());
        }
        self.set_deployment_closed(&deployment)?;
        let state = match account.state {
            AccountState::Overdrawn => GroupState::InsufficientFunds,
            _ => GroupState::Closed,
        };
        for group in self.market.groups_of(&deployment) {
            if self.group(&group)?.state != GroupState::Closed {
                self.set_group_closed(&group, state)?;
                self.close_repaired_group(&group)?;
            }
        }
        Ok(())
    }

    fn close_repaired_group(&mut self, id: &GroupId) -> Result<(), Halt> {
        for order in self.market.orders_of(id, OrderState::Active) {
            self.on_order_closed(&order)?;
            for state in [BidState::Open, BidState::Active] {
                for bid in self.market.bids_of(&order, state) {
                    self.close_repaired_bid(&bid)?;
                }
            }
        }
        Ok(())
    }

    fn close_repaired_bid(&mut self, bid: &BidId) -> Result<(), Halt> {
        self.on_bid_closed(bid)?;
        if self.market.leases.contains_key(bid) {
            self.on_lease_closed(bid, LeaseState::Closed, reason::OWNER)?;
        }
        Ok(())
    }

    /// Pass 2: an open account of a closed deployment is written off with its payments.
    fn write_off_account(&mut self, id: &AccountId) -> Result<(), Halt> {
        let mut account = self.account(id)?;
        account.deposits.clear();
        account.state = AccountState::Closed;
        if let Some(funds) = account.funds.first_mut() {
            funds.amount = Dec::ZERO;
        }
        self.put_account(id, account);
        for (payment_id, mut payment) in self.unfinished_payments(id) {
            self.note_lost(&payment_id, &payment.balance.denom, payment.balance.amount, WHY_LOST);
            payment.state = AccountState::Closed;
            payment.balance.amount = Dec::ZERO;
            self.put_payment(&payment_id, payment);
        }
        Ok(())
    }
}
