//! Messages of the provider and audit modules.
#![expect(missing_docs, reason = "field names are those of the public schema")]

use super::Attribute;

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct Info {
    #[prost(string, tag = "1")]
    pub email: String,
    #[prost(string, tag = "2")]
    pub website: String,
}

/// `MsgCreateProvider` and `MsgUpdateProvider`, all versions.
#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct MsgProvider {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub host_uri: String,
    #[prost(message, repeated, tag = "3")]
    pub attributes: Vec<Attribute>,
    #[prost(message, optional, tag = "4")]
    pub info: Option<Info>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgDeleteProvider {
    #[prost(string, tag = "1")]
    pub owner: String,
}

/// All versions.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgSignProviderAttributes {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub auditor: String,
    #[prost(message, repeated, tag = "3")]
    pub attributes: Vec<Attribute>,
}

/// All versions.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgDeleteProviderAttributes {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub auditor: String,
    #[prost(string, repeated, tag = "3")]
    pub keys: Vec<String>,
}
