//! Coins and the identities of objects.

use crate::chain::akash::dec::Dec;

/// An amount in base units with its denomination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Coin {
    /// Denomination, such as `uakt`, `uact` or `ibc/…`.
    pub denom: String,
    /// Whole base units. Chain integers above 2^127 are refused by the decoder.
    pub amount: i128,
}

/// A decimal amount with its denomination (prices, escrow balances).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct DecCoin {
    /// Denomination.
    pub denom: String,
    /// Base units with 18 places.
    pub amount: Dec,
}

/// Deployment, `owner/dseq`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct DeploymentId {
    /// Tenant's address.
    pub owner: String,
    /// Sequence, unique per owner only, chosen by the client.
    pub dseq: u64,
}

/// Group of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct GroupId {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Group number, from 1.
    pub gseq: u32,
}

/// Order of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct OrderId {
    /// The group.
    pub group: GroupId,
    /// Order number, from 1; a group that is started again gets the next one.
    pub oseq: u32,
}

/// Bid on an order, and the lease that may come of it: both have the same identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct BidId {
    /// The order.
    pub order: OrderId,
    /// Provider's address.
    pub provider: String,
    /// Bid number; 0 in every version so far.
    pub bseq: u32,
}

/// A lease has the identity of its bid.
pub type LeaseId = BidId;
