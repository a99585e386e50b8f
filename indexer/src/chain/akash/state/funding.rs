//! Until when an escrow account lasts: the first height at which a settlement would find it overdrawn.
//!
//! The chain closes nothing by itself: a lease whose money is used up stays active until somebody
//! touches its account (akash.md 0.5). So whether it is *funded* has to be computed, by the rules of the
//! version in force (akash.md 2.10), from what the account and its payments say.

use super::State;
use super::escrow::{Account, AccountId, AccountState, Payment, PaymentId, Scope};
use super::output::{ObjectKey, StateOutput};
use crate::chain::akash::dec::{Dec, ONE};
use crate::chain::akash::model::Version;
use ruint::aliases::U256;

/// How far the money of a deployment's account reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funding {
    /// Denomination in which the account pays; empty if it holds none.
    pub denom: String,
    /// Height up to which payments are settled.
    pub settled_at: u64,
    /// Sum of the rates of the open payments, per block.
    pub rate: Dec,
    /// Money that covers them: the deposits of the denomination that are left.
    pub available: Dec,
    /// First height at which a settlement finds the account overdrawn; `None` while nothing is due.
    ///
    /// By the rules in force at the height of the state: an upgrade later on may move it. Money that a
    /// provider could draw in another denomination while BME is halted is not counted.
    pub predicted_close: Option<u64>,
    /// `ceil(settled_at + available / rate)`, the height at which the incumbent takes the leases off its
    /// counts. It knows no whole units, and where the money lasts to the last unit it ends a block earlier.
    pub console_predicted_close: Option<u64>,
}

/// What is due of an account: open payments by rate, and debts.
struct Dues {
    rates: Vec<U256>,
    debts: U256,
}

impl State {
    /// How far the money of this account reaches; `None` if it is not there or is a bid's.
    pub fn funding(&self, id: &AccountId) -> Option<Funding> {
        let account = self.escrow.accounts.get(id)?;
        if id.scope != Scope::Deployment {
            return None;
        }
        let version = self.version();
        let denom = denom_of(account);
        let dues = self.dues(version, id);
        let available = available(account, &denom);
        let rate = dues.rates.iter().fold(U256::ZERO, |sum, rate| sum + rate);
        let (settled_at, lasts) = (account.settled_at, lasts(version, account, &dues, available));
        let console = (!rate.is_zero()).then(|| available.div_ceil(rate));
        Some(Funding {
            denom,
            settled_at,
            rate: dec(rate),
            available: dec(available),
            predicted_close: lasts.map(|blocks| after(settled_at, blocks)),
            console_predicted_close: console.map(|blocks| after(settled_at, blocks)),
        })
    }

    /// Payments that a settlement of the account serves. From v1.0.0 on the store's prefix has no closing
    /// slash, so `owner/1005` also pays for `owner/10058`.
    fn dues(&self, version: Version, id: &AccountId) -> Dues {
        let first = PaymentId {
            account: id.xid.clone(),
            xid: String::new(),
        };
        let near = self.escrow.payments.range(first..);
        let near = near.take_while(|(payment, _)| payment.account.starts_with(&id.xid));
        let served = near.filter(|(payment, _)| version >= Version::V1_0 || payment.account == id.xid);
        let mut dues = Dues {
            rates: Vec::new(),
            debts: U256::ZERO,
        };
        for (_, payment) in served {
            dues.add(version, payment);
        }
        dues
    }

    /// Marks the funding of every account that this block may have moved: those that changed, those whose
    /// payments did, and all open ones where the rules changed.
    pub(super) fn mark_funding(&self, height: u64, out: &mut StateOutput) {
        let mut moved: Vec<AccountId> = Vec::new();
        for key in out.changed() {
            match key {
                ObjectKey::EscrowAccount(id) => moved.push(id.clone()),
                ObjectKey::EscrowPayment(id) => moved.extend(self.accounts_that_serve(id)),
                _ => {}
            }
        }
        if self.rules.upgrades_at(height).next().is_some() {
            let accounts = self.escrow.accounts.iter();
            let open = accounts.filter(|(_, account)| account.state == AccountState::Open);
            moved.extend(open.map(|(id, _)| id.clone()));
        }
        for id in moved.into_iter().filter(|id| id.scope == Scope::Deployment) {
            out.mark(ObjectKey::EscrowFunding(id));
        }
    }

    /// The payment's own account, and those whose name is a beginning of its name.
    fn accounts_that_serve(&self, payment: &PaymentId) -> Vec<AccountId> {
        let name = &payment.account;
        let digits = name.rfind('/').map_or(name.len(), |slash| slash + 1);
        let ends = (digits..=name.len()).filter(|end| name.is_char_boundary(*end));
        let ids = ends.map(|end| AccountId {
            scope: Scope::Deployment,
            xid: name[..end].to_owned(),
        });
        ids.filter(|id| self.escrow.accounts.contains_key(id)).collect()
    }
}

impl Dues {
    fn add(&mut self, version: Version, payment: &Payment) {
        match payment.state {
            AccountState::Open => self.rates.push(scaled(payment.rate.amount)),
            AccountState::Overdrawn if version >= Version::V1_1 => self.debts += scaled(payment.unsettled.amount),
            AccountState::Overdrawn | AccountState::Closed => {}
        }
    }

    /// What is due after so many blocks. From v1.1.0 on each payment's part is cut to whole units.
    fn after(&self, version: Version, blocks: U256) -> U256 {
        let unit = scaled(Dec::from_scaled(ONE));
        let due = |rate: &U256| {
            let exact = rate.saturating_mul(blocks);
            if version >= Version::V1_1 {
                exact - exact % unit
            } else {
                exact
            }
        };
        self.rates
            .iter()
            .fold(self.debts, |sum, rate| sum.saturating_add(due(rate)))
    }
}

/// Blocks after `settled_at` at which the account is first found overdrawn; `None` if never.
fn lasts(version: Version, account: &Account, dues: &Dues, available: U256) -> Option<U256> {
    let in_debt = version >= Version::V1_1 && account.funds.first().is_some_and(|funds| funds.amount.is_negative());
    if account.state != AccountState::Open || in_debt || dues.debts > available {
        return Some(U256::ZERO);
    }
    let rate = dues.rates.iter().fold(U256::ZERO, |sum, rate| sum + rate);
    if rate.is_zero() {
        return None;
    }
    let one = U256::from(1);
    if version == Version::V0_38 {
        return Some(full_blocks_v038(available, rate) + one);
    }
    let free = available - dues.debts;
    // Without cutting, dues exceed the money one block after the last that is covered in full; each cut
    // leaves less than one unit, so with cutting it is at most so much later.
    let first = free / rate + one;
    if version < Version::V1_1 {
        return Some(first);
    }
    let cut = U256::from(dues.rates.len()) * scaled(Dec::from_scaled(ONE));
    let (mut low, mut high) = (first, (free + cut) / rate + one);
    while low < high {
        let middle = (low + high) / U256::from(2);
        if dues.after(version, middle) > available {
            high = middle;
        } else {
            low = middle + one;
        }
    }
    Some(low)
}

/// v0.38 divides with 18 places, half to even, and cuts the quotient (`LegacyDec.Quo`, `TruncateInt`).
fn full_blocks_v038(available: U256, rate: U256) -> U256 {
    let one = scaled(Dec::from_scaled(ONE));
    let quotient = available.saturating_mul(one).saturating_mul(one) / rate;
    let (whole, rest) = (quotient / one, quotient % one);
    let twice = rest * U256::from(2);
    let up = twice > one || (twice == one && whole.bit(0));
    (if up { whole + U256::from(1) } else { whole }) / one
}

fn denom_of(account: &Account) -> String {
    let legacy = account.legacy.as_ref().map(|legacy| &legacy.denom);
    let first = account.funds.first().map(|funds| &funds.denom);
    legacy.or(first).cloned().unwrap_or_default()
}

fn available(account: &Account, denom: &str) -> U256 {
    if let Some(legacy) = &account.legacy {
        return scaled(legacy.balance) + scaled(legacy.funds);
    }
    let own = account.deposits.iter().filter(|deposit| deposit.balance.denom == denom);
    own.fold(U256::ZERO, |sum, deposit| sum + scaled(deposit.balance.amount))
}

/// Scaled by 10^18; nothing that is below zero is money or a rate.
fn scaled(amount: Dec) -> U256 {
    U256::from(u128::try_from(amount.scaled()).unwrap_or(0))
}

/// Sums beyond the range of the decimals stick at its end.
fn dec(scaled: U256) -> Dec {
    Dec::from_scaled(i128::try_from(scaled).unwrap_or(i128::MAX))
}

fn after(settled_at: u64, blocks: U256) -> u64 {
    settled_at.saturating_add(u64::try_from(blocks).unwrap_or(u64::MAX))
}
