//! Messages of the escrow, BME and oracle modules.
#![expect(missing_docs, reason = "field names are those of the public schema")]

use super::{Coin, Deposit, Timestamp};

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct EscrowAccountId {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "super::json::escrow_scope")]
    pub scope: i32,
    #[prost(string, tag = "2")]
    pub xid: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgAccountDeposit {
    #[prost(string, tag = "1")]
    pub signer: String,
    #[prost(message, optional, tag = "2")]
    pub id: Option<EscrowAccountId>,
    #[prost(message, optional, tag = "3")]
    pub deposit: Option<Deposit>,
}

/// `MsgBurnMint`, and `MsgMintACT` and `MsgBurnACT`, which lack the last field.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgBurnMint {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub to: String,
    #[prost(message, optional, tag = "3")]
    pub coins_to_burn: Option<Coin>,
    #[prost(string, tag = "4")]
    pub denom_to_mint: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgFundVault {
    #[prost(string, tag = "1")]
    pub authority: String,
    #[prost(message, optional, tag = "2")]
    pub amount: Option<Coin>,
    #[prost(string, tag = "3")]
    pub source: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct LedgerRecordId {
    #[prost(string, tag = "1")]
    pub denom: String,
    #[prost(string, tag = "2")]
    pub to_denom: String,
    #[prost(string, tag = "3")]
    pub source: String,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "super::json::integer")]
    pub height: i64,
    #[prost(int64, tag = "5")]
    #[serde(deserialize_with = "super::json::integer")]
    pub sequence: i64,
}

/// Answer to `MsgBurnMint`, `MsgMintACT` and `MsgBurnACT`: the only place that names a pending record.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgBurnMintResponse {
    #[prost(message, optional, tag = "1")]
    pub id: Option<LedgerRecordId>,
    #[prost(int32, tag = "2")]
    pub status: i32,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DataId {
    #[prost(string, tag = "1")]
    pub denom: String,
    #[prost(string, tag = "2")]
    pub base_denom: String,
}

/// Oracle v2.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgAddPriceEntry {
    #[prost(string, tag = "1")]
    pub signer: String,
    #[prost(message, optional, tag = "2")]
    pub id: Option<DataId>,
    #[prost(string, tag = "3")]
    pub price: String,
    #[prost(message, optional, tag = "4")]
    pub timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PriceDataState {
    #[prost(string, tag = "1")]
    pub price: String,
    #[prost(message, optional, tag = "2")]
    pub timestamp: Option<Timestamp>,
}

/// Oracle v1: price and time stamp lie one level deeper.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgAddPriceEntryV1 {
    #[prost(string, tag = "1")]
    pub signer: String,
    #[prost(message, optional, tag = "2")]
    pub id: Option<DataId>,
    #[prost(message, optional, tag = "3")]
    pub price: Option<PriceDataState>,
}
