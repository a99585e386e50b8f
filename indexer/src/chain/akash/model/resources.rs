//! Attributes, resources, group specs, offers, provider records.

use super::DecCoin;

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Attribute {
    /// Key; free text of the provider or tenant.
    pub key: String,
    /// Value; free text.
    pub value: String,
}

/// One volume of a resource unit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Storage {
    /// Volume name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Attributes; `persistent` and `class` matter.
    pub attributes: Vec<Attribute>,
}

/// An endpoint asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Endpoint {
    /// Kind number: 0 shared HTTP, 1 random port, 2 leased IP.
    pub kind: i32,
    /// Sequence number of a leased IP.
    pub sequence_number: u32,
}

/// Resources of one unit (multiply by the unit's `count`).
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Resources {
    /// Resource id within the group.
    pub id: u32,
    /// Milli-cores.
    pub cpu_milli: u64,
    /// Attributes of the CPU.
    pub cpu_attributes: Vec<Attribute>,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Attributes of the memory.
    pub memory_attributes: Vec<Attribute>,
    /// Volumes.
    pub storage: Vec<Storage>,
    /// Whole GPUs.
    pub gpu_units: u64,
    /// Attributes of the GPU, such as `vendor/nvidia/model/h100/ram/80Gi`.
    pub gpu_attributes: Vec<Attribute>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// A line of a group: resources, how many replicas, the most that the tenant pays.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ResourceUnit {
    /// Resources of one replica.
    pub resources: Resources,
    /// Replicas.
    pub count: u32,
    /// Highest price per block that the tenant accepts for one replica.
    pub price: DecCoin,
}

/// What a tenant asks for in a group.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GroupSpec {
    /// Name.
    pub name: String,
    /// Auditors all of whom must have signed.
    pub signed_by_all_of: Vec<String>,
    /// Auditors one of whom must have signed.
    pub signed_by_any_of: Vec<String>,
    /// Placement attributes.
    pub attributes: Vec<Attribute>,
    /// Lines.
    pub resources: Vec<ResourceUnit>,
}

/// What a provider offers with a bid.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ResourceOffer {
    /// Resources of one replica.
    pub resources: Resources,
    /// Replicas.
    pub count: u32,
}

/// Provider record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProviderRecord {
    /// Address.
    pub owner: String,
    /// Gateway URI; written by the provider, hostile.
    pub host_uri: String,
    /// Attributes in the order of the message.
    pub attributes: Vec<Attribute>,
    /// Contact address.
    pub email: String,
    /// Web site.
    pub website: String,
}
