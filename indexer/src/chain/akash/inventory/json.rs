//! JSON bodies of `/status`: the REST shape, new and old, and the JSON view of the gRPC message.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::limits::{MAX_CLASSES, MAX_NODES, MAX_RESERVATIONS, NAME_CHARS, at_most};
use super::message::few_gpus;
use super::number::Number;
use super::text::clip;
use super::{Amount, InventoryError, Node, ProviderStatus, Reserved, Resources, StorageClass, sums};
use crate::chain::akash::proto::{inventory as proto, json_view};

/// Nanoseconds in a second: the window is a Go duration.
const NS_PER_S: u64 = 1_000_000_000;

type Read<T> = Result<T, InventoryError>;

impl ProviderStatus {
    /// Reads a JSON body of any of the three shapes. REST names no cards and no persistent storage but what is left, so `gpus`
    /// is `None`, and of a class of storage what reservations hold is added to what is left.
    ///
    /// # Errors
    /// [`InventoryError`]; nothing of the answer is taken then.
    pub fn from_json(body: &[u8]) -> Read<Self> {
        // The key that only the view of the message has; everything else in the body is skipped without being kept.
        #[derive(Deserialize)]
        struct Probe {
            cluster: Option<ProbeCluster>,
        }
        #[derive(Deserialize)]
        struct ProbeCluster {
            inventory: Option<ProbeInventory>,
        }
        #[derive(Deserialize)]
        struct ProbeInventory {
            cluster: Option<serde::de::IgnoredAny>,
            reservations: Option<serde::de::IgnoredAny>,
        }
        let probe: Probe = parse(body)?;
        let Some(cluster) = probe.cluster else {
            return Err(InventoryError::Malformed {
                what: "a status",
                why: "it has no cluster".to_owned(),
            });
        };
        match cluster.inventory {
            Some(inventory) if inventory.cluster.is_some() || inventory.reservations.is_some() => {
                Self::from_message(&parse::<proto::Status>(body)?)
            }
            _ => rest(&parse::<Body>(body)?),
        }
    }
}

pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Read<T> {
    serde_json::from_slice(body).map_err(|e| InventoryError::Malformed {
        what: "a status in JSON",
        why: clip(&e.to_string(), 120),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    cluster: Cluster,
    bidengine: Orders,
    manifest: Deployments,
    cluster_public_hostname: Option<String>,
    reclamation_window: Option<u64>,
    address: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Orders {
    orders: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Deployments {
    deployments: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cluster {
    leases: u32,
    inventory: Inventory,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inventory {
    #[serde(deserialize_with = "json_view::list")]
    active: Vec<Metric>,
    #[serde(deserialize_with = "json_view::list")]
    pending: Vec<Metric>,
    available: Available,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Available {
    #[serde(deserialize_with = "json_view::list")]
    nodes: Vec<BodyNode>,
    #[serde(deserialize_with = "json_view::list")]
    storage: Vec<Class>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BodyNode {
    name: String,
    allocatable: Metric,
    available: Metric,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Class {
    class: String,
    size: Number,
}

/// Amounts of a node or a reservation.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metric {
    cpu: Number,
    gpu: Number,
    memory: Number,
    storage_ephemeral: Number,
    #[serde(deserialize_with = "json_view::map")]
    storage: BTreeMap<String, Number>,
}

fn rest(body: &Body) -> Read<ProviderStatus> {
    let held = &body.cluster.inventory;
    let (active, pending) = (reserved(&held.active, "active")?, reserved(&held.pending, "pending")?);
    let hostname = body
        .cluster_public_hostname
        .as_deref()
        .map(|name| clip(name, NAME_CHARS));
    let status = ProviderStatus {
        leases: body.cluster.leases,
        deployments: body.manifest.deployments,
        orders: body.bidengine.orders,
        nodes: nodes(&held.available.nodes)?,
        storage: storage(&held.available.storage, &active, &pending)?,
        active,
        pending,
        gpus: None,
        public_hostnames: hostname.filter(|name| !name.is_empty()).into_iter().collect(),
        errors: Vec::new(),
        reclamation_window_s: body.reclamation_window.map(|ns| ns / NS_PER_S),
        address: body.address.as_deref().map(|address| clip(address, NAME_CHARS)),
        reported_at_ms: None,
    };
    sums::check(&status)?;
    Ok(status)
}

fn nodes(nodes: &[BodyNode]) -> Read<Vec<Node>> {
    at_most("nodes", nodes.len(), MAX_NODES)?;
    nodes.iter().enumerate().map(|(at, n)| node(n, at)).collect()
}

fn node(node: &BodyNode, at: usize) -> Read<Node> {
    let amount = |pick: fn(&Metric) -> Number, name: &str| {
        let field = format!("node {at}: {name}");
        left(pick(&node.allocatable), pick(&node.available), &field)
    };
    Ok(Node {
        name: clip(&node.name, NAME_CHARS),
        resources: Resources {
            cpu_milli: amount(|m| m.cpu, "cpu")?,
            memory_bytes: amount(|m| m.memory, "memory")?,
            gpu: few_gpus(amount(|m| m.gpu, "gpu")?, &format!("node {at}: gpu"))?,
            ephemeral_bytes: amount(|m| m.storage_ephemeral, "storage_ephemeral")?,
        },
        gpus: Vec::new(),
        storage_classes: Vec::new(),
    })
}

/// What is given away is what there is without what is left.
fn left(allocatable: Number, available: Number, at: &str) -> Read<Amount> {
    let allocatable = allocatable.plain(at)?;
    let available = available.wrapped(at)?;
    let allocated = allocatable.checked_sub(available);
    Ok(Amount {
        allocatable,
        allocated: allocated.ok_or_else(|| overflow(at))?,
    })
}

fn overflow(at: &str) -> InventoryError {
    InventoryError::Overflow {
        at: at.to_owned(),
        limit: i64::MAX.unsigned_abs(),
    }
}

fn storage(classes: &[Class], active: &Reserved, pending: &Reserved) -> Read<Vec<StorageClass>> {
    at_most("storage classes", classes.len(), MAX_CLASSES)?;
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    for class in classes {
        let size = class.size.wrapped("storage")?;
        add(left.entry(clip(&class.class, NAME_CHARS)).or_default(), size, "storage")?;
    }
    let mut held: BTreeMap<&String, i64> = left.keys().map(|class| (class, 0)).collect();
    for (class, bytes) in active.storage_bytes.iter().chain(&pending.storage_bytes) {
        add(held.entry(class).or_default(), *bytes, "storage")?;
    }
    let classes = held.into_iter().map(|(class, allocated)| {
        let available = left.get(class).copied().unwrap_or(0);
        let allocatable = allocated.checked_add(available).ok_or_else(|| overflow("storage"))?;
        Ok(StorageClass {
            class: class.clone(),
            bytes: Amount { allocatable, allocated },
        })
    });
    classes.collect()
}

fn reserved(list: &[Metric], at: &'static str) -> Read<Reserved> {
    at_most("reservations", list.len(), MAX_RESERVATIONS)?;
    let mut sum = Reserved {
        // At most `MAX_RESERVATIONS`.
        count: list.len() as u32,
        ..Reserved::default()
    };
    for metric in list {
        add(&mut sum.cpu_milli, metric.cpu.plain(at)?, at)?;
        add(&mut sum.memory_bytes, metric.memory.plain(at)?, at)?;
        add(&mut sum.gpu, metric.gpu.plain(at)?, at)?;
        add(&mut sum.ephemeral_bytes, metric.storage_ephemeral.plain(at)?, at)?;
        for (class, bytes) in &metric.storage {
            let class = sum.storage_bytes.entry(clip(class, NAME_CHARS)).or_default();
            add(class, bytes.plain(at)?, at)?;
        }
        at_most("storage classes", sum.storage_bytes.len(), MAX_CLASSES)?;
    }
    let gpus = Amount {
        allocatable: 0,
        allocated: sum.gpu,
    };
    few_gpus(gpus, at)?;
    Ok(sum)
}

fn add(sum: &mut i64, more: i64, at: &str) -> Read<()> {
    *sum = sum.checked_add(more).ok_or_else(|| overflow(at))?;
    Ok(())
}
