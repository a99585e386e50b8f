//! Messages of `akash.provider.v1` and `akash.inventory.v1`: what a provider says of itself. They are also the JSON view,
//! whose names are the same.
//!
//! Parts are boxed on purpose: an empty message costs two bytes on the wire, and a hostile answer of many empty ones must not
//! become large in memory. What nothing here reads (processor and memory details, attributes, `capacity`) is left out.
#![expect(missing_docs, reason = "field names are those of the public schema")]

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::json_view;
pub use super::{Duration, Timestamp};

/// The service.
pub const SERVICE: &str = "akash.provider.v1.ProviderRPC";

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Status {
    #[prost(string, repeated, tag = "1")]
    #[serde(deserialize_with = "json_view::list")]
    pub errors: Vec<String>,
    #[prost(message, optional, boxed, tag = "2")]
    pub cluster: Option<Box<ClusterStatus>>,
    #[prost(message, optional, boxed, tag = "3")]
    #[serde(alias = "bidEngine")]
    pub bid_engine: Option<Box<BidEngineStatus>>,
    #[prost(message, optional, boxed, tag = "4")]
    pub manifest: Option<Box<ManifestStatus>>,
    #[prost(string, repeated, tag = "5")]
    #[serde(alias = "publicHostnames", deserialize_with = "json_view::list")]
    pub public_hostnames: Vec<String>,
    #[prost(message, optional, boxed, tag = "6")]
    #[serde(deserialize_with = "json_view::timestamp")]
    pub timestamp: Option<Box<Timestamp>>,
    #[prost(message, optional, boxed, tag = "7")]
    #[serde(alias = "reclamationWindow", deserialize_with = "json_view::duration")]
    pub reclamation_window: Option<Box<Duration>>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct ClusterStatus {
    #[prost(message, optional, boxed, tag = "1")]
    pub leases: Option<Box<Leases>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub inventory: Option<Box<Inventory>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Leases {
    #[prost(uint32, tag = "1")]
    pub active: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct BidEngineStatus {
    #[prost(uint32, tag = "1")]
    pub orders: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct ManifestStatus {
    #[prost(uint32, tag = "1")]
    pub deployments: u32,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Inventory {
    #[prost(message, optional, boxed, tag = "1")]
    pub cluster: Option<Box<Cluster>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub reservations: Option<Box<Reservations>>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Cluster {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "json_view::list")]
    pub nodes: Vec<Node>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json_view::list")]
    pub storage: Vec<Storage>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Reservations {
    #[prost(message, optional, boxed, tag = "1")]
    pub pending: Option<Box<ReservationsMetric>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub active: Option<Box<ReservationsMetric>>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct ReservationsMetric {
    #[prost(uint32, tag = "1")]
    pub count: u32,
    #[prost(message, optional, boxed, tag = "2")]
    pub resources: Option<Box<ResourcesMetric>>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct ResourcesMetric {
    #[prost(message, optional, tag = "1")]
    pub cpu: Option<Quantity>,
    #[prost(message, optional, tag = "2")]
    pub memory: Option<Quantity>,
    #[prost(message, optional, tag = "3")]
    pub gpu: Option<Quantity>,
    #[prost(message, optional, tag = "4")]
    #[serde(alias = "ephemeralStorage")]
    pub ephemeral_storage: Option<Quantity>,
    #[prost(btree_map = "string, message", tag = "5")]
    #[serde(deserialize_with = "json_view::map")]
    pub storage: BTreeMap<String, Quantity>,
}

/// `k8s.io.apimachinery.pkg.api.resource.Quantity`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Quantity {
    #[prost(string, tag = "1")]
    pub string: String,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct ResourcePair {
    #[prost(message, optional, tag = "1")]
    pub allocatable: Option<Quantity>,
    #[prost(message, optional, tag = "2")]
    pub allocated: Option<Quantity>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Node {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, boxed, tag = "2")]
    pub resources: Option<Box<NodeResources>>,
    #[prost(message, optional, boxed, tag = "3")]
    pub capabilities: Option<Box<NodeCapabilities>>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct NodeCapabilities {
    #[prost(string, repeated, tag = "1")]
    #[serde(alias = "storageClasses", deserialize_with = "json_view::list")]
    pub storage_classes: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct NodeResources {
    #[prost(message, optional, boxed, tag = "1")]
    pub cpu: Option<Box<Measured>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub memory: Option<Box<Measured>>,
    #[prost(message, optional, boxed, tag = "3")]
    pub gpu: Option<Box<Gpu>>,
    #[prost(message, optional, boxed, tag = "4")]
    #[serde(alias = "ephemeralStorage")]
    pub ephemeral_storage: Option<Box<ResourcePair>>,
}

/// `CPU` and `Memory`, of which only the quantity is read.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Measured {
    #[prost(message, optional, boxed, tag = "1")]
    pub quantity: Option<Box<ResourcePair>>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Gpu {
    #[prost(message, optional, boxed, tag = "1")]
    pub quantity: Option<Box<ResourcePair>>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json_view::list")]
    pub info: Vec<GpuInfo>,
}

/// One physical card.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct GpuInfo {
    #[prost(string, tag = "1")]
    pub vendor: String,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "5")]
    pub interface: String,
    #[prost(string, tag = "6")]
    #[serde(alias = "memorySize")]
    pub memory_size: String,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Storage {
    #[prost(message, optional, boxed, tag = "1")]
    pub quantity: Option<Box<ResourcePair>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub info: Option<Box<StorageInfo>>,
}

#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct StorageInfo {
    #[prost(string, tag = "1")]
    pub class: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_message_takes_little_memory() {
        // Two bytes on the wire each: 256 KiB of them must stay within some 16 MiB.
        assert!(size_of::<Node>() <= 64);
        assert!(size_of::<Storage>() <= 64);
        assert!(size_of::<GpuInfo>() <= 96);
    }
}
