//! Deposits: who paid, into which account.

use super::{Account, AccountId, AccountState, FundingSource, LegacyFunds, Scope, Source};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Coin, DecCoin, DeploymentId, Version};
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::{Machine, deployment_key};
use crate::chain::akash::state::market::DeploymentState;

impl Machine<'_> {
    /// A new account with its first deposit. `depositor` is who pays before v1.0.0, if not the owner;
    /// later the transfers of the message tell.
    pub(crate) fn account_create(
        &mut self,
        id: &AccountId,
        owner: &str,
        depositor: Option<&str>,
        deposit: &Coin,
    ) -> Result<(), Halt> {
        if self.escrow.accounts.contains_key(id) {
            return Err(Halt::Refused(format!(
                "account {}/{} exists already",
                id.scope.name(),
                id.xid
            )));
        }
        let mut account = self.new_account(owner);
        if self.block.version == Version::V0_38 {
            let depositor = depositor.unwrap_or(owner);
            account.legacy = Some(LegacyFunds {
                denom: deposit.denom.clone(),
                balance: Dec::ZERO,
                funds: Dec::ZERO,
                depositor: depositor.to_owned(),
                transferred: Dec::ZERO,
            });
            Self::fetch_deposit_v038(&mut account, depositor, deposit)?;
        } else {
            account.add_denom(&deposit.denom);
            self.fetch_deposits(&mut account, owner, deposit)?;
        }
        self.put_account(id, account);
        Ok(())
    }

    fn new_account(&self, owner: &str) -> Account {
        Account {
            owner: owner.to_owned(),
            state: AccountState::Open,
            settled_at: self.block.height,
            funds: Vec::new(),
            transferred: Vec::new(),
            deposits: Vec::new(),
            legacy: None,
        }
    }

    /// `MsgDepositDeployment` (before v1.0.0). Beside the owner only one other address may deposit.
    pub(crate) fn deposit_v038(&mut self, id: &DeploymentId, amount: &Coin, depositor: &str) -> Result<(), Halt> {
        if self.deployment(id)?.state != DeploymentState::Active || self.block.version != Version::V0_38 {
            return Err(Halt::Refused(format!(
                "deployment {} takes no deposit",
                deployment_key(id)
            )));
        }
        let account_id = AccountId::of_deployment(id);
        let mut account = self.account(&account_id)?;
        let owner = account.owner.clone();
        let depositor = if depositor.is_empty() {
            owner.as_str()
        } else {
            depositor
        };
        let open = account.state == AccountState::Open;
        let legacy = account
            .legacy
            .as_mut()
            .filter(|legacy| open && legacy.denom == amount.denom);
        let Some(legacy) = legacy else {
            return Err(Halt::Refused(format!(
                "account {} takes no such deposit",
                account_id.xid
            )));
        };
        if depositor != owner {
            if legacy.depositor == owner {
                legacy.depositor = depositor.to_owned();
            } else if legacy.depositor != depositor {
                return Err(Halt::Refused(format!(
                    "account {} has another depositor",
                    account_id.xid
                )));
            }
        }
        Self::fetch_deposit_v038(&mut account, depositor, amount)?;
        self.put_account(&account_id, account);
        Ok(())
    }

    /// The message says all that matters here, so no transfer is asked.
    fn fetch_deposit_v038(account: &mut Account, depositor: &str, deposit: &Coin) -> Result<(), Halt> {
        if deposit.amount < 0 {
            return Err(Halt::Impossible("a deposit below zero".into()));
        }
        let amount = Dec::from_units(deposit.amount)?;
        let own = account.owner == depositor;
        let legacy = account.legacy.as_mut().ok_or_else(no_legacy)?;
        let part = if own { &mut legacy.balance } else { &mut legacy.funds };
        *part = part.add(amount)?;
        Ok(())
    }

    /// `MsgAccountDeposit` (v1.0.0+): any signer, any account that is not closed.
    pub(crate) fn account_deposit_message(
        &mut self,
        signer: &str,
        scope: i32,
        xid: &str,
        deposit: &Coin,
    ) -> Result<(), Halt> {
        let scope = match scope {
            1 => Scope::Deployment,
            2 => Scope::Bid,
            other => return Err(Halt::Refused(format!("no account has scope {other}"))),
        };
        let id = AccountId {
            scope,
            xid: xid.to_owned(),
        };
        let mut account = self.account(&id)?;
        let closed = account.state == AccountState::Closed;
        if closed || (self.block.version <= Version::V1_0 && account.state != AccountState::Open) {
            return Err(Halt::Refused(format!("account {xid} takes no deposit")));
        }
        if !self.since(Version::V2_0) && !account.has_denom(&deposit.denom) {
            return Err(Halt::Refused(format!("account {xid} holds no {}", deposit.denom)));
        }
        account.add_denom(&deposit.denom);
        self.fetch_deposits(&mut account, signer, deposit)?;
        self.after_deposit_v11(&id, account)
    }

    /// Adds the sources of a deposit, as the transfers into the module show them.
    fn fetch_deposits(&mut self, account: &mut Account, signer: &str, deposit: &Coin) -> Result<(), Halt> {
        for paid in self.flow.take_deposit(deposit)? {
            let amount = Dec::from_units(paid.coin.amount)?;
            let debt_forgotten = self.since(Version::V1_1);
            let funds = account.funds_of(&deposit.denom)?;
            if funds.is_negative() && debt_forgotten {
                *funds = Dec::ZERO;
            }
            *funds = funds.add(amount)?;
            let source = if paid.sender == signer {
                FundingSource::Balance
            } else {
                FundingSource::Grant
            };
            let balance = DecCoin {
                denom: paid.coin.denom,
                amount,
            };
            account.deposits.push(Source {
                owner: paid.sender,
                height: self.block.height,
                source,
                balance,
            });
        }
        Ok(())
    }
}

/// An account of the era before v1.0.0 that has no funds of that era.
pub(crate) fn no_legacy() -> Halt {
    Halt::Impossible("an account without the funds of its version".into())
}

impl Account {
    /// Whether the account has funds in this denomination, zero included.
    pub(crate) fn has_denom(&self, denom: &str) -> bool {
        self.funds.iter().any(|funds| funds.denom == denom)
    }

    /// Begins lines of this denomination in `funds` and `transferred`, where there are none.
    pub(crate) fn add_denom(&mut self, denom: &str) {
        for lines in [&mut self.funds, &mut self.transferred] {
            if !lines.iter().any(|line| line.denom == denom) {
                lines.push(DecCoin {
                    denom: denom.to_owned(),
                    amount: Dec::ZERO,
                });
            }
        }
    }

    /// The funds in this denomination.
    pub(crate) fn funds_of(&mut self, denom: &str) -> Result<&mut Dec, Halt> {
        line(&mut self.funds, denom)
    }

    /// The sum moved to payments in this denomination.
    pub(crate) fn transferred_of(&mut self, denom: &str) -> Result<&mut Dec, Halt> {
        line(&mut self.transferred, denom)
    }
}

/// The chain panics where an account has no line of the denomination.
fn line<'a>(lines: &'a mut [DecCoin], denom: &str) -> Result<&'a mut Dec, Halt> {
    let found = lines.iter_mut().rev().find(|line| line.denom == denom);
    found
        .map(|line| &mut line.amount)
        .ok_or_else(|| Halt::Impossible(format!("an account without {denom}")))
}
