//! Every transaction of the recording has the class that its label asks for.

use super::rows;
use crate::chain::render::testing::{WORLD, json, rules, slots};
use std::collections::BTreeMap;

/// The class that a label asks for, by the committed table.
pub(super) fn class_of(label: &str) -> String {
    let table = json("render-labels.json");
    let fits = |name: &str| match name.strip_suffix('*') {
        Some(beginning) => label.starts_with(beginning),
        None => label == name,
    };
    let mut lines = table["labels"].as_array().unwrap().iter();
    let line = lines.find(|line| fits(line["label"].as_str().unwrap()));
    let line = line.unwrap_or_else(|| panic!("render-labels.json has no line for {label}"));
    line["class"].as_str().unwrap().to_owned()
}

#[test]
fn each_of_the_296_transactions_has_the_class_of_its_label() {
    let rules = rules(WORLD);
    let mut classes = BTreeMap::new();
    for slot in slots(WORLD) {
        for transaction in &slot.transactions {
            let class = rows(&rules, slot.slot, transaction).transaction.class;
            classes.insert(transaction.signature.clone(), class);
        }
    }
    let truth = json("render-world-1/truth_transactions.json");
    let truth = truth.as_array().unwrap();
    assert_eq!((truth.len(), classes.len()), (296, 296));
    for one in truth {
        let (label, signature) = (one["label"].as_str().unwrap(), one["signature"].as_str().unwrap());
        assert_eq!(classes[signature], class_of(label), "{label} {signature}");
    }
}
