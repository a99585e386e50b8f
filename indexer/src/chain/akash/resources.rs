//! Sums of resources, and resources as the chain's own JSON.

use super::model::{Attribute, DecCoin, Endpoint, GroupSpec, ResourceOffer, ResourceUnit, Resources, Storage};
use serde_json::{Value, json};

/// Resources of all replicas of a group or an offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// Milli-cores.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes over all volumes, ephemeral and persistent.
    pub storage_bytes: u64,
    /// Whole GPUs.
    pub gpu_units: u64,
}

impl Totals {
    /// Of a group: each line times its replicas.
    pub fn of_group(spec: &GroupSpec) -> Self {
        spec.resources
            .iter()
            .fold(Self::default(), |sum, unit| sum.plus(&unit.resources, unit.count))
    }

    /// Of an offer.
    pub fn of_offer(offer: &[ResourceOffer]) -> Self {
        offer
            .iter()
            .fold(Self::default(), |sum, unit| sum.plus(&unit.resources, unit.count))
    }

    /// Both together; sums stick at the maximum.
    pub fn and(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_add(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
            storage_bytes: self.storage_bytes.saturating_add(other.storage_bytes),
            gpu_units: self.gpu_units.saturating_add(other.gpu_units),
        }
    }

    // The chain limits each of these far below 2^64; a hostile value sticks at the maximum.
    fn plus(self, resources: &Resources, count: u32) -> Self {
        let count = u64::from(count);
        let add = |sum: u64, one: u64| sum.saturating_add(one.saturating_mul(count));
        let storage = resources
            .storage
            .iter()
            .fold(0u64, |sum, volume| sum.saturating_add(volume.bytes));
        Self {
            cpu_milli: add(self.cpu_milli, resources.cpu_milli),
            memory_bytes: add(self.memory_bytes, resources.memory_bytes),
            storage_bytes: add(self.storage_bytes, storage),
            gpu_units: add(self.gpu_units, resources.gpu_units),
        }
    }
}

/// A group spec as the chain's REST prints it, keys sorted, all amounts as text.
pub fn group_spec_json(spec: &GroupSpec) -> Value {
    json!({
        "name": spec.name,
        "requirements": {
            "signed_by": { "all_of": spec.signed_by_all_of, "any_of": spec.signed_by_any_of },
            "attributes": attributes_json(&spec.attributes),
        },
        "resources": spec.resources.iter().map(unit_json).collect::<Vec<_>>(),
    })
}

/// An offer as the chain's REST prints it (without the prices, which no version fills).
pub fn offer_json(offer: &[ResourceOffer]) -> Value {
    let one = |offer: &ResourceOffer| json!({ "resources": resources_json(&offer.resources), "count": offer.count });
    offer.iter().map(one).collect()
}

/// Attributes in order, as a list of keys and values.
pub fn attributes_json(attributes: &[Attribute]) -> Value {
    attributes
        .iter()
        .map(|attribute| json!({ "key": attribute.key, "value": attribute.value }))
        .collect()
}

fn unit_json(unit: &ResourceUnit) -> Value {
    json!({ "resource": resources_json(&unit.resources), "count": unit.count, "price": dec_coin_json(&unit.price) })
}

fn dec_coin_json(coin: &DecCoin) -> Value {
    json!({ "denom": coin.denom, "amount": coin.amount.to_string() })
}

fn resources_json(resources: &Resources) -> Value {
    let units = |value: u64, attributes: &[Attribute]| json!({ "units": val(value), "attributes": attributes_json(attributes) });
    json!({
        "id": resources.id,
        "cpu": units(resources.cpu_milli, &resources.cpu_attributes),
        "memory": {
            "quantity": val(resources.memory_bytes),
            "attributes": attributes_json(&resources.memory_attributes),
        },
        "storage": resources.storage.iter().map(storage_json).collect::<Vec<_>>(),
        "gpu": units(resources.gpu_units, &resources.gpu_attributes),
        "endpoints": resources.endpoints.iter().map(endpoint_json).collect::<Vec<_>>(),
    })
}

fn storage_json(storage: &Storage) -> Value {
    json!({
        "name": storage.name,
        "quantity": val(storage.bytes),
        "attributes": attributes_json(&storage.attributes),
    })
}

fn endpoint_json(endpoint: &Endpoint) -> Value {
    let kind = match endpoint.kind {
        0 => json!("SHARED_HTTP"),
        1 => json!("RANDOM_PORT"),
        2 => json!("LEASED_IP"),
        other => json!(other),
    };
    json!({ "kind": kind, "sequence_number": endpoint.sequence_number })
}

fn val(number: u64) -> Value {
    json!({ "val": number.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::akash::model::MessageBody;
    use crate::chain::akash::testing;
    use std::collections::BTreeMap;

    fn resources(cpu_milli: u64, volumes: &[u64]) -> Resources {
        let volume = |bytes: &u64| Storage {
            name: "v".to_owned(),
            bytes: *bytes,
            attributes: Vec::new(),
        };
        Resources {
            cpu_milli,
            memory_bytes: 10,
            gpu_units: 1,
            storage: volumes.iter().map(volume).collect(),
            ..Resources::default()
        }
    }

    #[test]
    fn sums_count_each_replica_and_each_volume() {
        let offer = [
            ResourceOffer {
                resources: resources(500, &[1, 2]),
                count: 3,
            },
            ResourceOffer {
                resources: resources(1000, &[]),
                count: 1,
            },
        ];
        let totals = Totals {
            cpu_milli: 2500,
            memory_bytes: 40,
            storage_bytes: 9,
            gpu_units: 4,
        };
        assert_eq!(Totals::of_offer(&offer), totals);
    }

    #[test]
    fn sums_beyond_the_range_stick_at_the_maximum() {
        let offer = [ResourceOffer {
            resources: resources(u64::MAX, &[u64::MAX, 1]),
            count: u32::MAX,
        }];
        assert_eq!(Totals::of_offer(&offer).cpu_milli, u64::MAX);
        assert_eq!(Totals::of_offer(&offer).storage_bytes, u64::MAX);
    }

    /// The chain's own answer for every group, by owner, dseq and gseq.
    fn specs_in_state(recording: &str, height: u64) -> BTreeMap<(String, String, u64), Value> {
        let file = testing::path(recording, &format!("state/{height}/deployments.json"));
        let deployments: Vec<Value> = serde_json::from_slice(&std::fs::read(file).expect("state")).expect("JSON");
        let mut specs = BTreeMap::new();
        for group in deployments
            .iter()
            .flat_map(|deployment| deployment["groups"].as_array().expect("groups"))
        {
            let id = if group["id"].is_null() {
                &group["group_id"]
            } else {
                &group["id"]
            };
            let text = |key: &str| id[key].as_str().expect("text").to_owned();
            let gseq = id["gseq"].as_u64().expect("gseq");
            specs.insert((text("owner"), text("dseq"), gseq), group["group_spec"].clone());
        }
        specs
    }

    #[test]
    fn specs_of_messages_print_as_the_chain_prints_them() {
        for (recording, height) in [
            ("akash-gridlocal-1", 860),
            ("akash-gridlocal-v12", 582),
            ("akash-gridlocal-v038", 582),
        ] {
            let mut truth = specs_in_state(recording, height);
            for block in testing::blocks(recording) {
                for message in block.txs.iter().filter(|tx| tx.succeeded()).flat_map(|tx| &tx.messages) {
                    let MessageBody::CreateDeployment { id, groups, .. } = &message.body else {
                        continue;
                    };
                    for (gseq, spec) in (1..).zip(groups) {
                        let key = (id.owner.clone(), id.dseq.to_string(), gseq);
                        assert_eq!(truth.remove(&key), Some(group_spec_json(spec)), "{recording} {key:?}");
                    }
                }
            }
            assert!(
                truth.is_empty(),
                "{recording}: groups without a message: {:?}",
                truth.keys()
            );
        }
    }
}
