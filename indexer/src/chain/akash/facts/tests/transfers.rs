//! The classes of escrow transfers, against what the chain itself says that it paid.

use crate::chain::akash::facts::escrow_transfers::{EscrowTransferRow, rows};
use crate::chain::akash::testing::{blocks, path};
use serde_json::Value;
use std::collections::BTreeMap;

type Sums = BTreeMap<String, u128>;

fn all_rows(recording: &str) -> Vec<EscrowTransferRow> {
    blocks(recording).iter().flat_map(rows).map(|(_, row)| row).collect()
}

fn sum(rows: &[EscrowTransferRow], class: &str) -> u128 {
    rows.iter().filter(|row| row.class == class).map(|row| row.amount).sum()
}

fn by_recipient(rows: &[EscrowTransferRow], class: &str) -> Sums {
    let mut sums = Sums::new();
    for row in rows.iter().filter(|row| row.class == class) {
        *sums.entry(row.recipient.clone()).or_default() += row.amount;
    }
    sums
}

/// `withdrawn` of all payments by provider, as the chain answers at a height.
fn withdrawn(recording: &str, height: u64) -> Sums {
    let file = path(recording, &format!("state/{height}/leases.json"));
    let leases: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut sums = Sums::new();
    for lease in leases {
        let payment = &lease["escrow_payment"];
        let state = if payment["state"].is_object() {
            &payment["state"]
        } else {
            payment
        };
        let amount: u128 = state["withdrawn"]["amount"].as_str().unwrap().parse().unwrap();
        *sums.entry(state["owner"].as_str().unwrap().to_owned()).or_default() += amount;
    }
    sums.retain(|_, amount| *amount > 0);
    sums
}

#[test]
fn each_transfer_of_a_recording_has_a_class() {
    for recording in [
        "akash-gridlocal-1",
        "akash-gridlocal-v12",
        "akash-gridlocal-v038",
        "akash-gridlocal-all",
    ] {
        let rows = all_rows(recording);
        assert!(rows.len() > 100, "{recording}");
        let odd: Vec<_> = rows.iter().filter(|row| row.class == "unclassified").collect();
        assert!(odd.is_empty(), "{recording}: {odd:?}");
    }
}

#[test]
fn payouts_are_what_the_leases_say_was_withdrawn() {
    let rows = all_rows("akash-gridlocal-1");
    assert_eq!(by_recipient(&rows, "lease_payout"), withdrawn("akash-gridlocal-1", 860));
    assert_eq!(sum(&rows, "take_fee"), 0, "there is no take after v2.0.0");
}

#[test]
fn before_v2_payouts_and_take_together_are_what_was_withdrawn() {
    for (recording, height) in [("akash-gridlocal-v12", 582), ("akash-gridlocal-v038", 582)] {
        let rows = all_rows(recording);
        let gross: u128 = withdrawn(recording, height).values().sum();
        assert_eq!(
            sum(&rows, "lease_payout") + sum(&rows, "take_fee"),
            gross,
            "{recording}"
        );
        for (provider, gross) in withdrawn(recording, height) {
            let net = by_recipient(&rows, "lease_payout")[&provider];
            // Each payout's take of 2 % is cut to whole units, so that the net is never below 98 %.
            let exact = gross * 98 / 100;
            let payouts = rows
                .iter()
                .filter(|row| row.recipient == provider && row.class == "lease_payout")
                .count();
            assert!(
                net >= exact && net <= exact + payouts as u128,
                "{recording} {provider}: {net} of {gross}"
            );
        }
    }
}

#[test]
fn what_escrow_holds_at_the_end_is_what_came_in_less_what_went_out() {
    let rows = all_rows("akash-gridlocal-1");
    let file = path("akash-gridlocal-1", "state/860/escrow_accounts.json");
    let accounts: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let open = accounts
        .iter()
        .filter(|account| account["id"]["scope"] == "bid" && account["state"]["state"] == "open");
    let held: u128 = open
        .flat_map(|account| account["state"]["funds"].as_array().unwrap())
        .map(|coin| {
            coin["amount"]
                .as_str()
                .unwrap()
                .split('.')
                .next()
                .unwrap()
                .parse::<u128>()
                .unwrap()
        })
        .sum();
    assert_eq!(
        sum(&rows, "bid_deposit") - sum(&rows, "bid_refund"),
        held,
        "deposits of open bids"
    );
}
