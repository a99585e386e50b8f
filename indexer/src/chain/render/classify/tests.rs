//! The rules as data. What they mean for transactions is tested with the rows.
#![allow(clippy::unwrap_used)]

use super::{Class, Ordered, Role, TABLE};
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
fn an_account_that_is_followed_without_a_known_role_is_to_the_rules_as_one_that_is_not_watched() {
    for rule in TABLE.iter() {
        for role in [None, Some(Role::Burn), Some(Role::PayoutWork)] {
            let fits = |other| rule.fits(rule.kind, role, other, other);
            assert_eq!(fits(None), fits(Some(Role::Other)), "{}", rule.rule);
        }
    }
}

#[test]
fn names_of_classes_are_those_of_the_rules_file() {
    for class in Class::ALL {
        let read: Class = serde_json::from_str(&format!("\"{}\"", class.name())).unwrap();
        assert_eq!(read, class);
    }
}
