//! Settlement up to v0.38: decimals, shares by rate, everything stored at once (akash.md 2.10.3).

use super::deposits::no_legacy;
use super::{Account, AccountId, AccountState, LegacyFunds, Payment, PaymentId, Scope};
use crate::chain::akash::dec::{Dec, ONE};
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;

/// What a settlement hands on: the account and its payments as stored, and whether money ran out.
struct Settled {
    account: Account,
    payments: Vec<(PaymentId, Payment)>,
    overdrawn: bool,
}

impl Machine<'_> {
    /// Settles, then adds the payment: refused when the account runs dry.
    pub(crate) fn settle_for_payment_v038(&mut self, id: &PaymentId, denom: &str) -> Result<(), Halt> {
        let settled = self.settle_v038(&id.account_id(), false)?;
        let same = settled.account.legacy.is_some_and(|legacy| legacy.denom == denom);
        if settled.overdrawn || !same {
            return Err(Halt::Refused(format!(
                "account {} takes no payment in {denom}",
                id.account
            )));
        }
        Ok(())
    }

    pub(crate) fn payment_withdraw_v038(&mut self, id: &PaymentId) -> Result<(), Halt> {
        if self.settle_v038(&id.account_id(), false)?.overdrawn {
            return Ok(());
        }
        let payment = self.payment(id)?;
        self.pay_and_store_v038(id, payment).map(|_| ())
    }

    pub(crate) fn payment_close_v038(&mut self, id: &PaymentId) -> Result<(), Halt> {
        if self.settle_v038(&id.account_id(), false)?.overdrawn {
            return Ok(());
        }
        let mut payment = self.payment(id)?;
        payment.state = AccountState::Closed;
        let payment = self.pay_and_store_v038(id, payment)?;
        self.on_payment_closed(id, &payment)
    }

    pub(crate) fn account_close_v038(&mut self, id: &AccountId) -> Result<(), Halt> {
        let Settled {
            mut account,
            mut payments,
            overdrawn,
        } = self.settle_v038(id, true)?;
        if overdrawn {
            return Ok(());
        }
        account.state = AccountState::Closed;
        self.refund_v038(id, &mut account)?;
        for (payment_id, payment) in &mut payments {
            payment.state = AccountState::Closed;
            *payment = self.pay_and_store_v038(payment_id, payment.clone())?;
        }
        self.on_account_closed(id, &account)?;
        for (payment_id, payment) in &payments {
            self.on_payment_closed(payment_id, payment)?;
        }
        // An account that stays open lets the hooks close and pay its payments after all.
        if payments.is_empty() && self.account(id)?.state == AccountState::Closed {
            self.note_unpaid(id);
        }
        Ok(())
    }

    /// Pays a payment out and stores it. If there is less than a unit to pay, nothing is stored, not
    /// even a new state.
    fn pay_and_store_v038(&mut self, id: &PaymentId, mut payment: Payment) -> Result<Payment, Halt> {
        if self.pay_out(id, &mut payment)? {
            self.put_payment(id, payment.clone());
        }
        Ok(payment)
    }

    /// Gives the rest of a closed account back. If there is less than a unit of each part, nothing is
    /// stored, and the account stays open.
    fn refund_v038(&mut self, id: &AccountId, account: &mut Account) -> Result<(), Halt> {
        let owner = account.owner.clone();
        let legacy = account.legacy.as_mut().ok_or_else(no_legacy)?;
        let unit = Dec::from_scaled(ONE);
        if legacy.balance < unit && legacy.funds < unit {
            return Ok(());
        }
        if legacy.balance >= unit {
            let whole = legacy.balance.trunc();
            self.send(&owner, &legacy.denom, whole);
            legacy.balance = legacy.balance.sub(Dec::from_units(whole)?)?;
        }
        if legacy.funds > Dec::ZERO {
            let whole = legacy.funds.trunc();
            self.send(&legacy.depositor, &legacy.denom, whole);
            legacy.funds = legacy.funds.sub(Dec::from_units(whole)?)?;
        }
        self.put_account(id, account.clone());
        Ok(())
    }

    /// `closing` says whether the account is closed next.
    fn settle_v038(&mut self, id: &AccountId, closing: bool) -> Result<Settled, Halt> {
        let mut account = self.account(id)?;
        if account.state != AccountState::Open {
            return Err(Halt::Refused(format!("account {} is not open", id.xid)));
        }
        let blocks = i128::from(self.block.height.saturating_sub(account.settled_at));
        if blocks == 0 {
            return Ok(Settled {
                account,
                payments: Vec::new(),
                overdrawn: false,
            });
        }
        account.settled_at = self.block.height;
        let mut payments = self.open_payments_of(id);
        if payments.is_empty() {
            self.put_account(id, account.clone());
            return Ok(Settled {
                account,
                payments,
                overdrawn: false,
            });
        }
        let rate = payments
            .iter()
            .try_fold(Dec::ZERO, |sum, (_, payment)| sum.add(payment.rate.amount))?;
        let legacy = account.legacy.as_mut().ok_or_else(no_legacy)?;
        let paid = pay_full_blocks(legacy, &mut payments, rate, blocks)?;
        self.return_lost_grant(legacy, closing);
        if paid == blocks {
            self.put_account(id, account.clone());
            for (payment_id, payment) in &payments {
                self.put_payment(payment_id, payment.clone());
            }
            return Ok(Settled {
                account,
                payments,
                overdrawn: false,
            });
        }
        self.overdraw_v038(id, account, payments, rate)
    }

    /// Open payments of exactly this account, in store order.
    fn open_payments_of(&self, id: &AccountId) -> Vec<(PaymentId, Payment)> {
        if id.scope != Scope::Deployment {
            return Vec::new();
        }
        let first = PaymentId {
            account: id.xid.clone(),
            xid: String::new(),
        };
        let own = self
            .escrow
            .payments
            .range(first..)
            .take_while(|(payment, _)| payment.account == id.xid);
        let open = own.filter(|(_, payment)| payment.state == AccountState::Open);
        open.map(|(id, payment)| (id.clone(), payment.clone())).collect()
    }

    /// While another's money is in the account, each settlement looks for the grant it came by. If the
    /// grant is gone the whole units go back and the account forgets the rest. Whether it is gone only
    /// the transfer shows: grants expire without a trace.
    ///
    /// A closing gives the same units to the same depositor when the grant stands. Then the order tells,
    /// for the owner's part goes first. Where the owner has no part nothing tells, and the grant counts as
    /// standing: every deployment that a grant alone has paid for closes that way.
    fn return_lost_grant(&mut self, legacy: &mut LegacyFunds, closing: bool) {
        if legacy.funds <= Dec::ZERO {
            return;
        }
        let whole = legacy.funds.trunc();
        let refund_alone = closing && whole > 0 && legacy.balance < Dec::from_scaled(ONE);
        if !refund_alone && self.flow.next_is(&legacy.depositor, &legacy.denom, whole) {
            self.send(&legacy.depositor, &legacy.denom, whole);
            legacy.funds = Dec::ZERO;
        }
    }

    /// Shares what is left by rate, pays everybody out, and lets the hooks close what hangs on it.
    fn overdraw_v038(
        &mut self,
        id: &AccountId,
        mut account: Account,
        mut payments: Vec<(PaymentId, Payment)>,
        rate: Dec,
    ) -> Result<Settled, Halt> {
        let legacy = account.legacy.as_mut().ok_or_else(no_legacy)?;
        let rest = legacy.balance;
        let mut shared = Dec::ZERO;
        for (_, payment) in &mut payments {
            let share = rest.mul(payment.rate.amount)?.quo(rate)?;
            payment.balance.amount = payment.balance.amount.add(share)?;
            shared = shared.add(share)?;
        }
        legacy.transferred = legacy.transferred.add(shared)?;
        legacy.balance = rest.sub(shared)?;
        account.state = AccountState::Overdrawn;
        self.put_account(id, account.clone());
        for (payment_id, payment) in &mut payments {
            payment.state = AccountState::Overdrawn;
            self.put_payment(payment_id, payment.clone());
            *payment = self.pay_and_store_v038(payment_id, payment.clone())?;
        }
        self.on_account_closed(id, &account)?;
        for (payment_id, payment) in &payments {
            self.on_payment_closed(payment_id, payment)?;
        }
        Ok(Settled {
            account,
            payments,
            overdrawn: true,
        })
    }
}

/// Pays as many whole blocks as the money lasts for, at most `blocks`; how many those were. When it
/// does not last, all money moves to `balance`, from which the shares are taken.
fn pay_full_blocks(
    legacy: &mut LegacyFunds,
    payments: &mut [(PaymentId, Payment)],
    rate: Dec,
    blocks: i128,
) -> Result<i128, Halt> {
    let lasts = legacy.balance.add(legacy.funds)?.quo(rate)?.trunc();
    let paid = lasts.min(blocks);
    for (_, payment) in payments {
        let due = payment.rate.amount.mul_int(paid)?;
        payment.balance.amount = payment.balance.amount.add(due)?;
    }
    let total = rate.mul_int(paid)?;
    legacy.transferred = legacy.transferred.add(total)?;
    // The depositor's money goes first.
    legacy.funds = legacy.funds.sub(total)?;
    if legacy.funds.is_negative() {
        legacy.balance = legacy.balance.add(legacy.funds)?;
        legacy.funds = Dec::ZERO;
    }
    if paid != blocks {
        legacy.balance = legacy.balance.add(legacy.funds)?;
        legacy.funds = Dec::ZERO;
    }
    Ok(paid)
}
