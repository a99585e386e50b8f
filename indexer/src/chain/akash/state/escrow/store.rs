//! Storing settled objects from v1.0.0 on: refunds and hooks happen when an object is stored.

use super::{Account, AccountId, AccountState, Payment, PaymentId, Scope};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::Version;
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;

/// A payment in the hands of a settlement.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Id.
    pub(crate) id: PaymentId,
    /// The payment as it will be stored.
    pub(crate) payment: Payment,
    /// State when it was read.
    pub(crate) was: AccountState,
    /// What this settlement added to the balance.
    pub(crate) settled: Dec,
    /// Whether the call stores it.
    pub(crate) dirty: bool,
}

/// What a settlement hands on. Nothing of it is stored yet.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// Account.
    pub(crate) account: Account,
    /// Payments taken.
    pub(crate) payments: Vec<Held>,
    /// Whether money ran out.
    pub(crate) overdrawn: bool,
    /// Whether the account is stored even if the call does not change it.
    pub(crate) dirty: bool,
}

impl Settlement {
    pub(crate) fn untouched(account: Account, overdrawn: bool) -> Self {
        Self {
            account,
            payments: Vec::new(),
            overdrawn,
            dirty: false,
        }
    }
}

impl Machine<'_> {
    /// Payments that the store's prefix of an account yields, in one state, in byte order of the key.
    ///
    /// The prefix has no closing slash, so `owner/1005` also yields those of `owner/10058`.
    pub(crate) fn payments_by_prefix(&self, id: &AccountId, state: AccountState) -> Vec<Held> {
        if id.scope != Scope::Deployment {
            return Vec::new();
        }
        let first = PaymentId {
            account: id.xid.clone(),
            xid: String::new(),
        };
        let near = self
            .escrow
            .payments
            .range(first..)
            .take_while(|(near, _)| near.account.starts_with(&id.xid));
        let taken = near.filter(|(_, payment)| payment.state == state);
        let held = |(id, payment): (&PaymentId, &Payment)| Held {
            id: id.clone(),
            payment: payment.clone(),
            was: payment.state,
            settled: Dec::ZERO,
            dirty: false,
        };
        let mut payments: Vec<Held> = taken.map(held).collect();
        payments.sort_by_cached_key(|held| format!("{}/{}", held.id.account, held.id.xid));
        payments
    }

    /// Stores the account, if it is to be, then each payment that is to be; hooks run after each.
    pub(crate) fn save(&mut self, id: &AccountId, settlement: Settlement) -> Result<(), Halt> {
        if settlement.dirty {
            self.save_account(id, settlement.account)?;
        }
        for held in settlement.payments {
            if held.dirty {
                self.save_payment(&held.id, held.payment)?;
            } else {
                self.note_lost(&held.id, &held.payment.balance.denom, held.settled, "not_stored");
            }
        }
        Ok(())
    }

    /// Stores an account. A closed or overdrawn one gives its deposits back first, and its hook runs.
    pub(crate) fn save_account(&mut self, id: &AccountId, mut account: Account) -> Result<(), Halt> {
        if account.state == AccountState::Open {
            self.put_account(id, account);
            return Ok(());
        }
        for deposit in std::mem::take(&mut account.deposits) {
            if deposit.balance.amount <= Dec::ZERO {
                continue;
            }
            let whole = deposit.balance.amount.trunc();
            self.send(&deposit.owner, &deposit.balance.denom, whole);
            self.take_from_funds(&mut account, &deposit.balance.denom, deposit.balance.amount)?;
        }
        self.put_account(id, account.clone());
        self.on_account_closed(id, &account)
    }

    /// Before v2.0.0 the first line of funds falls by the whole units; later that of the denomination
    /// falls by the full amount.
    fn take_from_funds(&self, account: &mut Account, denom: &str, amount: Dec) -> Result<(), Halt> {
        if self.since(Version::V2_0) {
            if let Some(line) = account.funds.iter_mut().find(|line| line.denom == denom) {
                line.amount = line.amount.sub(amount)?;
            }
            return Ok(());
        }
        let first = account
            .funds
            .first_mut()
            .ok_or_else(|| Halt::Impossible("an account without funds".into()))?;
        first.amount = first.amount.sub(Dec::from_units(amount.trunc())?)?;
        Ok(())
    }

    /// Stores a payment; the hook of a closed or overdrawn one runs.
    pub(crate) fn save_payment(&mut self, id: &PaymentId, payment: Payment) -> Result<(), Halt> {
        self.put_payment(id, payment.clone());
        if payment.state == AccountState::Open {
            Ok(())
        } else {
            self.on_payment_closed(id, &payment)
        }
    }

    /// Records the balances of payments that stay open, unpaid for ever, under a closed account.
    pub(crate) fn note_unpaid(&mut self, id: &AccountId) {
        if id.scope != Scope::Deployment {
            return;
        }
        let open = self.payments_by_prefix(id, AccountState::Open);
        for held in open.iter().filter(|held| held.id.account == id.xid) {
            let balance = &held.payment.balance;
            self.note_lost(&held.id, &balance.denom, balance.amount, "account_closed_twice_settled");
        }
    }
}

impl Account {
    /// Takes an amount from the deposits of its denomination, oldest first, and drops those used up.
    /// What is missing becomes debt. The part that was there, and whether it was short.
    pub(crate) fn deduct(&mut self, denom: &str, amount: Dec) -> Result<(Dec, bool), Halt> {
        let (mut rest, mut taken) = (amount, Dec::ZERO);
        for deposit in self
            .deposits
            .iter_mut()
            .filter(|deposit| deposit.balance.denom == denom)
        {
            let part = deposit.balance.amount.min(rest);
            deposit.balance.amount = deposit.balance.amount.sub(part)?;
            rest = rest.sub(part)?;
            taken = taken.add(part)?;
            if rest.is_zero() {
                break;
            }
        }
        self.deposits.retain(|deposit| !deposit.balance.amount.is_zero());
        let transferred = self.transferred_of(denom)?;
        *transferred = transferred.add(taken)?;
        let funds = self.funds_of(denom)?;
        *funds = funds.sub(taken)?.sub(rest)?;
        Ok((taken, !rest.is_zero()))
    }

    /// The first line of funds, which decides about debt.
    pub(crate) fn first_funds(&self) -> Result<&crate::chain::akash::model::DecCoin, Halt> {
        self.funds
            .first()
            .ok_or_else(|| Halt::Impossible("an account without funds".into()))
    }
}
