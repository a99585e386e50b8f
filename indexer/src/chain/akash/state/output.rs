//! What one block changed: the sink that every part of the state writes to.
//!
//! Objects are only *marked* while the block runs; their rows are written once, at the end of the
//! block, with the values that they have then. So a block yields at most one row per object, and
//! the order of the rows is the order of the keys.

use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{BidId, Coin, DecCoin, DeploymentId, GroupId, OrderId};
use std::collections::BTreeSet;

/// An object with an as-of history, by its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKey {
    /// Deployment.
    Deployment(DeploymentId),
    /// Group.
    Group(GroupId),
    /// Order.
    Order(OrderId),
    /// Bid.
    Bid(BidId),
    /// Lease.
    Lease(BidId),
    /// Escrow account.
    EscrowAccount(super::escrow::AccountId),
    /// Escrow payment.
    EscrowPayment(super::escrow::PaymentId),
    /// How far the money of a deployment's escrow account reaches.
    EscrowFunding(super::escrow::AccountId),
    /// What the incumbent counts as spent, by denomination.
    AccruedSpend(String),
    /// Provider by address.
    Provider(String),
    /// One attribute of a provider.
    ProviderAttribute {
        /// Provider.
        owner: String,
        /// Key.
        key: String,
        /// Value.
        value: String,
    },
    /// Attributes of a provider that an auditor signed.
    Audit {
        /// Provider.
        owner: String,
        /// Auditor.
        auditor: String,
    },
    /// The BME vault.
    BmeVault,
    /// A record of the BME ledger.
    BmeLedger {
        /// Burned denomination.
        denom: String,
        /// Minted denomination.
        to_denom: String,
        /// Owner of the burned coins.
        source: String,
        /// Height in the record's id.
        height: u64,
        /// Sequence in the record's id.
        sequence: u64,
    },
    /// A price that a feeder set.
    OraclePrice {
        /// Source number.
        source: u32,
        /// Asset.
        denom: String,
        /// Base.
        base_denom: String,
        /// Feeder's time, nanoseconds since the Unix epoch.
        time_ns: i64,
        /// Sequence within the time.
        sequence: u64,
    },
    /// Health and aggregate of a priced asset.
    OracleStatus(String),
    /// Supply of a denomination.
    Supply(String),
}

/// Where in a block something happened; the index columns of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Place {
    /// Upgrade handlers and begin-block.
    Begin,
    /// A message of a transaction.
    Message {
        /// Transaction.
        tx_index: u32,
        /// Outermost message.
        msg_index: u32,
    },
    /// End-block.
    End,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Begin => f.write_str("begin of block"),
            Self::Message { tx_index, msg_index } => write!(f, "tx {tx_index} msg {msg_index}"),
            Self::End => f.write_str("end of block"),
        }
    }
}

/// A payout of a lease's payment, or a direct payment of its debt in AKT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Where.
    pub place: Place,
    /// Lease.
    pub lease: BidId,
    /// Whole units, take fee included.
    pub gross: i128,
    /// The community pool's part.
    pub take_fee: i128,
    /// Denomination.
    pub denom: String,
}

/// Money that left a tenant's account for a lease and reached nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostDue {
    /// Where.
    pub place: Place,
    /// Lease.
    pub lease: BidId,
    /// Amount in base units.
    pub amount: DecCoin,
    /// Which rule of the chain lost it.
    pub why: &'static str,
}

/// Beginning or end of a losing bid's deposit being left with the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// Where.
    pub place: Place,
    /// Bid.
    pub bid: BidId,
    /// Deposit.
    pub deposit: Coin,
    /// Whether the deposit was released here.
    pub released: bool,
}

/// A lease whose price the v2.0.0 migration changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repriced {
    /// Where.
    pub place: Place,
    /// Lease.
    pub lease: BidId,
    /// Price before.
    pub old: DecCoin,
    /// Price after.
    pub new: DecCoin,
    /// New units for one old.
    pub rate: Dec,
}

/// Coins that the machine says left the escrow module account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Receiver.
    pub recipient: String,
    /// Denomination.
    pub denom: String,
    /// Whole units, above zero.
    pub amount: i128,
}

/// An event that the chain must have emitted: kind, key of the object, detail (reason, price or empty).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Announced {
    /// Kind, such as `lease_closed`.
    pub kind: &'static str,
    /// Key of the object, as the chain writes ids: parts joined by `/`.
    pub key: String,
    /// Reason or price, where the event carries one.
    pub detail: String,
}

/// Everything that one block did to the state.
#[derive(Debug, Default)]
pub struct StateOutput {
    changed: BTreeSet<ObjectKey>,
    /// Payouts.
    pub payouts: Vec<Payout>,
    /// Dues that reached nobody.
    pub lost: Vec<LostDue>,
    /// Deposits of losing bids, left or released.
    pub stranded: Vec<Stranded>,
    /// Leases repriced by the v2.0.0 migration.
    pub repriced: Vec<Repriced>,
    /// Coins that left the escrow module account.
    pub sent: Vec<Sent>,
    /// Events that the chain must have emitted.
    pub announced: Vec<Announced>,
    /// Comparison of this block's computed transfers and events with the observed ones.
    pub audits: Vec<super::audit::Audit>,
}

impl StateOutput {
    /// Marks an object as created, changed or removed in this block.
    pub fn mark(&mut self, key: ObjectKey) {
        self.changed.insert(key);
    }

    /// Objects marked so far, in key order.
    pub fn changed(&self) -> impl Iterator<Item = &ObjectKey> {
        self.changed.iter()
    }
}
