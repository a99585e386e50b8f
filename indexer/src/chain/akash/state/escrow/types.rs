//! The objects of the escrow module, in one shape for all versions.

use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{BidId, Coin, DecCoin, DeploymentId, GroupId, OrderId};
use std::collections::BTreeMap;

/// What an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// A deployment: pays leases.
    Deployment,
    /// A bid: a deposit that is returned.
    Bid,
}

impl Scope {
    /// Name as the chain prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Bid => "bid",
        }
    }
}

/// Account id: scope and the text id within it (`owner/dseq` or `owner/dseq/gseq/oseq/provider`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct AccountId {
    /// Scope.
    pub scope: Scope,
    /// Text id.
    pub xid: String,
}

impl AccountId {
    /// Account of a deployment.
    pub fn of_deployment(id: &DeploymentId) -> Self {
        Self {
            scope: Scope::Deployment,
            xid: format!("{}/{}", id.owner, id.dseq),
        }
    }

    /// Account of a bid. The bid number is not part of it.
    pub fn of_bid(id: &BidId) -> Self {
        let deployment = &id.order.group.deployment;
        let (gseq, oseq) = (id.order.group.gseq, id.order.oseq);
        let xid = format!("{}/{}/{gseq}/{oseq}/{}", deployment.owner, deployment.dseq, id.provider);
        Self { scope: Scope::Bid, xid }
    }
}

/// Payment id: the deployment's account and `gseq/oseq/provider`. Ordered as the chain's store is:
/// by the bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct PaymentId {
    /// Text id of the deployment's account.
    pub account: String,
    /// `gseq/oseq/provider`.
    pub xid: String,
}

impl PaymentId {
    /// Payment of a lease.
    pub fn of_lease(id: &BidId) -> Self {
        let (gseq, oseq) = (id.order.group.gseq, id.order.oseq);
        Self {
            account: AccountId::of_deployment(&id.order.group.deployment).xid,
            xid: format!("{gseq}/{oseq}/{}", id.provider),
        }
    }
}

impl AccountId {
    /// The deployment that the account belongs to; `None` for a bid's account or an id that is none.
    pub fn deployment(&self) -> Option<DeploymentId> {
        if self.scope != Scope::Deployment {
            return None;
        }
        let (owner, dseq) = self.xid.split_once('/')?;
        Some(DeploymentId {
            owner: owner.to_owned(),
            dseq: dseq.parse().ok()?,
        })
    }
}

impl PaymentId {
    /// The lease that the payment belongs to; `None` if the id is none of a lease.
    pub fn lease(&self) -> Option<BidId> {
        let account = AccountId {
            scope: Scope::Deployment,
            xid: self.account.clone(),
        };
        let mut parts = self.xid.splitn(3, '/');
        let (gseq, oseq) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let group = GroupId {
            deployment: account.deployment()?,
            gseq,
        };
        Some(BidId {
            order: OrderId { group, oseq },
            provider: parts.next()?.to_owned(),
            bseq: 0,
        })
    }
}

/// State of an account or a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// Money ran out.
    Overdrawn,
}

impl AccountState {
    /// Name as the chain prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Overdrawn => "overdrawn",
        }
    }
}

/// Where a deposit came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FundingSource {
    /// The depositor's own balance.
    Balance,
    /// An authorization of the depositor for the signer.
    Grant,
}

impl FundingSource {
    /// Name as the chain prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::Grant => "grant",
        }
    }
}

/// One deposit and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// Whose coins they were, and who gets the rest back.
    pub owner: String,
    /// Height of the deposit; 0 for those taken over by v1.0.0.
    pub height: u64,
    /// Own balance or grant.
    pub source: FundingSource,
    /// What is left.
    pub balance: DecCoin,
}

/// Funds before v1.0.0: one denomination, the owner's balance and another depositor's funds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LegacyFunds {
    /// Denomination of the account.
    pub denom: String,
    /// What the owner put in and is left.
    pub balance: Dec,
    /// What the depositor put in and is left.
    pub funds: Dec,
    /// Who else may deposit; the owner until somebody does.
    pub depositor: String,
    /// Moved to payments.
    pub transferred: Dec,
}

/// Escrow account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Account {
    /// Owner.
    pub owner: String,
    /// State.
    pub state: AccountState,
    /// Height up to which payments are settled.
    pub settled_at: u64,
    /// Sum of the deposits per denomination; below zero is a debt (v1.0.0+).
    pub funds: Vec<DecCoin>,
    /// Moved to payments, per denomination (v1.0.0+).
    pub transferred: Vec<DecCoin>,
    /// Deposits not used up, oldest first (v1.0.0+).
    pub deposits: Vec<Source>,
    /// The account's money before v1.0.0; `None` from then on.
    pub legacy: Option<LegacyFunds>,
}

/// Escrow payment of a lease.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Payment {
    /// Provider.
    pub owner: String,
    /// State.
    pub state: AccountState,
    /// Price per block.
    pub rate: DecCoin,
    /// Settled and not paid out.
    pub balance: DecCoin,
    /// Owed and not covered; always zero before v1.0.0.
    pub unsettled: DecCoin,
    /// Paid out in whole units, take fee included.
    pub withdrawn: Coin,
}

/// All accounts and payments.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Escrow {
    /// Accounts.
    #[serde(with = "super::super::pairs")]
    pub accounts: BTreeMap<AccountId, Account>,
    /// Payments.
    #[serde(with = "super::super::pairs")]
    pub payments: BTreeMap<PaymentId, Payment>,
}
