//! Settlement from v1.1.0 on: one payment after another, debts kept (akash.md 2.10.4 and 2.10.5).

use super::settle_v1::find;
use super::store::{Held, Settlement};
use super::{Account, AccountId, AccountState, PaymentId};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::Version;
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;

/// The denomination from which debts are paid while BME is halted.
const UAKT: &str = "uakt";

impl Machine<'_> {
    /// Settles and stores the account, not the other payments: their dues are lost.
    pub(crate) fn settle_for_payment_v11(&mut self, id: &PaymentId, denom: &str) -> Result<(), Halt> {
        let account_id = id.account_id();
        let settlement = self.settle_v11(&account_id)?;
        self.store_for_payment(&account_id, settlement, denom)
    }

    pub(crate) fn payment_withdraw_v11(&mut self, id: &PaymentId) -> Result<(), Halt> {
        let account_id = id.account_id();
        let mut settlement = self.settle_v11(&account_id)?;
        if !settlement.overdrawn {
            let held = find(&mut settlement.payments, id)?;
            held.dirty |= self.pay_out(id, &mut held.payment)?;
        }
        self.save(&account_id, settlement)
    }

    /// A payment that was not settled now (the same block twice) stays open.
    pub(crate) fn payment_close_v11(&mut self, id: &PaymentId) -> Result<(), Halt> {
        let account_id = id.account_id();
        let mut settlement = self.settle_v11(&account_id)?;
        settlement.dirty = true;
        for held in &mut settlement.payments {
            held.dirty = true;
            if held.id == *id {
                close(held);
                self.pay_out(&held.id, &mut held.payment)?;
            }
        }
        self.save(&account_id, settlement)
    }

    pub(crate) fn account_close_v11(&mut self, id: &AccountId) -> Result<(), Halt> {
        if self.account(id)?.state == AccountState::Closed {
            return Err(Halt::Refused(format!("account {} is closed", id.xid)));
        }
        let mut settlement = self.settle_v11(id)?;
        settlement.dirty = true;
        if settlement.account.state == AccountState::Open {
            settlement.account.state = AccountState::Closed;
        }
        self.close_all(&mut settlement.payments)?;
        if settlement.payments.is_empty() {
            self.note_unpaid(id);
        }
        self.save(id, settlement)
    }

    fn close_all(&mut self, payments: &mut [Held]) -> Result<(), Halt> {
        for held in payments {
            held.dirty = true;
            close(held);
            self.pay_out(&held.id, &mut held.payment)?;
        }
        Ok(())
    }

    /// The end of a deposit. An overdrawn account tries to pay its debts: if it can, it closes.
    pub(crate) fn after_deposit_v11(&mut self, id: &AccountId, account: Account) -> Result<(), Halt> {
        if account.state != AccountState::Overdrawn {
            return self.save_account(id, account);
        }
        let mut settlement = self.settle_account_v11(id, account)?;
        self.close_all(&mut settlement.payments)?;
        if !settlement.overdrawn {
            settlement.account.state = AccountState::Closed;
        }
        settlement.dirty = true;
        self.save(id, settlement)
    }

    fn settle_v11(&mut self, id: &AccountId) -> Result<Settlement, Halt> {
        let account = self.account(id)?;
        self.settle_account_v11(id, account)
    }

    fn settle_account_v11(&mut self, id: &AccountId, mut account: Account) -> Result<Settlement, Halt> {
        if account.state == AccountState::Closed {
            return Err(Halt::Refused(format!("account {} is closed", id.xid)));
        }
        if account.first_funds()?.amount.is_negative() {
            return Ok(Settlement::untouched(account, true));
        }
        let mut blocks = 0;
        if account.state == AccountState::Open {
            blocks = i128::from(self.block.height.saturating_sub(account.settled_at));
            account.settled_at = self.block.height;
        }
        let mut payments = self.payments_by_prefix(id, AccountState::Overdrawn);
        if blocks > 0 {
            payments.extend(self.payments_by_prefix(id, AccountState::Open));
        }
        let mut settlement = Settlement {
            account,
            payments,
            overdrawn: false,
            dirty: true,
        };
        pay_in_turn(&mut settlement, blocks)?;
        if settlement.overdrawn && self.since(Version::V2_0) {
            self.pay_debts_in_akt(&mut settlement)?;
        }
        if settlement.overdrawn {
            settlement.account.state = AccountState::Overdrawn;
            for held in &mut settlement.payments {
                held.payment.state = AccountState::Overdrawn;
                self.pay_out(&held.id, &mut held.payment)?;
            }
        }
        Ok(settlement)
    }

    /// While BME is halted, debts are paid from uakt deposits straight to the providers; `withdrawn`
    /// does not count that.
    fn pay_debts_in_akt(&mut self, settlement: &mut Settlement) -> Result<(), Halt> {
        let Some(price) = self.block.akt_fallback.filter(|price| *price > Dec::ZERO) else {
            return Ok(());
        };
        let funds = settlement.account.funds.iter().find(|line| line.denom == UAKT);
        if funds.is_none_or(|line| line.amount <= Dec::ZERO) {
            return Ok(());
        }
        for held in &mut settlement.payments {
            let owed = held.payment.unsettled.amount;
            if held.payment.state != AccountState::Overdrawn || owed.is_zero() {
                continue;
            }
            let (paid, short) = settlement.account.deduct(UAKT, owed.quo(price)?)?;
            if paid.is_zero() {
                continue;
            }
            if short {
                *settlement.account.funds_of(UAKT)? = Dec::ZERO;
            }
            let whole = paid.trunc();
            if whole > 0 {
                self.send(&held.payment.owner, UAKT, whole);
                self.note_payout(&held.id, UAKT, whole, 0);
            }
            settle_debt(held, paid.mul(price)?)?;
            if short {
                break;
            }
        }
        let overdrawn = |held: &Held| held.payment.state == AccountState::Overdrawn;
        settlement.overdrawn = settlement.payments.iter().any(overdrawn);
        Ok(())
    }
}

fn close(held: &mut Held) {
    if held.payment.state == AccountState::Open {
        held.payment.state = AccountState::Closed;
    }
}

/// Lowers what a payment is owed; one that is owed nothing more is open again.
fn settle_debt(held: &mut Held, covered: Dec) -> Result<(), Halt> {
    let unsettled = &mut held.payment.unsettled.amount;
    *unsettled = unsettled.sub(covered)?;
    if *unsettled <= Dec::ZERO {
        *unsettled = Dec::ZERO;
        held.payment.state = AccountState::Open;
    }
    Ok(())
}

/// Serves the payments one after another: old debts in full, then rate × blocks in whole units. There
/// is no share by rate: once the money is gone the later ones are owed everything.
fn pay_in_turn(settlement: &mut Settlement, blocks: i128) -> Result<(), Halt> {
    let first = match settlement.payments.is_empty() {
        true => return Ok(()),
        false => settlement.account.first_funds()?.denom.clone(),
    };
    if let Some(other) = settlement.payments.iter().find(|held| held.payment.rate.denom != first) {
        return Err(Halt::Impossible(format!("payment {} is not in {first}", other.id.xid)));
    }
    for held in &mut settlement.payments {
        let payment = &mut held.payment;
        let due = if held.was == AccountState::Overdrawn {
            std::mem::take(&mut payment.unsettled.amount)
        } else {
            Dec::from_units(payment.rate.amount.mul_int(blocks)?.trunc())?
        };
        let (settled, short) = settlement.account.deduct(&payment.rate.denom, due)?;
        payment.balance.amount = payment.balance.amount.add(settled)?;
        held.settled = settled;
        held.dirty = true;
        if short {
            settlement.overdrawn = true;
            payment.state = AccountState::Overdrawn;
            payment.unsettled.amount = payment.unsettled.amount.add(due.sub(settled)?)?;
        } else {
            payment.state = AccountState::Open;
        }
    }
    Ok(())
}
