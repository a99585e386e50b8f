//! The rules as data. What they mean for transactions is tested with the rows.
#![allow(clippy::unwrap_used)]

use super::{Class, Ordered, TABLE};
use std::collections::BTreeSet;

#[test]
fn every_rule_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = TABLE.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(names.len(), TABLE.len());
    assert!(names.iter().all(|name| !name.is_empty()));
}

#[test]
fn every_class_can_be_reached_and_every_kind_ends_with_a_rule_that_takes_all() {
    let classes: BTreeSet<Class> = TABLE.iter().map(|rule| rule.class).collect();
    assert_eq!(classes, BTreeSet::from(Class::ALL));
    for kind in [Ordered::Mint, Ordered::Burn, Ordered::Transfer] {
        let last = TABLE.iter().rfind(|rule| rule.kind == kind).unwrap();
        assert!(last.fits(kind, None, None, None), "{}", last.rule);
        assert!(
            last.source.is_empty() && last.dest.is_empty() && last.authority.is_empty(),
            "{}",
            last.rule
        );
    }
}

#[test]
fn names_of_classes_are_those_of_the_rules_file() {
    for class in Class::ALL {
        let read: Class = serde_json::from_str(&format!("\"{}\"", class.name())).unwrap();
        assert_eq!(read, class);
    }
}
