//! What mock providers say.

use gridproof_indexer::chain::akash::proto::inventory as proto;
use prost::Message;
use serde_json::{Value, json};

fn quantity(text: &str) -> Option<proto::Quantity> {
    Some(proto::Quantity {
        string: text.to_owned(),
    })
}

fn pair(allocatable: &str, allocated: &str) -> Option<Box<proto::ResourcePair>> {
    Some(Box::new(proto::ResourcePair {
        allocatable: quantity(allocatable),
        allocated: quantity(allocated),
    }))
}

fn measured(allocatable: &str, allocated: &str) -> Option<Box<proto::Measured>> {
    let quantity = pair(allocatable, allocated);
    Some(Box::new(proto::Measured { quantity }))
}

/// A machine with eight H100.
pub(crate) fn node(name: &str) -> proto::Node {
    let card = proto::GpuInfo {
        vendor: "nvidia".to_owned(),
        name: "h100".to_owned(),
        interface: "SXM5".to_owned(),
        memory_size: "80Gi".to_owned(),
    };
    proto::Node {
        name: name.to_owned(),
        resources: Some(Box::new(proto::NodeResources {
            cpu: measured("256", "136500m"),
            memory: measured("2163742105600", "1000Gi"),
            gpu: Some(Box::new(proto::Gpu {
                quantity: pair("8", "4"),
                info: vec![card; 8],
            })),
            ephemeral_storage: pair("7T", "0"),
        })),
        capabilities: None,
    }
}

/// A status with so many leases, told at so many seconds.
pub(crate) fn status(leases: u32, seconds: i64) -> proto::Status {
    of_nodes(2, leases, seconds)
}

/// The same of so many machines.
pub(crate) fn of_nodes(nodes: usize, leases: u32, seconds: i64) -> proto::Status {
    let nodes = (1..=nodes).map(|n| node(&format!("node{n}")));
    of(nodes.collect(), leases, seconds)
}

pub(crate) fn of(nodes: Vec<proto::Node>, leases: u32, seconds: i64) -> proto::Status {
    let storage = proto::Storage {
        quantity: pair("10Ti", "1Ti"),
        info: Some(Box::new(proto::StorageInfo {
            class: "beta3".to_owned(),
        })),
    };
    proto::Status {
        cluster: Some(Box::new(proto::ClusterStatus {
            leases: Some(Box::new(proto::Leases { active: leases })),
            inventory: Some(Box::new(proto::Inventory {
                cluster: Some(Box::new(proto::Cluster {
                    nodes,
                    storage: vec![storage],
                })),
                reservations: None,
            })),
        })),
        public_hostnames: vec!["provider.example.test".to_owned()],
        timestamp: Some(Box::new(proto::Timestamp { seconds, nanos: 0 })),
        ..proto::Status::default()
    }
}

pub(crate) fn bytes(status: &proto::Status) -> Vec<u8> {
    status.encode_to_vec()
}

/// A REST body with so many leases.
pub(crate) fn rest(leases: u32) -> Value {
    body(leases, |_, number| json!(number))
}

/// The same, as it was before 0.5.0.
pub(crate) fn old_rest(leases: u32) -> Value {
    body(leases, |field, number| {
        let val = json!({ "val": number.to_string() });
        match field {
            "cpu" | "gpu" => json!({ "units": val }),
            "size" => val,
            _ => json!({ "quantity": val }),
        }
    })
}

fn body(leases: u32, number: fn(&str, u64) -> Value) -> Value {
    let metric = |cpu, gpu, memory, storage| {
        json!({"cpu": number("cpu", cpu), "gpu": number("gpu", gpu), "memory": number("memory", memory),
               "storage_ephemeral": number("storage_ephemeral", storage)})
    };
    json!({
        "cluster": {"leases": leases, "inventory": {
            "active": [metric(8_000, 1, 1 << 30, 1 << 30)], "pending": [],
            "available": {
                "nodes": [{"name": "node1", "allocatable": metric(256_000, 8, 1 << 40, 1 << 42), "available": metric(119_500, 4, 1 << 39, 1 << 41)}],
                "storage": [{"class": "beta3", "size": number("size", 1 << 43)}],
            },
        }},
        "bidengine": {"orders": 0}, "manifest": {"deployments": leases}, "cluster_public_hostname": "provider.example.test",
    })
}
