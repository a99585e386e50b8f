//! What is compared, object by object: the normal form of every era.
//!
//! A field of type `Option` is absent where the chain of that era does not print it; an absent expected
//! field is not compared.

use super::error::TruthError;
use super::node::Node;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Coin, DecCoin};

/// An object whose fields can be compared one by one.
pub trait Compared {
    /// Field names with their exact text; `None`: not printed in this era.
    fn fields(&self) -> Vec<(&'static str, Option<String>)>;
}

/// A value with an exact text form: equal texts mean equal values.
trait Printed {
    fn printed(&self) -> Option<String>;
}

impl Printed for String {
    fn printed(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Printed for u64 {
    fn printed(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Printed for i128 {
    fn printed(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Printed for Dec {
    fn printed(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Printed for DecCoin {
    fn printed(&self) -> Option<String> {
        Some(format!("{} {}", self.amount, self.denom))
    }
}

impl Printed for Coin {
    fn printed(&self) -> Option<String> {
        Some(format!("{} {}", self.amount, self.denom))
    }
}

impl<T: Printed> Printed for Option<T> {
    fn printed(&self) -> Option<String> {
        self.as_ref().and_then(Printed::printed)
    }
}

impl<T: Printed> Printed for Vec<T> {
    fn printed(&self) -> Option<String> {
        let items: Vec<String> = self.iter().filter_map(Printed::printed).collect();
        Some(format!("[{}]", items.join(", ")))
    }
}

macro_rules! compared {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }

        impl Compared for $name {
            fn fields(&self) -> Vec<(&'static str, Option<String>)> {
                vec![$((stringify!($field), self.$field.printed()),)*]
            }
        }
    )*};
}

compared! {
    /// Deployment.
    Deployment {
        /// State.
        state: String,
        /// Manifest hash, base64.
        hash: String,
        /// Height of creation.
        created_at: u64,
        /// Smallest reclamation window in seconds, or `none`.
        reclamation_min_window: Option<String>,
    }
    /// Group of a deployment.
    Group {
        /// State.
        state: String,
        /// Height of creation.
        created_at: u64,
        /// Canonical JSON of the specification.
        spec: String,
    }
    /// Order.
    Order {
        /// State.
        state: String,
        /// Height of creation.
        created_at: u64,
        /// Canonical JSON of the specification.
        spec: String,
        /// Smallest reclamation window in seconds, or `none`.
        reclamation_min_window: Option<String>,
    }
    /// Bid.
    Bid {
        /// State.
        state: String,
        /// Price per block.
        price: DecCoin,
        /// Height of creation.
        created_at: u64,
        /// Canonical JSON of the offer.
        resources_offer: String,
        /// Reclamation window in seconds, or `none`.
        reclamation_window: Option<String>,
    }
    /// Lease.
    Lease {
        /// State.
        state: String,
        /// Price per block.
        price: DecCoin,
        /// Height of creation.
        created_at: u64,
        /// Height of closing; 0: open.
        closed_on: u64,
        /// Reason as the chain's state answers it.
        reason: Option<String>,
        /// Canonical JSON of the reclamation, or `none`.
        reclamation: Option<String>,
    }
    /// Escrow account. Before v1.0.0: `funds` is the sum of balance and funds; `deposits` are the
    /// depositor's rest as a grant and the owner's as balance, both with height 0, what is above zero.
    EscrowAccount {
        /// Owner.
        owner: String,
        /// State.
        state: String,
        /// Height up to which payments are settled.
        settled_at: u64,
        /// Funds per denomination; below zero: a debt.
        funds: Vec<DecCoin>,
        /// Moved to payments.
        transferred: Vec<DecCoin>,
        /// Deposits with what is left of each, oldest first.
        deposits: Vec<EscrowDeposit>,
    }
    /// Escrow payment.
    EscrowPayment {
        /// Provider.
        owner: String,
        /// State.
        state: String,
        /// Price per block.
        rate: DecCoin,
        /// Settled and not paid out.
        balance: DecCoin,
        /// Owed and not covered; not printed before v1.0.0.
        unsettled: Option<DecCoin>,
        /// Paid out, take fee included.
        withdrawn: Coin,
    }
    /// Provider.
    Provider {
        /// Gateway.
        host_uri: String,
        /// Contact.
        email: String,
        /// Site.
        website: String,
        /// `key=value` in the chain's order.
        attributes: Vec<String>,
    }
    /// Attributes that an auditor signed.
    Audit {
        /// `key=value` in the chain's order.
        attributes: Vec<String>,
    }
    /// The vault.
    Vault {
        /// Balances.
        balances: Vec<Coin>,
        /// Burned.
        total_burned: Vec<Coin>,
        /// Minted.
        total_minted: Vec<Coin>,
        /// Credit.
        remint_credits: Vec<Coin>,
    }
    /// Record of the BME ledger.
    LedgerRecord {
        /// Status.
        status: String,
        /// Canonical JSON of the record.
        record: String,
    }
    /// Stored price.
    Price {
        /// Price.
        price: Dec,
    }
    /// Supply of a denomination.
    Supply {
        /// Base units.
        amount: i128,
    }
}

/// A deposit of an escrow account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscrowDeposit {
    /// Whose coins.
    pub owner: String,
    /// Height of the deposit.
    pub height: u64,
    /// `balance` or `grant`.
    pub source: String,
    /// What is left.
    pub balance: DecCoin,
}

impl EscrowDeposit {
    /// From the chain's JSON of v1.0.0 and later.
    pub(super) fn from_node(node: &Node<'_>) -> Result<Self, TruthError> {
        Ok(Self {
            owner: node.get("owner")?.text()?,
            height: node.get("height")?.integer()?,
            source: node.get("source")?.text()?,
            balance: node.get("balance")?.dec_coin()?,
        })
    }
}

impl Printed for EscrowDeposit {
    fn printed(&self) -> Option<String> {
        let left = self.balance.printed()?;
        Some(format!("{} h{} {} {left}", self.owner, self.height, self.source))
    }
}
