//! Attributes of providers that auditors signed.

use super::fields::{self, Fields};
use crate::chain::akash::model::Attribute;
use crate::chain::akash::state::output::{ObjectKey, StateOutput};
use crate::chain::akash::state::pairs;
use std::collections::BTreeMap;

/// Provider and auditor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct AuditId {
    /// Provider's address.
    pub owner: String,
    /// Auditor's address.
    pub auditor: String,
}

impl AuditId {
    fn key(&self) -> ObjectKey {
        ObjectKey::Audit {
            owner: self.owner.clone(),
            auditor: self.auditor.clone(),
        }
    }
}

/// Signed attributes by provider and auditor, each list sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Audits {
    #[serde(with = "pairs")]
    signed: BTreeMap<AuditId, Vec<Attribute>>,
}

impl Audits {
    /// From the `audit` part of a genesis (`attributes` up to v0.38, `providers` later).
    pub(super) fn from_genesis(module: &Fields) -> Result<Self, String> {
        let mut audits = Self::default();
        let items = [fields::list(module, "attributes")?, fields::list(module, "providers")?];
        for item in items.into_iter().flatten() {
            let item = item.as_object().ok_or("an audit is no object")?;
            let id = AuditId {
                owner: fields::text(item, "owner")?.to_owned(),
                auditor: fields::text(item, "auditor")?.to_owned(),
            };
            audits.signed.insert(id, fields::attributes(item, "attributes")?);
        }
        Ok(audits)
    }

    /// As a node answered them.
    pub(super) fn started(signed: BTreeMap<AuditId, Vec<Attribute>>) -> Self {
        Self { signed }
    }

    /// What an auditor signed of a provider.
    pub fn get(&self, owner: &str, auditor: &str) -> Option<&[Attribute]> {
        let id = AuditId {
            owner: owner.to_owned(),
            auditor: auditor.to_owned(),
        };
        self.signed.get(&id).map(Vec::as_slice)
    }

    /// All audits in the order of provider and auditor.
    pub fn iter(&self) -> impl Iterator<Item = (&AuditId, &[Attribute])> {
        self.signed.iter().map(|(id, attributes)| (id, attributes.as_slice()))
    }

    /// An auditor signs: new keys join those signed before, equal keys take the new value.
    ///
    /// The first signature is stored as it came, sorted by key; later ones go through a map, so a key
    /// that was given twice collapses then.
    pub(super) fn sign(&mut self, id: AuditId, attributes: &[Attribute], out: &mut StateOutput) {
        out.mark(id.key());
        let signed = match self.signed.get(&id) {
            None => {
                let mut sorted = attributes.to_vec();
                sorted.sort_by(|one, other| one.key.cmp(&other.key));
                sorted
            }
            Some(before) => from_map(to_map(before.iter().chain(attributes))),
        };
        self.signed.insert(id, signed);
    }

    /// An auditor takes keys back, or everything where none is named. The last key gone, so is the record.
    pub(super) fn delete(&mut self, id: &AuditId, keys: &[String], out: &mut StateOutput) {
        out.mark(id.key());
        let Some(before) = self.signed.remove(id).filter(|_| !keys.is_empty()) else {
            return;
        };
        let mut left = to_map(&before);
        left.retain(|key, _| !keys.contains(key));
        if !left.is_empty() {
            self.signed.insert(id.clone(), from_map(left));
        }
    }

    /// Marks everything, for the first block after a genesis.
    pub(super) fn mark_all(&self, out: &mut StateOutput) {
        self.signed.keys().for_each(|id| out.mark(id.key()));
    }
}

fn to_map<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> BTreeMap<String, String> {
    let pair = |attribute: &Attribute| (attribute.key.clone(), attribute.value.clone());
    attributes.into_iter().map(pair).collect()
}

fn from_map(map: BTreeMap<String, String>) -> Vec<Attribute> {
    map.into_iter().map(|(key, value)| Attribute { key, value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> AuditId {
        AuditId {
            owner: "p".to_owned(),
            auditor: "a".to_owned(),
        }
    }

    fn attributes(pairs: &[(&str, &str)]) -> Vec<Attribute> {
        let one = |(key, value): &(&str, &str)| Attribute {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        pairs.iter().map(one).collect()
    }

    #[test]
    fn a_second_signature_joins_the_first_and_overwrites_equal_keys() {
        let (mut audits, mut out) = (Audits::default(), StateOutput::default());
        audits.sign(id(), &attributes(&[("tier", "silver"), ("region", "eu")]), &mut out);
        audits.sign(id(), &attributes(&[("tier", "gold"), ("audited-by", "x")]), &mut out);
        let expected = attributes(&[("audited-by", "x"), ("region", "eu"), ("tier", "gold")]);
        assert_eq!(audits.get("p", "a"), Some(expected.as_slice()));
    }

    #[test]
    fn keys_go_one_by_one_and_the_record_with_the_last() {
        let (mut audits, mut out) = (Audits::default(), StateOutput::default());
        audits.sign(id(), &attributes(&[("tier", "silver"), ("region", "eu")]), &mut out);
        audits.delete(&id(), &["tier".to_owned()], &mut out);
        assert_eq!(audits.get("p", "a"), Some(attributes(&[("region", "eu")]).as_slice()));
        audits.delete(&id(), &["region".to_owned()], &mut out);
        assert_eq!(audits.get("p", "a"), None);
    }

    #[test]
    fn no_key_named_means_all() {
        let (mut audits, mut out) = (Audits::default(), StateOutput::default());
        audits.sign(id(), &attributes(&[("tier", "silver"), ("region", "eu")]), &mut out);
        audits.delete(&id(), &[], &mut out);
        assert_eq!(audits.iter().count(), 0);
    }
}
