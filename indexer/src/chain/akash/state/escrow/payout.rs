//! Coins out of the module: a payment's balance, with the take fee split off.

use super::{AccountId, Payment, PaymentId, Scope};
use crate::chain::akash::dec::{Dec, DecError};
use crate::chain::akash::model::{DecCoin, Version};
use crate::chain::akash::state::flow::DISTRIBUTION;
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;
use crate::chain::akash::state::output::{LostDue, Payout};

impl Machine<'_> {
    /// Pays the whole units of a payment's balance out: the take fee to the community pool, the rest to
    /// the provider. Whether anything was paid; nothing is stored here.
    pub(crate) fn pay_out(&mut self, id: &PaymentId, payment: &mut Payment) -> Result<bool, Halt> {
        let gross = payment.balance.amount.trunc();
        if gross <= 0 {
            return Ok(false);
        }
        let denom = payment.balance.denom.clone();
        let take_fee = self.take_fee(&denom, gross)?;
        if take_fee > 0 {
            self.send(DISTRIBUTION, &denom, take_fee);
        }
        if gross > take_fee {
            self.send(&payment.owner, &denom, gross - take_fee);
        }
        payment.withdrawn.amount = payment.withdrawn.amount.checked_add(gross).ok_or(DecError::Range)?;
        payment.balance.amount = payment.balance.amount.sub(Dec::from_units(gross)?)?;
        self.note_payout(id, &denom, gross, take_fee);
        Ok(true)
    }

    /// The community pool's part of a payout: trunc(amount × rate / 100). v2.0.0 deleted the module.
    fn take_fee(&self, denom: &str, amount: i128) -> Result<i128, Halt> {
        if self.since(Version::V2_0) {
            return Ok(0);
        }
        let rate = i128::from(self.block.take.rate(denom));
        if rate > 100 {
            return Err(Halt::Impossible(format!("a take of {rate} percent")));
        }
        // Split so that no product leaves the range: amount = 100 q + r.
        Ok((amount / 100) * rate + (amount % 100) * rate / 100)
    }

    /// Records a payout of a lease.
    pub(crate) fn note_payout(&mut self, id: &PaymentId, denom: &str, gross: i128, take_fee: i128) {
        if let Some(lease) = id.lease() {
            let (place, denom) = (self.place, denom.to_owned());
            self.out.payouts.push(Payout {
                place,
                lease,
                gross,
                take_fee,
                denom,
            });
        }
    }

    /// Records a due that left the tenant's account and reaches nobody.
    pub(crate) fn note_lost(&mut self, id: &PaymentId, denom: &str, amount: Dec, why: &'static str) {
        if let (Some(lease), false) = (id.lease(), amount.is_zero()) {
            let amount = DecCoin {
                denom: denom.to_owned(),
                amount,
            };
            self.out.lost.push(LostDue {
                place: self.place,
                lease,
                amount,
                why,
            });
        }
    }
}

impl PaymentId {
    /// The account that the payment draws on.
    pub(crate) fn account_id(&self) -> AccountId {
        AccountId {
            scope: Scope::Deployment,
            xid: self.account.clone(),
        }
    }
}
