//! Settlement in v1.0.x, whose overdraft is broken (akash.md 2.10.8).

use super::store::{Held, Settlement};
use super::{AccountId, AccountState, PaymentId};
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;

impl Machine<'_> {
    /// Settles and stores the account, not the other payments: their dues are lost.
    pub(crate) fn settle_for_payment_v1(&mut self, id: &PaymentId, denom: &str) -> Result<(), Halt> {
        let account_id = id.account_id();
        let settlement = self.settle_v1(&account_id)?;
        self.store_for_payment(&account_id, settlement, denom)
    }

    /// The end of a payment's creation from v1.0.0 on: only the account is stored.
    pub(crate) fn store_for_payment(
        &mut self,
        id: &AccountId,
        settlement: Settlement,
        denom: &str,
    ) -> Result<(), Halt> {
        if settlement.overdrawn || !settlement.account.has_denom(denom) {
            return Err(Halt::Refused(format!("account {} takes no payment in {denom}", id.xid)));
        }
        for held in &settlement.payments {
            self.note_lost(&held.id, &held.payment.balance.denom, held.settled, "lease_created");
        }
        if settlement.dirty {
            self.save_account(id, settlement.account)
        } else {
            Ok(())
        }
    }

    pub(crate) fn payment_withdraw_v1(&mut self, id: &PaymentId) -> Result<(), Halt> {
        let account_id = id.account_id();
        let mut settlement = self.settle_v1(&account_id)?;
        if !settlement.overdrawn {
            let held = find(&mut settlement.payments, id)?;
            held.dirty |= self.pay_out(id, &mut held.payment)?;
        }
        self.save(&account_id, settlement)
    }

    /// When money runs out here, payouts are sent and nothing is stored.
    pub(crate) fn payment_close_v1(&mut self, id: &PaymentId) -> Result<(), Halt> {
        let account_id = id.account_id();
        let mut settlement = self.settle_v1(&account_id)?;
        if settlement.overdrawn {
            return Ok(());
        }
        let held = find(&mut settlement.payments, id)?;
        self.pay_out(id, &mut held.payment)?;
        held.payment.state = AccountState::Closed;
        held.dirty = true;
        self.save(&account_id, settlement)
    }

    /// When money runs out here, payouts are sent and nothing is stored: the deployment stays active.
    pub(crate) fn account_close_v1(&mut self, id: &AccountId) -> Result<(), Halt> {
        let mut settlement = self.settle_v1(id)?;
        if settlement.overdrawn {
            return Ok(());
        }
        settlement.account.state = AccountState::Closed;
        settlement.dirty = true;
        for held in &mut settlement.payments {
            held.payment.state = AccountState::Closed;
            held.dirty = true;
            self.pay_out(&held.id, &mut held.payment)?;
        }
        if settlement.payments.is_empty() {
            self.note_unpaid(id);
        }
        self.save(id, settlement)
    }

    fn settle_v1(&mut self, id: &AccountId) -> Result<Settlement, Halt> {
        let mut account = self.account(id)?;
        if account.state != AccountState::Open {
            return Err(Halt::Refused(format!("account {} is not open", id.xid)));
        }
        let blocks = i128::from(self.block.height.saturating_sub(account.settled_at));
        if blocks == 0 {
            return Ok(Settlement::untouched(account, false));
        }
        account.settled_at = self.block.height;
        let payments = self.payments_by_prefix(id, AccountState::Open);
        let mut settlement = Settlement {
            account,
            payments,
            overdrawn: false,
            dirty: true,
        };
        for held in &mut settlement.payments {
            // Dues keep their decimals, and what is not covered is recorded nowhere but in the funds.
            let due = held.payment.rate.amount.mul_int(blocks)?;
            let (settled, short) = settlement.account.deduct(&held.payment.rate.denom, due)?;
            held.payment.balance.amount = held.payment.balance.amount.add(settled)?;
            held.settled = settled;
            settlement.overdrawn |= short;
        }
        if settlement.overdrawn {
            settlement.account.state = AccountState::Overdrawn;
            for held in &mut settlement.payments {
                held.payment.state = AccountState::Overdrawn;
                held.dirty = true;
                self.pay_out(&held.id, &mut held.payment)?;
            }
        }
        Ok(settlement)
    }
}

/// The chain panics where the payment was not settled now (the same block twice).
pub(crate) fn find<'a>(payments: &'a mut [Held], id: &PaymentId) -> Result<&'a mut Held, Halt> {
    let found = payments.iter_mut().find(|held| held.id == *id);
    found.ok_or_else(|| Halt::Impossible(format!("payment {}/{} was not settled now", id.account, id.xid)))
}
