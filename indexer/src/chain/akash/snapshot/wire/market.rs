//! Deployments, orders, bids, leases and their escrow.

use crate::chain::akash::proto::{
    BidId, Coin, DecCoin, DeploymentId, DeploymentReclamation, Duration, EscrowAccountId, GroupId, GroupSpec, OrderId,
    ResourceOffer, json,
};
use prost::Message;
use serde::Deserialize;

/// `QueryDeploymentResponse`.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct DeploymentEntry {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) deployment: Option<Deployment>,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) groups: Vec<Group>,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) escrow_account: Option<Account>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Deployment {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<DeploymentId>,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::deployment_state")]
    pub(in super::super) state: i32,
    #[prost(bytes = "vec", tag = "3")]
    #[serde(deserialize_with = "json::base64")]
    pub(in super::super) hash: Vec<u8>,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) created_at: i64,
    #[prost(message, optional, tag = "5")]
    pub(in super::super) reclamation: Option<DeploymentReclamation>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Group {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<GroupId>,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::group_state")]
    pub(in super::super) state: i32,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) group_spec: Option<GroupSpec>,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) created_at: i64,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Order {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<OrderId>,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::order_state")]
    pub(in super::super) state: i32,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) spec: Option<GroupSpec>,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) created_at: i64,
    #[prost(message, optional, tag = "5")]
    pub(in super::super) reclamation: Option<DeploymentReclamation>,
}

/// `QueryBidResponse`.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct BidEntry {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) bid: Option<Bid>,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) escrow_account: Option<Account>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Bid {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<BidId>,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::bid_state")]
    pub(in super::super) state: i32,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) price: Option<DecCoin>,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) created_at: i64,
    #[prost(message, repeated, tag = "5")]
    pub(in super::super) resources_offer: Vec<ResourceOffer>,
    #[prost(message, optional, tag = "6")]
    pub(in super::super) reclamation_window: Option<Duration>,
}

/// `QueryLeaseResponse`.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct LeaseEntry {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) lease: Option<Lease>,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) escrow_payment: Option<Payment>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Lease {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<BidId>,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::lease_state")]
    pub(in super::super) state: i32,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) price: Option<DecCoin>,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) created_at: i64,
    #[prost(int64, tag = "5")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) closed_on: i64,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "json::close_reason")]
    pub(in super::super) reason: i32,
    #[prost(message, optional, tag = "7")]
    pub(in super::super) reclamation: Option<Reclamation>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Reclamation {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) window: Option<Duration>,
    #[prost(int64, tag = "2")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) started_at: i64,
    #[prost(int64, tag = "3")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) deadline: i64,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "json::close_reason")]
    pub(in super::super) reason: i32,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Account {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<EscrowAccountId>,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) state: Option<AccountState>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct AccountState {
    #[prost(string, tag = "1")]
    pub(in super::super) owner: String,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::escrow_state")]
    pub(in super::super) state: i32,
    #[prost(message, repeated, tag = "3")]
    pub(in super::super) transferred: Vec<DecCoin>,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) settled_at: i64,
    /// `Balance` has the layout of a decimal coin; below zero it is a debt.
    #[prost(message, repeated, tag = "5")]
    pub(in super::super) funds: Vec<DecCoin>,
    #[prost(message, repeated, tag = "6")]
    pub(in super::super) deposits: Vec<Depositor>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Depositor {
    #[prost(string, tag = "1")]
    pub(in super::super) owner: String,
    #[prost(int64, tag = "2")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) height: i64,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "json::deposit_source")]
    pub(in super::super) source: i32,
    #[prost(message, optional, tag = "4")]
    pub(in super::super) balance: Option<DecCoin>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Payment {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<PaymentId>,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) state: Option<PaymentState>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct PaymentId {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) aid: Option<EscrowAccountId>,
    #[prost(string, tag = "2")]
    pub(in super::super) xid: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct PaymentState {
    #[prost(string, tag = "1")]
    pub(in super::super) owner: String,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::escrow_state")]
    pub(in super::super) state: i32,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) rate: Option<DecCoin>,
    #[prost(message, optional, tag = "4")]
    pub(in super::super) balance: Option<DecCoin>,
    #[prost(message, optional, tag = "5")]
    pub(in super::super) unsettled: Option<DecCoin>,
    #[prost(message, optional, tag = "6")]
    pub(in super::super) withdrawn: Option<Coin>,
}
