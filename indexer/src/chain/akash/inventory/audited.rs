//! Whether an auditor's signature still covers what a provider says of itself.

use crate::chain::akash::model::Attribute;

/// One attribute that an auditor signed, beside the provider's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedAttribute {
    /// The key.
    pub key: String,
    /// The value that was signed.
    pub signed: String,
    /// The provider's own values of that key, in chain order; empty where it has none (any more).
    pub own: Vec<String>,
}

impl AuditedAttribute {
    /// Whether the signed value is still a value of the provider. A later update of the provider changes its attributes and
    /// leaves the signature as it is, so a signature alone says nothing about the present.
    pub fn is_match(&self) -> bool {
        self.own.contains(&self.signed)
    }
}

/// Every signed attribute beside the provider's own, in the order of the signature.
pub fn audited(own: &[Attribute], signed: &[Attribute]) -> Vec<AuditedAttribute> {
    let beside = signed.iter().map(|signed| AuditedAttribute {
        key: signed.key.clone(),
        signed: signed.value.clone(),
        own: own
            .iter()
            .filter(|own| own.key == signed.key)
            .map(|own| own.value.clone())
            .collect(),
    });
    beside.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Vec<Attribute> {
        let of = |(key, value): &(&str, &str)| Attribute {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        pairs.iter().map(of).collect()
    }

    #[test]
    fn a_signature_holds_only_for_values_that_are_still_the_same() {
        let own = attributes(&[
            ("region", "eu-west"),
            ("tier", "community"),
            ("host", "a"),
            ("host", "b"),
        ]);
        let signed = attributes(&[
            ("region", "us-west"),
            ("tier", "community"),
            ("gone", "x"),
            ("host", "b"),
        ]);
        let beside = audited(&own, &signed);
        let matches: Vec<_> = beside.iter().map(|a| (a.key.as_str(), a.is_match())).collect();
        assert_eq!(
            matches,
            [("region", false), ("tier", true), ("gone", false), ("host", true)]
        );
    }
}
