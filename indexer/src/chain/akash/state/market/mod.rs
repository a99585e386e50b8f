//! Deployments, groups, orders, bids and leases: messages, and the hooks by which one thing closes another.

mod bids;
mod deployments;
mod hooks;
mod leases;
pub mod reason;
mod types;

pub use types::{
    Bid, BidState, Deployment, DeploymentState, Group, GroupState, Hardware, Lease, LeaseState, Market, Order,
    OrderState, Reclamation,
};
