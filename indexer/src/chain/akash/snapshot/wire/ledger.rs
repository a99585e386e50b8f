//! Providers have the layout of their message. Here: audits, BME, oracle, take, epochs, governance.

use crate::chain::akash::proto::{Attribute, Coin, Duration, LedgerRecordId, Timestamp, json};
use prost::Message;
use serde::Deserialize;

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct AuditedProvider {
    #[prost(string, tag = "1")]
    pub(in super::super) owner: String,
    #[prost(string, tag = "2")]
    pub(in super::super) auditor: String,
    #[prost(message, repeated, tag = "4")]
    pub(in super::super) attributes: Vec<Attribute>,
}

/// `QueryVaultStateResponse`.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct VaultAnswer {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) vault_state: Option<VaultState>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct VaultState {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) balances: Vec<Coin>,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) total_burned: Vec<Coin>,
    #[prost(message, repeated, tag = "3")]
    pub(in super::super) total_minted: Vec<Coin>,
    #[prost(message, repeated, tag = "4")]
    pub(in super::super) remint_credits: Vec<Coin>,
}

/// `QueryStatusResponse` of BME.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct BmeStatus {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "json::mint_status")]
    pub(in super::super) status: i32,
}

/// `QueryLedgerRecordEntry`: exactly one of the records is there.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct RecordEntry {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<LedgerRecordId>,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::record_status")]
    pub(in super::super) status: i32,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) pending_record: Option<PendingRecord>,
    #[prost(message, optional, tag = "4")]
    pub(in super::super) executed_record: Option<ExecutedRecord>,
    #[prost(message, optional, tag = "5")]
    pub(in super::super) canceled_record: Option<CanceledRecord>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct PendingRecord {
    #[prost(string, tag = "1")]
    pub(in super::super) owner: String,
    #[prost(string, tag = "2")]
    pub(in super::super) to: String,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) coins_to_burn: Option<Coin>,
    #[prost(string, tag = "4")]
    pub(in super::super) denom_to_mint: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct CanceledRecord {
    #[prost(string, tag = "1")]
    pub(in super::super) owner: String,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "json::cancel_reason")]
    pub(in super::super) cancel_reason: i32,
    #[prost(string, tag = "3")]
    pub(in super::super) to: String,
    #[prost(message, optional, tag = "4")]
    pub(in super::super) coins_to_burn: Option<Coin>,
    #[prost(string, tag = "5")]
    pub(in super::super) denom_to_mint: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct ExecutedRecord {
    #[prost(string, tag = "1")]
    pub(in super::super) burned_from: String,
    #[prost(string, tag = "2")]
    pub(in super::super) minted_to: String,
    #[prost(string, tag = "3")]
    pub(in super::super) burner: String,
    #[prost(string, tag = "4")]
    pub(in super::super) minter: String,
    #[prost(message, optional, tag = "5")]
    pub(in super::super) burned: Option<CoinPrice>,
    #[prost(message, optional, tag = "6")]
    pub(in super::super) minted: Option<CoinPrice>,
    #[prost(message, optional, tag = "7")]
    pub(in super::super) spread: Option<Coin>,
    #[prost(message, optional, tag = "8")]
    pub(in super::super) remint_credit_issued: Option<CoinPrice>,
    #[prost(message, optional, tag = "9")]
    pub(in super::super) remint_credit_accrued: Option<CoinPrice>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct CoinPrice {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) coin: Option<Coin>,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "json::decimal")]
    pub(in super::super) price: String,
}

/// `PriceData` of v2, and the JSON of v1, which has its height in the id and its time in the state.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Price {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) id: Option<PriceRecordId>,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) state: Option<PriceState>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct PriceRecordId {
    #[prost(uint32, tag = "1")]
    #[serde(deserialize_with = "json::integer")]
    pub(in super::super) source: u32,
    #[prost(string, tag = "2")]
    pub(in super::super) denom: String,
    #[prost(string, tag = "3")]
    pub(in super::super) base_denom: String,
    #[prost(message, optional, tag = "4")]
    pub(in super::super) timestamp: Option<Timestamp>,
    #[prost(uint64, tag = "5")]
    #[serde(default, deserialize_with = "json::integer")]
    pub(in super::super) sequence: u64,
    /// v1, JSON only: its tags have not been read.
    #[prost(int64, tag = "100")]
    #[serde(default, deserialize_with = "json::integer")]
    pub(in super::super) height: i64,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct PriceState {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "json::decimal")]
    pub(in super::super) price: String,
    /// v1, JSON only.
    #[prost(message, optional, tag = "100")]
    pub(in super::super) timestamp: Option<Timestamp>,
}

/// `QueryAggregatedPriceResponse`.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct AggregateAnswer {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) aggregated_price: Option<Aggregate>,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) price_health: Option<Health>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Aggregate {
    #[prost(string, tag = "1")]
    pub(in super::super) denom: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "json::decimal")]
    pub(in super::super) twap: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "json::decimal")]
    pub(in super::super) median_price: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Health {
    #[prost(string, tag = "1")]
    pub(in super::super) denom: String,
    #[prost(bool, tag = "3")]
    pub(in super::super) is_healthy: bool,
}

/// `QueryParamsResponse` of the oracle.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct OracleAnswer {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) params: Option<OracleParams>,
}

/// v1 has the sources only.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct OracleParams {
    #[prost(string, repeated, tag = "1")]
    pub(in super::super) sources: Vec<String>,
    #[prost(message, optional, tag = "7")]
    pub(in super::super) price_retention: Option<Duration>,
    #[prost(string, tag = "8")]
    #[serde(default)]
    pub(in super::super) prune_epoch: String,
    #[prost(int64, tag = "9")]
    #[serde(default, deserialize_with = "json::integer")]
    pub(in super::super) max_prune_per_epoch: i64,
}

/// `QueryParamsResponse` of the take module.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct TakeAnswer {
    #[prost(message, optional, tag = "1")]
    pub(in super::super) params: Option<TakeParams>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct TakeParams {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) denom_take_rates: Vec<TakeRate>,
    #[prost(uint32, tag = "2")]
    pub(in super::super) default_take_rate: u32,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct TakeRate {
    #[prost(string, tag = "1")]
    pub(in super::super) denom: String,
    #[prost(uint32, tag = "2")]
    pub(in super::super) rate: u32,
}

/// `EpochInfo`.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(in super::super) struct Epoch {
    #[prost(string, tag = "1")]
    #[serde(alias = "identifier")]
    pub(in super::super) id: String,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) start_time: Option<Timestamp>,
    #[prost(message, optional, tag = "3")]
    pub(in super::super) duration: Option<Duration>,
    #[prost(message, optional, tag = "5")]
    pub(in super::super) current_epoch_start_time: Option<Timestamp>,
    #[prost(bool, tag = "6")]
    pub(in super::super) epoch_counting_started: bool,
}

/// `cosmos.gov.v1.Proposal`, wire form.
#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Proposal {
    #[prost(uint64, tag = "1")]
    pub(in super::super) id: u64,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) messages: Vec<Any>,
    #[prost(int32, tag = "3")]
    pub(in super::super) status: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Any {
    #[prost(string, tag = "1")]
    pub(in super::super) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(in super::super) value: Vec<u8>,
}
