//! The rows of an answered state: one for each object, at the end of its height.

use super::recorded_state::from_rest;
use crate::chain::Machine;
use crate::chain::akash::state::tests::replay::fresh;
use crate::chain::akash::state::{ChainRules, State};
use crate::source::RawState;
use gridproof_store::batch::{Batch, Identity, Origin};
use serde_json::Value;

const RECORDING: &str = "akash-gridlocal-1";
/// Columns before the body: hash, height, time, three indexes.
const HASH_BYTES: usize = 8;

fn seeded() -> (State, RawState) {
    let raw = from_rest(RECORDING, 573);
    let rules: ChainRules = fresh(RECORDING).rules;
    (<State as Machine<ChainRules>>::seed(&rules, &raw).unwrap(), raw)
}

fn written(state: &State, raw: &RawState) -> Batch {
    let mut batch = Batch::new(Origin {
        network: "n".to_owned(),
        chain_id: RECORDING.to_owned(),
    });
    state.write_all(raw, &mut batch).unwrap();
    batch
}

/// Objects that a file of the recording lists.
fn listed(raw: &RawState, method: &str, list: &str) -> Vec<Value> {
    let answer = raw
        .answers
        .iter()
        .find(|answer| answer.method.ends_with(method))
        .unwrap();
    match serde_json::from_slice(&answer.body).unwrap() {
        Value::Array(objects) => objects,
        page => page[list].as_array().unwrap().clone(),
    }
}

#[test]
fn every_object_has_one_row_and_a_second_writing_gives_the_same() {
    let (state, raw) = seeded();
    let batch = written(&state, &raw);
    let rows = |table: &str| batch.tables.get(table).map_or(0, |table| table.rows);
    let lists = [
        ("deployments", "Query/Deployments", "deployments"),
        ("orders", "Query/Orders", "orders"),
        ("bids", "Query/Bids", "bids"),
        ("leases", "Query/Leases", "leases"),
        ("escrow_accounts", "Query/Accounts", "accounts"),
        ("escrow_payments", "Query/Payments", "payments"),
        ("providers", "Query/Providers", "providers"),
        ("audits", "Query/ProviderAttributes", "providers"),
        ("bme_ledger", "Query/LedgerRecords", "records"),
        ("oracle_prices", "Query/Prices", "prices"),
        ("supply", "Query/TotalSupply", "supply"),
    ];
    for (table, method, list) in lists {
        let objects = listed(&raw, method, list);
        assert!(!objects.is_empty(), "{table}");
        assert_eq!(rows(table), objects.len() as u64, "{table}");
    }
    let deployments = listed(&raw, "Query/Deployments", "deployments");
    let groups: usize = deployments
        .iter()
        .map(|entry| entry["groups"].as_array().unwrap().len())
        .sum();
    assert_eq!(rows("groups"), groups as u64);
    assert_eq!((rows("bme_vault"), rows("oracle_status")), (1, 1));
    assert_eq!(rows("stranded_deposits"), state.market.stranded.len() as u64);
    assert!(!state.market.stranded.is_empty());
    assert_eq!(written(&state, &raw).digest(), batch.digest());
}

#[test]
fn a_row_is_of_the_end_of_the_answered_height() {
    let (state, raw) = seeded();
    let batch = written(&state, &raw);
    let bytes = &batch.tables["supply"].bytes;
    let number = |at: usize, length: usize| bytes[at..at + length].to_vec();
    let at = HASH_BYTES;
    assert_eq!(number(at, 8), 573_u64.to_le_bytes());
    assert_eq!(number(at + 8, 8), (raw.time_ns / 1_000_000).to_le_bytes());
    assert_eq!(number(at + 16, 4), Identity::SNAPSHOT.to_le_bytes());
    assert_eq!(number(at + 20, 4), (-1_i32).to_le_bytes());
}

#[test]
fn rows_of_another_height_are_refused() {
    let (mut state, raw) = seeded();
    state.height += 1;
    let mut batch = Batch::new(Origin {
        network: "n".to_owned(),
        chain_id: RECORDING.to_owned(),
    });
    assert!(state.write_all(&raw, &mut batch).is_err());
}
