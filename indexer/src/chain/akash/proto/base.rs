//! Coins, deposits, attributes, resources.
#![expect(missing_docs, reason = "field names are those of the public schema")]

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct Coin {
    #[prost(string, tag = "1")]
    pub denom: String,
    #[prost(string, tag = "2")]
    pub amount: String,
}

/// `amount` is an integer text scaled by 10^18.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DecCoin {
    #[prost(string, tag = "1")]
    pub denom: String,
    #[prost(string, tag = "2")]
    pub amount: String,
}

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Duration {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Timestamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// Deposit of v1.0.0 and later; sources: 1 balance, 2 grant.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Deposit {
    #[prost(message, optional, tag = "1")]
    pub amount: Option<Coin>,
    #[prost(int32, repeated, tag = "5")]
    pub sources: Vec<i32>,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct SignedBy {
    #[prost(string, repeated, tag = "1")]
    pub all_of: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub any_of: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct PlacementRequirements {
    #[prost(message, optional, tag = "1")]
    pub signed_by: Option<SignedBy>,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<Attribute>,
}

/// `val` holds decimal digits in ASCII.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ResourceValue {
    #[prost(bytes = "vec", tag = "1")]
    pub val: Vec<u8>,
}

/// CPU, memory and GPU share this layout: a quantity and attributes.
#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct Quantity {
    #[prost(message, optional, tag = "1")]
    #[serde(alias = "units", alias = "quantity")]
    pub value: Option<ResourceValue>,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct Storage {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub quantity: Option<ResourceValue>,
    #[prost(message, repeated, tag = "3")]
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct Endpoint {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "super::json::endpoint_kind")]
    pub kind: i32,
    #[prost(uint32, tag = "2")]
    pub sequence_number: u32,
}

/// Resources of v1beta3 and later.
#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct Resources {
    #[prost(uint32, tag = "1")]
    pub id: u32,
    #[prost(message, optional, tag = "2")]
    pub cpu: Option<Quantity>,
    #[prost(message, optional, tag = "3")]
    pub memory: Option<Quantity>,
    #[prost(message, repeated, tag = "4")]
    pub storage: Vec<Storage>,
    #[prost(message, optional, tag = "5")]
    pub gpu: Option<Quantity>,
    #[prost(message, repeated, tag = "6")]
    pub endpoints: Vec<Endpoint>,
}
