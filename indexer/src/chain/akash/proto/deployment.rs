//! Messages of the deployment module.
#![expect(missing_docs, reason = "field names are those of the public schema")]

use super::{Coin, DecCoin, Deposit, Duration, PlacementRequirements, Resources};

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct DeploymentId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    #[serde(deserialize_with = "super::json::integer")]
    pub dseq: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct GroupId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    #[serde(deserialize_with = "super::json::integer")]
    pub dseq: u64,
    #[prost(uint32, tag = "3")]
    pub gseq: u32,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct ResourceUnit {
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resources>,
    #[prost(uint32, tag = "2")]
    pub count: u32,
    #[prost(message, optional, tag = "3")]
    pub price: Option<DecCoin>,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct GroupSpec {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub requirements: Option<PlacementRequirements>,
    #[prost(message, repeated, tag = "3")]
    pub resources: Vec<ResourceUnit>,
}

#[derive(Clone, PartialEq, Eq, prost::Message, serde::Deserialize)]
pub struct DeploymentReclamation {
    #[prost(message, optional, tag = "1")]
    pub min_window: Option<Duration>,
}

/// v1beta4.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateDeployment {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
    #[prost(message, repeated, tag = "2")]
    pub groups: Vec<GroupSpec>,
    #[prost(bytes = "vec", tag = "3")]
    pub hash: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    pub deposit: Option<Deposit>,
    #[prost(message, optional, tag = "5")]
    pub reclamation: Option<DeploymentReclamation>,
}

/// v1beta3: the hash is called `version`, the deposit is a coin and names who pays it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateDeploymentV1Beta3 {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
    #[prost(message, repeated, tag = "2")]
    pub groups: Vec<GroupSpec>,
    #[prost(bytes = "vec", tag = "3")]
    pub version: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    pub deposit: Option<Coin>,
    #[prost(string, tag = "5")]
    pub depositor: String,
}

/// All versions; `hash` is called `version` before v1beta4.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgUpdateDeployment {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
    #[prost(bytes = "vec", tag = "3")]
    pub hash: Vec<u8>,
}

/// All versions.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCloseDeployment {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
}

/// Up to v1beta3; the escrow module's deposit takes its place in v1.0.0.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgDepositDeployment {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
    #[prost(message, optional, tag = "2")]
    pub amount: Option<Coin>,
    #[prost(string, tag = "3")]
    pub depositor: String,
}

/// `MsgCloseGroup`, `MsgPauseGroup` and `MsgStartGroup`, all versions.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgGroup {
    #[prost(message, optional, tag = "1")]
    pub id: Option<GroupId>,
}
