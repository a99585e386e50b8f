//! Provider records: what a provider says of itself.

use super::fields::{self, Fields};
use crate::chain::akash::model::{Attribute, ProviderRecord};
use crate::chain::akash::state::output::{ObjectKey, StateOutput};
use std::collections::{BTreeMap, BTreeSet};

/// A registered provider.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Provider {
    /// Record as of its last message.
    pub record: ProviderRecord,
    /// Height of its registration; 0: in the genesis, or in the answered state that the machine began with.
    pub created_at: u64,
}

/// All providers by address. No version so far deletes one.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Providers {
    by_owner: BTreeMap<String, Provider>,
}

impl Providers {
    /// From the `provider` part of a genesis.
    pub(super) fn from_genesis(module: &Fields) -> Result<Self, String> {
        let mut providers = Self::default();
        for item in fields::list(module, "providers")? {
            let item = item.as_object().ok_or("a provider is no object")?;
            let info = fields::object(item, "info")?;
            let record = ProviderRecord {
                owner: fields::text(item, "owner")?.to_owned(),
                host_uri: fields::text(item, "host_uri")?.to_owned(),
                attributes: fields::attributes(item, "attributes")?,
                email: fields::text(info, "email")?.to_owned(),
                website: fields::text(info, "website")?.to_owned(),
            };
            let provider = Provider { record, created_at: 0 };
            providers.by_owner.insert(provider.record.owner.clone(), provider);
        }
        Ok(providers)
    }

    /// As a node answered them: it does not tell when each registered.
    pub(super) fn started(records: BTreeMap<String, ProviderRecord>) -> Self {
        let provider = |(owner, record)| (owner, Provider { record, created_at: 0 });
        Self {
            by_owner: records.into_iter().map(provider).collect(),
        }
    }

    /// A provider by address.
    pub fn get(&self, owner: &str) -> Option<&Provider> {
        self.by_owner.get(owner)
    }

    /// All providers in the order of their addresses.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.by_owner.values()
    }

    /// Takes the record of a successful create or update; an update replaces the whole record.
    pub(super) fn put(&mut self, record: &ProviderRecord, height: u64, out: &mut StateOutput) {
        let before = self.by_owner.get(&record.owner);
        let created_at = before.map_or(height, |provider| provider.created_at);
        let old: BTreeSet<&Attribute> = before.iter().flat_map(|provider| &provider.record.attributes).collect();
        let new: BTreeSet<&Attribute> = record.attributes.iter().collect();
        for attribute in old.symmetric_difference(&new) {
            out.mark(attribute_key(&record.owner, attribute));
        }
        out.mark(ObjectKey::Provider(record.owner.clone()));
        let provider = Provider {
            record: record.clone(),
            created_at,
        };
        self.by_owner.insert(record.owner.clone(), provider);
    }

    /// Marks everything, for the first block after a genesis.
    pub(super) fn mark_all(&self, out: &mut StateOutput) {
        for provider in self.by_owner.values() {
            out.mark(ObjectKey::Provider(provider.record.owner.clone()));
            for attribute in &provider.record.attributes {
                out.mark(attribute_key(&provider.record.owner, attribute));
            }
        }
    }
}

fn attribute_key(owner: &str, attribute: &Attribute) -> ObjectKey {
    ObjectKey::ProviderAttribute {
        owner: owner.to_owned(),
        key: attribute.key.clone(),
        value: attribute.value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(attributes: &[(&str, &str)]) -> ProviderRecord {
        let attribute = |(key, value): &(&str, &str)| Attribute {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        ProviderRecord {
            owner: "akash1p".to_owned(),
            host_uri: "https://p.example.test:8443".to_owned(),
            attributes: attributes.iter().map(attribute).collect(),
            email: String::new(),
            website: String::new(),
        }
    }

    #[test]
    fn an_update_keeps_the_height_of_registration_and_marks_only_changed_attributes() {
        let mut providers = Providers::default();
        providers.put(
            &record(&[("region", "us"), ("tier", "a")]),
            7,
            &mut StateOutput::default(),
        );
        let mut out = StateOutput::default();
        providers.put(&record(&[("region", "eu"), ("tier", "a")]), 9, &mut out);
        assert_eq!(providers.get("akash1p").map(|provider| provider.created_at), Some(7));
        let changed: Vec<_> = out.changed().cloned().collect();
        let attribute = |key: &str, value: &str| ObjectKey::ProviderAttribute {
            owner: "akash1p".to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
        };
        assert_eq!(
            changed,
            [
                ObjectKey::Provider("akash1p".to_owned()),
                attribute("region", "eu"),
                attribute("region", "us")
            ]
        );
    }
}
