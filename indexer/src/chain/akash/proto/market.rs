//! Messages of the market module.
#![expect(missing_docs, reason = "field names are those of the public schema")]

use super::{Coin, DecCoin, Deposit, Duration, Resources};

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct OrderId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    #[serde(deserialize_with = "super::json::integer")]
    pub dseq: u64,
    #[prost(uint32, tag = "3")]
    pub gseq: u32,
    #[prost(uint32, tag = "4")]
    pub oseq: u32,
}

/// Identity of a bid and of its lease; `bseq` since v1beta5.
#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct BidId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    #[serde(deserialize_with = "super::json::integer")]
    pub dseq: u64,
    #[prost(uint32, tag = "3")]
    pub gseq: u32,
    #[prost(uint32, tag = "4")]
    pub oseq: u32,
    #[prost(string, tag = "5")]
    pub provider: String,
    #[prost(uint32, tag = "6")]
    pub bseq: u32,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct ResourceOffer {
    #[prost(message, optional, tag = "1")]
    pub resources: Option<Resources>,
    #[prost(uint32, tag = "2")]
    pub count: u32,
}

/// v1beta5.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateBid {
    #[prost(message, optional, tag = "1")]
    pub id: Option<BidId>,
    #[prost(message, optional, tag = "2")]
    pub price: Option<DecCoin>,
    #[prost(message, optional, tag = "3")]
    pub deposit: Option<Deposit>,
    #[prost(message, repeated, tag = "4")]
    pub resources_offer: Vec<ResourceOffer>,
    #[prost(message, optional, tag = "5")]
    pub reclamation_window: Option<Duration>,
}

/// v1beta3 (without an offer) and v1beta4.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateBidV1Beta4 {
    #[prost(message, optional, tag = "1")]
    pub order: Option<OrderId>,
    #[prost(string, tag = "2")]
    pub provider: String,
    #[prost(message, optional, tag = "3")]
    pub price: Option<DecCoin>,
    #[prost(message, optional, tag = "4")]
    pub deposit: Option<Coin>,
    #[prost(message, repeated, tag = "5")]
    pub resources_offer: Vec<ResourceOffer>,
}

/// Every message that names one bid or lease and perhaps a reason: `MsgCloseBid`, `MsgCreateLease`,
/// `MsgWithdrawLease`, `MsgCloseLease`, `MsgLeaseStartReclaim`, all versions.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgLease {
    #[prost(message, optional, tag = "1")]
    pub id: Option<BidId>,
    #[prost(int32, tag = "2")]
    pub reason: i32,
}
