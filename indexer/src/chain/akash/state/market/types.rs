//! The objects of the deployment and market modules.

use crate::chain::akash::model::{BidId, Coin, DecCoin, DeploymentId, GroupId, GroupSpec, OrderId, ResourceOffer};
use std::collections::{BTreeMap, BTreeSet};

/// Declares a state enum with the names that the chain prints.
macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$var_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$var_doc])* $variant,)+ }

        impl $name {
            /// Name as the chain prints it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

states! {
    /// State of a deployment.
    DeploymentState {
        /// Running, or able to.
        Active = "active",
        /// Closed for good.
        Closed = "closed",
    }
}
states! {
    /// State of a group.
    GroupState {
        /// Asks for, or has, a lease.
        Open = "open",
        /// Stopped by its tenant, or by a provider that closed its bid.
        Paused = "paused",
        /// Its account ran dry.
        InsufficientFunds = "insufficient_funds",
        /// Closed for good.
        Closed = "closed",
    }
}
states! {
    /// State of an order.
    OrderState {
        /// Takes bids.
        Open = "open",
        /// Has a lease.
        Active = "active",
        /// Over.
        Closed = "closed",
    }
}
states! {
    /// State of a bid.
    BidState {
        /// May be accepted.
        Open = "open",
        /// Has become a lease.
        Active = "active",
        /// Another bid was accepted.
        Lost = "lost",
        /// Over.
        Closed = "closed",
    }
}
states! {
    /// State of a lease.
    LeaseState {
        /// Running.
        Active = "active",
        /// Closed because the account ran dry.
        InsufficientFunds = "insufficient_funds",
        /// Closed.
        Closed = "closed",
        /// Running, announced to be taken back (v2.1.0+).
        Reclaiming = "reclaiming",
    }
}

/// Deployment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deployment {
    /// State.
    pub state: DeploymentState,
    /// Manifest hash.
    pub hash: Vec<u8>,
    /// Height of creation.
    pub created_at: u64,
    /// Smallest reclamation window in seconds that the tenant accepts.
    pub reclamation_min_window_s: Option<u64>,
}

/// Group of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Group {
    /// State.
    pub state: GroupState,
    /// What the tenant asks for.
    pub spec: GroupSpec,
    /// Height of creation.
    pub created_at: u64,
}

/// Order of a group.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Order {
    /// State.
    pub state: OrderState,
    /// The group's spec when the order was made.
    pub spec: GroupSpec,
    /// Height of creation.
    pub created_at: u64,
    /// Smallest reclamation window in seconds, from the deployment.
    pub reclamation_min_window_s: Option<u64>,
}

/// Bid on an order.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bid {
    /// State.
    pub state: BidState,
    /// Price per block.
    pub price: DecCoin,
    /// Height of creation.
    pub created_at: u64,
    /// What the provider offers.
    pub resources_offer: Vec<ResourceOffer>,
    /// Reclamation window in seconds.
    pub reclamation_window_s: Option<u64>,
}

/// Reclamation terms of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reclamation {
    /// Window in seconds.
    pub window_s: u64,
    /// Height at which the provider started; 0 before.
    pub started_at: u64,
    /// When the window ends, Unix seconds; 0 before.
    pub deadline_unix_s: i64,
    /// Reason number; 0 before.
    pub reason: i32,
}

/// What a lease runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hardware {
    /// Milli-cores over all replicas.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes of storage.
    pub storage_bytes: u64,
    /// GPUs.
    pub gpu_units: u64,
    /// Vendor; empty if unknown or none.
    pub gpu_vendor: String,
    /// Model; empty if unknown or none.
    pub gpu_model: String,
    /// Memory of one GPU, such as `80Gi`; may be empty.
    pub gpu_ram: String,
    /// `pcie`, `sxm`; may be empty.
    pub gpu_interface: String,
    /// `offer`, `group`, `provider`, `provider_later` (the provider's attributes in an answered state that the lease is
    /// older than), `unknown`, `none`.
    pub gpu_resolved_by: String,
}

/// Lease.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lease {
    /// State.
    pub state: LeaseState,
    /// Price per block.
    pub price: DecCoin,
    /// Height of creation.
    pub created_at: u64,
    /// Block time of creation, milliseconds since the Unix epoch; `None` where the lease is older than the answered state
    /// that the machine began with, which does not tell it.
    pub created_time_ms: Option<i64>,
    /// Height of closing; 0 while it runs.
    pub closed_on: u64,
    /// What its closing event said; empty while it runs, before v1.0.0, and where it closed before the answered state
    /// that the machine began with.
    pub reason: String,
    /// Reason number that the chain stores; `None` before v1.0.0, which had no such field.
    pub reason_in_state: Option<i32>,
    /// Reclamation terms.
    pub reclamation: Option<Reclamation>,
    /// What it runs on.
    pub hardware: Hardware,
}

impl Lease {
    /// Whether the lease is over.
    pub const fn is_over(&self) -> bool {
        matches!(self.state, LeaseState::Closed | LeaseState::InsufficientFunds)
    }
}

/// All objects of the deployment and market modules, closed ones included, as the chain keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Market {
    /// Deployments.
    #[serde(with = "super::super::pairs")]
    pub deployments: BTreeMap<DeploymentId, Deployment>,
    /// Groups.
    #[serde(with = "super::super::pairs")]
    pub groups: BTreeMap<GroupId, Group>,
    /// Orders.
    #[serde(with = "super::super::pairs")]
    pub orders: BTreeMap<OrderId, Order>,
    /// Bids.
    #[serde(with = "super::super::pairs")]
    pub bids: BTreeMap<BidId, Bid>,
    /// Leases.
    #[serde(with = "super::super::pairs")]
    pub leases: BTreeMap<BidId, Lease>,
    /// Losing bids that the chain left open, with their deposits.
    #[serde(with = "super::super::pairs")]
    pub stranded: BTreeMap<BidId, Coin>,
    /// Deployments priced in uakt that wait for the oracle since v2.0.0.
    pub waiting: BTreeSet<DeploymentId>,
}

impl Market {
    /// Ids of a deployment's groups, ascending.
    pub fn groups_of(&self, id: &DeploymentId) -> Vec<GroupId> {
        let first = GroupId {
            deployment: id.clone(),
            gseq: 0,
        };
        let last = GroupId {
            deployment: id.clone(),
            gseq: u32::MAX,
        };
        self.groups.range(first..=last).map(|(id, _)| id.clone()).collect()
    }

    /// Ids of a group's orders in one state, ascending.
    pub fn orders_of(&self, id: &GroupId, state: OrderState) -> Vec<OrderId> {
        let first = OrderId {
            group: id.clone(),
            oseq: 0,
        };
        let last = OrderId {
            group: id.clone(),
            oseq: u32::MAX,
        };
        let orders = self.orders.range(first..=last);
        orders
            .filter(|(_, order)| order.state == state)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Ids of an order's bids in one state, ascending by the text of the provider's address.
    pub fn bids_of(&self, id: &OrderId, state: BidState) -> Vec<BidId> {
        let first = BidId {
            order: id.clone(),
            provider: String::new(),
            bseq: 0,
        };
        let bids = self.bids.range(first..).take_while(|(bid, _)| bid.order == *id);
        bids.filter(|(_, bid)| bid.state == state)
            .map(|(id, _)| id.clone())
            .collect()
    }
}
