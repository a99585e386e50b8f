//! From the message `akash.provider.v1.Status`, or its JSON view, to the one form.

use std::collections::BTreeMap;

use prost::Message;

use super::limits::{
    ERROR_CHARS, MAX_CARDS_PER_NODE, MAX_CLASSES, MAX_GPUS, MAX_KINDS, MAX_NODE_ENTRIES, MAX_NODES, MAX_TEXTS,
    NAME_CHARS, at_most,
};
use super::quantity::{milli, whole};
use super::text::clip;
use super::{Amount, InventoryError, Node, ProviderStatus, Reserved, Resources, StorageClass, gpu, sums};
use crate::chain::akash::proto::inventory as proto;

type Read<T> = Result<T, InventoryError>;

impl ProviderStatus {
    /// Reads the protobuf message.
    ///
    /// # Errors
    /// [`InventoryError`]; nothing of the answer is taken then.
    pub fn from_proto(bytes: &[u8]) -> Read<Self> {
        let message = proto::Status::decode(bytes).map_err(|e| InventoryError::Malformed {
            what: "a status message",
            why: clip(&e.to_string(), 120),
        })?;
        Self::from_message(&message)
    }

    pub(super) fn from_message(message: &proto::Status) -> Read<Self> {
        let cluster = message.cluster.as_deref();
        let inventory = cluster.and_then(|c| c.inventory.as_deref());
        let machines = inventory.and_then(|i| i.cluster.as_deref());
        let held = inventory.and_then(|i| i.reservations.as_deref());
        let nodes = nodes(machines)?;
        let gpus = gpu::sum(nodes.iter().flat_map(|node| &node.gpus));
        at_most("kinds of cards", gpus.len(), MAX_KINDS)?;
        let status = Self {
            leases: cluster.and_then(|c| c.leases.as_deref()).map_or(0, |l| l.active),
            deployments: message.manifest.as_deref().map_or(0, |m| m.deployments),
            orders: message.bid_engine.as_deref().map_or(0, |b| b.orders),
            gpus: Some(gpus),
            nodes,
            storage: storage(machines)?,
            active: reserved(held.and_then(|h| h.active.as_deref()), "reservations.active")?,
            pending: reserved(held.and_then(|h| h.pending.as_deref()), "reservations.pending")?,
            public_hostnames: texts("public host names", &message.public_hostnames, NAME_CHARS)?,
            errors: texts("errors", &message.errors, ERROR_CHARS)?,
            reclamation_window_s: message.reclamation_window.as_deref().map(window).transpose()?,
            address: None,
            reported_at_ms: message.timestamp.as_deref().map(clock).transpose()?,
        };
        sums::check(&status)?;
        Ok(status)
    }
}

fn nodes(cluster: Option<&proto::Cluster>) -> Read<Vec<Node>> {
    let nodes = cluster.map_or(&[][..], |c| &c.nodes);
    at_most("nodes", nodes.len(), MAX_NODES)?;
    let mut entries = 0;
    let mut read = Vec::with_capacity(nodes.len());
    for (at, message) in nodes.iter().enumerate() {
        let node = node(message, at)?;
        entries += node.gpus.len() + node.storage_classes.len();
        at_most(
            "kinds of cards and classes of storage in nodes",
            entries,
            MAX_NODE_ENTRIES,
        )?;
        read.push(node);
    }
    Ok(read)
}

fn node(node: &proto::Node, at: usize) -> Read<Node> {
    let field = |name: &str| format!("node {at}: {name}");
    let given = node.resources.as_deref();
    let cpu = given.and_then(|r| r.cpu.as_deref()).and_then(|m| m.quantity.as_deref());
    let memory = given
        .and_then(|r| r.memory.as_deref())
        .and_then(|m| m.quantity.as_deref());
    let cards = given.and_then(|r| r.gpu.as_deref());
    let infos = cards.map_or(&[][..], |g| &g.info);
    at_most("cards in a node", infos.len(), MAX_CARDS_PER_NODE)?;
    let classes = node.capabilities.as_deref().map_or(&[][..], |c| &c.storage_classes);
    at_most("storage classes of a node", classes.len(), MAX_CLASSES)?;
    let gpu_amount = amount(cards.and_then(|g| g.quantity.as_deref()), whole, &field("gpu"))?;
    let ephemeral = given.and_then(|r| r.ephemeral_storage.as_deref());
    Ok(Node {
        name: clip(&node.name, NAME_CHARS),
        resources: Resources {
            cpu_milli: amount(cpu, milli, &field("cpu"))?,
            memory_bytes: amount(memory, whole, &field("memory"))?,
            gpu: few_gpus(gpu_amount, &field("gpu"))?,
            ephemeral_bytes: amount(ephemeral, whole, &field("ephemeral_storage"))?,
        },
        gpus: gpu::count(
            infos
                .iter()
                .map(|i| (&*i.vendor, &*i.name, &*i.memory_size, &*i.interface)),
        ),
        storage_classes: sorted(classes.iter().map(|c| clip(c, NAME_CHARS))),
    })
}

/// Refuses numbers of GPUs that no machine has: they are counted in 32 bits later.
pub(super) fn few_gpus(amount: Amount, at: &str) -> Read<Amount> {
    for number in [amount.allocatable, amount.allocated] {
        if number.unsigned_abs() > MAX_GPUS.unsigned_abs() {
            return Err(InventoryError::Overflow {
                at: at.to_owned(),
                limit: MAX_GPUS.unsigned_abs(),
            });
        }
    }
    Ok(amount)
}

type Reader = fn(&str, &str) -> Read<i64>;

fn amount(pair: Option<&proto::ResourcePair>, read: Reader, at: &str) -> Read<Amount> {
    let side = |quantity: Option<&proto::Quantity>, name: &str| number(quantity, read, &format!("{at}.{name}"));
    Ok(Amount {
        allocatable: side(pair.and_then(|p| p.allocatable.as_ref()), "allocatable")?,
        allocated: side(pair.and_then(|p| p.allocated.as_ref()), "allocated")?,
    })
}

/// A quantity that is absent or empty is 0, as in every protobuf message.
fn number(quantity: Option<&proto::Quantity>, read: Reader, at: &str) -> Read<i64> {
    match quantity {
        Some(quantity) if !quantity.string.is_empty() => read(&quantity.string, at),
        _ => Ok(0),
    }
}

fn storage(cluster: Option<&proto::Cluster>) -> Read<Vec<StorageClass>> {
    let classes = cluster.map_or(&[][..], |c| &c.storage);
    at_most("storage classes", classes.len(), MAX_CLASSES)?;
    let mut read = Vec::with_capacity(classes.len());
    for class in classes {
        let name = clip(class.info.as_deref().map_or("", |i| &i.class), NAME_CHARS);
        let bytes = amount(class.quantity.as_deref(), whole, "storage")?;
        read.push(StorageClass { class: name, bytes });
    }
    read.sort_by(|a, b| a.class.cmp(&b.class));
    Ok(read)
}

fn reserved(metric: Option<&proto::ReservationsMetric>, at: &str) -> Read<Reserved> {
    let Some(metric) = metric else {
        return Ok(Reserved::default());
    };
    let Some(held) = metric.resources.as_deref() else {
        return Ok(Reserved {
            count: metric.count,
            ..Reserved::default()
        });
    };
    at_most("storage classes", held.storage.len(), MAX_CLASSES)?;
    let field = |name: &str| format!("{at}.{name}");
    let mut storage_bytes = BTreeMap::new();
    for (class, bytes) in &held.storage {
        storage_bytes.insert(clip(class, NAME_CHARS), number(Some(bytes), whole, &field("storage"))?);
    }
    let gpu = Amount {
        allocatable: 0,
        allocated: number(held.gpu.as_ref(), whole, &field("gpu"))?,
    };
    Ok(Reserved {
        count: metric.count,
        cpu_milli: number(held.cpu.as_ref(), milli, &field("cpu"))?,
        memory_bytes: number(held.memory.as_ref(), whole, &field("memory"))?,
        gpu: few_gpus(gpu, &field("gpu"))?.allocated,
        ephemeral_bytes: number(held.ephemeral_storage.as_ref(), whole, &field("ephemeral_storage"))?,
        storage_bytes,
    })
}

fn texts(what: &'static str, texts: &[String], chars: usize) -> Read<Vec<String>> {
    at_most(what, texts.len(), MAX_TEXTS)?;
    Ok(texts.iter().map(|text| clip(text, chars)).collect())
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn window(window: &proto::Duration) -> Read<u64> {
    u64::try_from(window.seconds).map_err(|_| InventoryError::Overflow {
        at: "reclamation_window".to_owned(),
        limit: i64::MAX.unsigned_abs(),
    })
}

fn clock(time: &proto::Timestamp) -> Read<i64> {
    let milliseconds = time
        .seconds
        .checked_mul(1_000)
        .and_then(|ms| ms.checked_add(i64::from(time.nanos / 1_000_000)));
    milliseconds.ok_or_else(|| InventoryError::Overflow {
        at: "timestamp".to_owned(),
        limit: i64::MAX.unsigned_abs(),
    })
}
