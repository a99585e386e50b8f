//! Sums of rows against the truth, which is added up here from labels and raw balances, without the decoder.

use crate::chain::render::facts::tests::labels::class_of;
use crate::chain::render::facts::tests::{Rows, rows_of_recording};
use crate::chain::render::testing::{WORLD, json, pairs};
use serde_json::Value;
use std::collections::BTreeMap;

/// Balances of a body: account to base units. The account's address is looked up by hand: static keys, then loaded ones.
fn balances(body: &Value, list: &str, mint: &str) -> BTreeMap<String, i128> {
    let mut keys: Vec<&Value> = body["transaction"]["message"]["accountKeys"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    for kind in ["writable", "readonly"] {
        keys.extend(body["meta"]["loadedAddresses"][kind].as_array().unwrap());
    }
    let of_mint = |balance: &&Value| balance["mint"] == mint;
    let entry = |balance: &Value| {
        let key = keys[usize::try_from(balance["accountIndex"].as_u64().unwrap()).unwrap()];
        let amount = balance["uiTokenAmount"]["amount"].as_str().unwrap().parse().unwrap();
        (key.as_str().unwrap().to_owned(), amount)
    };
    body["meta"][list]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_mint)
        .map(entry)
        .collect()
}

/// Changes of each account in each transaction, as its body lists them.
fn truth() -> Vec<(u64, String, BTreeMap<String, i128>)> {
    let accounts = json("render-world-1/accounts.json");
    let mint = accounts["mint"].as_str().unwrap();
    let labels: BTreeMap<String, String> = json("render-world-1/truth_transactions.json")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["signature"].as_str().unwrap().to_owned(),
                one["label"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let wanted = |request: &Value| request["method"] == "getTransaction" && request["params"][1]["encoding"] == "json";
    let bodies = pairs(WORLD).into_iter().filter(|(request, _)| wanted(request));
    bodies
        .map(|(request, response)| {
            let body = &response["result"];
            let mut change = balances(body, "postTokenBalances", mint);
            for (account, amount) in balances(body, "preTokenBalances", mint) {
                *change.entry(account).or_default() -= amount;
            }
            let label = labels[request["params"][0].as_str().unwrap()].clone();
            (body["slot"].as_u64().unwrap(), label, change)
        })
        .collect()
}

/// What a transaction of a class is about: what was created, destroyed, or changed hands.
fn volume(class: &str, change: &BTreeMap<String, i128>) -> i128 {
    let total: i128 = change.values().sum();
    match class {
        "job_burn" | "other_burn" => -total,
        "emission_mint" | "upgrade_mint" => total,
        _ => change.values().filter(|amount| **amount > 0).sum(),
    }
}

fn epochs() -> Vec<Value> {
    json("render-world-1/truth_epochs.json").as_array().unwrap().clone()
}

fn bounds(epoch: &Value) -> (u64, u64) {
    (
        epoch["first_slot"].as_u64().unwrap(),
        epoch["last_slot"].as_u64().unwrap(),
    )
}

fn rows_until(rows: &[(u64, Rows)], last: u64) -> impl Iterator<Item = &Rows> {
    rows.iter().filter(move |(slot, _)| *slot <= last).map(|(_, rows)| rows)
}

#[test]
fn burned_minted_and_paid_of_each_epoch_and_class_equal_the_truth() {
    let (truth, rows) = (truth(), rows_of_recording(WORLD));
    let mut compared = 0;
    for epoch in epochs() {
        let (first, last) = bounds(&epoch);
        let number = u32::try_from(epoch["epoch"].as_u64().unwrap()).unwrap();
        let mut expected: BTreeMap<String, i128> = BTreeMap::new();
        for (_, label, change) in truth.iter().filter(|(slot, ..)| (first..=last).contains(slot)) {
            let class = class_of(label);
            if class != "none" && class != "failed" {
                *expected.entry(class.clone()).or_default() += volume(&class, change);
            }
        }
        let mut found: BTreeMap<String, i128> = BTreeMap::new();
        for event in rows.iter().flat_map(|(_, rows)| &rows.events) {
            if event.epoch == Some(number) {
                *found.entry(event.class.clone()).or_default() += i128::from(event.amount);
            }
        }
        assert_eq!(found, expected, "epoch {number}");
        compared += found.len();
    }
    assert!(compared > 100, "only {compared} sums were compared");
}

#[test]
fn changes_add_up_to_every_balance_and_to_the_supply_at_the_end_of_each_epoch() {
    let rows = rows_of_recording(WORLD);
    let mut compared = 0;
    for epoch in epochs() {
        let (_, last) = bounds(&epoch);
        let mut held: BTreeMap<String, i128> = BTreeMap::new();
        for change in rows_until(&rows, last).flat_map(|rows| &rows.changes) {
            *held.entry(change.account.clone()).or_default() += i128::from(change.post) - i128::from(change.pre);
        }
        let supply: i128 = epoch["supply"]["value"]["amount"].as_str().unwrap().parse().unwrap();
        assert_eq!(held.values().sum::<i128>(), supply, "{}", epoch["epoch"]);
        for (name, balance) in epoch["balances"].as_object().unwrap() {
            let (account, amount) = (
                balance["account"].as_str().unwrap(),
                balance["amount"].as_i64().unwrap(),
            );
            assert_eq!(
                held.remove(account).unwrap_or_default(),
                i128::from(amount),
                "{name} in {}",
                epoch["epoch"]
            );
            compared += 1;
        }
        assert!(
            held.values().all(|amount| *amount == 0),
            "accounts that the truth does not know: {held:?}"
        );
    }
    assert!(compared > 480, "only {compared} balances were compared");
}

#[test]
fn minted_minus_burned_is_the_supply_and_events_add_up_to_every_balance() {
    let rows = rows_of_recording(WORLD);
    for epoch in epochs() {
        let (_, last) = bounds(&epoch);
        let (mut supply, mut held) = (0_i128, BTreeMap::<&str, i128>::new());
        for event in rows_until(&rows, last).flat_map(|rows| &rows.events) {
            let amount = i128::from(event.amount);
            supply += match event.kind.as_str() {
                "mint" => amount,
                "burn" => -amount,
                _ => 0,
            };
            *held.entry(&event.source_account).or_default() -= amount;
            *held.entry(&event.dest_account).or_default() += amount;
        }
        assert_eq!(supply.to_string(), epoch["supply"]["value"]["amount"].as_str().unwrap());
        for (name, balance) in epoch["balances"].as_object().unwrap() {
            let account = balance["account"].as_str().unwrap();
            let amount = i128::from(balance["amount"].as_i64().unwrap());
            assert_eq!(held.get(account).copied().unwrap_or_default(), amount, "{name}");
        }
    }
}

#[test]
fn no_transaction_of_the_recording_leaves_anything_unexplained() {
    for (slot, rows) in rows_of_recording(WORLD) {
        assert!(rows.unknown.is_empty(), "slot {slot}");
        assert!(
            rows.events.iter().all(|event| event.kind != "unexplained_delta"),
            "slot {slot}"
        );
    }
}
