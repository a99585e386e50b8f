//! Every field that a chain prints of a compared object is compared: each one is changed in turn.
#![allow(clippy::unwrap_used)]

use super::super::{Snapshot, diff};
use crate::chain::akash::testing::path;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use tempfile::TempDir;

/// Files whose objects are compared.
const FILES: [&str; 12] = [
    "deployments",
    "orders",
    "bids",
    "leases",
    "escrow_accounts",
    "escrow_payments",
    "providers",
    "audited_attributes",
    "bme_ledger",
    "bme_vault",
    "oracle_prices",
    "supply",
];

/// What is printed and not compared, and why no wrong state can hide in it: page counts; the scope of an
/// account that is nested in its deployment or bid, and of a payment (only deployments pay); further prints of the one
/// denomination that an account of v0.38 has; its depositor where nothing of his is left.
const LEFT_OUT: [&str; 10] = [
    "bids/*/escrow_account/depositor",
    "bids/*/escrow_account/funds/denom",
    "bids/*/escrow_account/id/scope",
    "deployments/*/escrow_account/depositor",
    "deployments/*/escrow_account/funds/denom",
    "deployments/*/escrow_account/id/scope",
    "escrow_payments/*/id/aid/scope",
    "leases/*/escrow_payment/account_id/scope",
    "leases/*/escrow_payment/id/aid/scope",
    "supply/pagination/total",
];

/// Folders that together show every shape of every era.
const FOLDERS: [(&str, &str); 6] = [
    ("akash-gridlocal-v038", "state/582"),
    ("akash-gridlocal-v12", "state/582"),
    ("akash-gridlocal-1", "state/286"),
    ("akash-gridlocal-1", "state/860"),
    ("akash-gridlocal-all", "state/479"),
    ("akash-gridlocal-all", "state/718"),
];

/// First place of each field, by its path with list indexes left out.
fn fields(name: &str, value: &Value, pointer: &str, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                fields(&format!("{name}/*"), item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(parts) => {
            for (key, part) in parts {
                fields(&format!("{name}/{key}"), part, &format!("{pointer}/{key}"), found);
            }
        }
        _ => {
            found.entry(name.to_owned()).or_insert_with(|| pointer.to_owned());
        }
    }
}

fn changed(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(format!("{text}1")),
        Value::Number(number) => json!(number.as_u64().unwrap() + 1),
        Value::Null => json!({"planted": "1"}),
        other => panic!("no way to change {other}"),
    }
}

#[test]
fn a_change_of_any_printed_field_is_found() {
    let folder = TempDir::new().unwrap();
    let (mut tried, mut passed) = (0, BTreeSet::new());
    for (recording, height) in FOLDERS {
        for file in FILES {
            let source = path(recording, height).join(format!("{file}.json"));
            let Ok(text) = fs::read(source) else { continue };
            let document: Value = serde_json::from_slice(&text).unwrap();
            let target = folder.path().join(format!("{file}.json"));
            fs::write(&target, &text).unwrap();
            let original = Snapshot::from_truth_dir(folder.path()).unwrap();
            let mut places = BTreeMap::new();
            fields(file, &document, "", &mut places);
            for (name, pointer) in &places {
                let mut planted = document.clone();
                let place = planted.pointer_mut(pointer).unwrap();
                *place = changed(place);
                fs::write(&target, planted.to_string()).unwrap();
                let found = Snapshot::from_truth_dir(folder.path()).map(|copy| diff(&original, &copy));
                if found.is_ok_and(|differences| differences.is_empty()) {
                    passed.insert(name.clone());
                }
                tried += 1;
            }
            fs::remove_file(target).unwrap();
        }
    }
    let passed: Vec<&str> = passed.iter().map(String::as_str).collect();
    assert_eq!(passed, LEFT_OUT);
    assert!(tried > 400, "only {tried} fields were changed");
}
