//! The calls that messages and hooks make into escrow, by version.

use super::{AccountId, Payment, PaymentId};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Coin, DecCoin, Version};
use crate::chain::akash::state::escrow::AccountState;
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;

impl Machine<'_> {
    /// Closes an account with its payments.
    pub(crate) fn account_close(&mut self, id: &AccountId) -> Result<(), Halt> {
        match self.block.version {
            Version::V0_38 => self.account_close_v038(id),
            Version::V1_0 => self.account_close_v1(id),
            _ => self.account_close_v11(id),
        }
    }

    /// Settles the account and begins a payment.
    pub(crate) fn payment_create(&mut self, id: &PaymentId, owner: &str, rate: &DecCoin) -> Result<(), Halt> {
        if rate.amount <= Dec::ZERO {
            return Err(Halt::Refused("a payment of nothing, or less".into()));
        }
        if self.escrow.payments.contains_key(id) {
            return Err(Halt::Refused(format!(
                "payment {}/{} exists already",
                id.account, id.xid
            )));
        }
        match self.block.version {
            Version::V0_38 => self.settle_for_payment_v038(id, &rate.denom)?,
            Version::V1_0 => self.settle_for_payment_v1(id, &rate.denom)?,
            _ => self.settle_for_payment_v11(id, &rate.denom)?,
        }
        self.put_payment(id, new_payment(owner, rate));
        Ok(())
    }

    /// Settles the account and pays this payment out.
    pub(crate) fn payment_withdraw(&mut self, id: &PaymentId) -> Result<(), Halt> {
        if self.payment(id)?.state != AccountState::Open {
            return Err(Halt::Refused(format!("payment {}/{} is not open", id.account, id.xid)));
        }
        match self.block.version {
            Version::V0_38 => self.payment_withdraw_v038(id),
            Version::V1_0 => self.payment_withdraw_v1(id),
            _ => self.payment_withdraw_v11(id),
        }
    }

    /// Settles the account, closes this payment and pays it out.
    pub(crate) fn payment_close(&mut self, id: &PaymentId) -> Result<(), Halt> {
        let state = self.payment(id)?.state;
        let overdrawn = state == AccountState::Overdrawn && self.since(Version::V1_1);
        if state != AccountState::Open && !overdrawn {
            return Err(Halt::Refused(format!("payment {}/{} is not open", id.account, id.xid)));
        }
        match self.block.version {
            Version::V0_38 => self.payment_close_v038(id),
            Version::V1_0 => self.payment_close_v1(id),
            _ => self.payment_close_v11(id),
        }
    }
}

fn new_payment(owner: &str, rate: &DecCoin) -> Payment {
    let nothing = DecCoin {
        denom: rate.denom.clone(),
        amount: Dec::ZERO,
    };
    Payment {
        owner: owner.to_owned(),
        state: AccountState::Open,
        rate: rate.clone(),
        balance: nothing.clone(),
        unsettled: nothing,
        withdrawn: Coin {
            denom: rate.denom.clone(),
            amount: 0,
        },
    }
}
