//! The comparator finds what is planted, and never passes what it cannot read.
#![allow(clippy::unwrap_used)]

mod every_field;
mod metrics;
mod tables;

use super::{Difference, HeightReport, OBJECT, Section, Snapshot, TruthError, diff, height_folders};
use crate::chain::akash::state::{ChainRules, State};
use crate::chain::akash::testing::{RECORDINGS, blocks, path};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const TRUTH: &str = "akash-gridlocal-1";
const HEIGHT: &str = "state/860";

/// A copy of one height's folder with one file changed.
fn planted(file: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(path(TRUTH, HEIGHT)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let target = copy.path().join(file);
    let mut document: Value = serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
    change(&mut document);
    fs::write(&target, document.to_string()).unwrap();
    copy
}

fn original() -> Snapshot {
    Snapshot::from_truth_dir(&path(TRUTH, HEIGHT)).unwrap()
}

fn differences(copy: &TempDir) -> Vec<Difference> {
    diff(&original(), &Snapshot::from_truth_dir(copy.path()).unwrap())
}

/// One changed field in one file: file, place, new value; table and field that must be named.
const FIELDS: [(&str, &str, &str, &str, &str); 35] = [
    (
        "deployments.json",
        "/0/deployment/state",
        "\"paused\"",
        "deployments",
        "state",
    ),
    (
        "deployments.json",
        "/0/deployment/hash",
        "\"AAAA\"",
        "deployments",
        "hash",
    ),
    (
        "deployments.json",
        "/0/deployment/created_at",
        "\"1\"",
        "deployments",
        "created_at",
    ),
    (
        "deployments.json",
        "/0/deployment/reclamation",
        "{\"min_window\":\"9s\"}",
        "deployments",
        "reclamation_min_window",
    ),
    ("deployments.json", "/0/groups/0/state", "\"closed\"", "groups", "state"),
    (
        "deployments.json",
        "/0/groups/0/group_spec/resources/0/price/amount",
        "\"1.0\"",
        "groups",
        "spec",
    ),
    ("orders.json", "/0/state", "\"lost\"", "orders", "state"),
    (
        "orders.json",
        "/0/spec/resources/0/price/denom",
        "\"uakt\"",
        "orders",
        "spec",
    ),
    (
        "orders.json",
        "/0/reclamation",
        "{\"min_window\":\"9s\"}",
        "orders",
        "reclamation_min_window",
    ),
    ("bids.json", "/0/bid/state", "\"lost\"", "bids", "state"),
    (
        "bids.json",
        "/0/bid/price/amount",
        "\"74941.508000000000000001\"",
        "bids",
        "price",
    ),
    (
        "bids.json",
        "/0/bid/reclamation_window",
        "\"7s\"",
        "bids",
        "reclamation_window",
    ),
    ("leases.json", "/0/lease/state", "\"closed\"", "leases", "state"),
    ("leases.json", "/0/lease/price/denom", "\"uakt\"", "leases", "price"),
    ("leases.json", "/0/lease/created_at", "\"33\"", "leases", "created_at"),
    ("leases.json", "/0/lease/closed_on", "\"33\"", "leases", "closed_on"),
    ("leases.json", "/0/lease/reason", "10004", "leases", "reason"),
    (
        "leases.json",
        "/0/lease/reclamation",
        "{\"window\":\"5s\"}",
        "leases",
        "reclamation",
    ),
    (
        "escrow_accounts.json",
        "/0/state/funds/0/amount",
        "\"-1.0\"",
        "bid_accounts",
        "funds",
    ),
    (
        "escrow_accounts.json",
        "/0/state/transferred/0/amount",
        "\"0.000000000000000001\"",
        "bid_accounts",
        "transferred",
    ),
    (
        "escrow_accounts.json",
        "/0/state/deposits/0/balance/amount",
        "\"1.0\"",
        "bid_accounts",
        "deposits",
    ),
    (
        "escrow_accounts.json",
        "/0/state/deposits/0/source",
        "\"grant\"",
        "bid_accounts",
        "deposits",
    ),
    (
        "escrow_accounts.json",
        "/0/state/settled_at",
        "\"1\"",
        "bid_accounts",
        "settled_at",
    ),
    (
        "escrow_payments.json",
        "/0/state/rate/amount",
        "\"1.0\"",
        "escrow_payments",
        "rate",
    ),
    (
        "escrow_payments.json",
        "/0/state/balance/amount",
        "\"1.0\"",
        "escrow_payments",
        "balance",
    ),
    (
        "escrow_payments.json",
        "/0/state/unsettled/amount",
        "\"1.0\"",
        "escrow_payments",
        "unsettled",
    ),
    (
        "escrow_payments.json",
        "/0/state/withdrawn/amount",
        "\"1\"",
        "escrow_payments",
        "withdrawn",
    ),
    (
        "providers.json",
        "/0/host_uri",
        "\"https://x.example.test\"",
        "providers",
        "host_uri",
    ),
    ("providers.json", "/0/info/email", "\"x\"", "providers", "email"),
    (
        "providers.json",
        "/0/attributes/0/value",
        "\"x\"",
        "providers",
        "attributes",
    ),
    (
        "audited_attributes.json",
        "/0/attributes/0/value",
        "\"gold\"",
        "audits",
        "attributes",
    ),
    (
        "bme_ledger.json",
        "/0/executed_record/remint_credit_issued/coin/amount",
        "\"1\"",
        "bme_ledger",
        "record",
    ),
    (
        "bme_vault.json",
        "/vault_state/total_burned/0/amount",
        "\"1\"",
        "bme_vault",
        "total_burned",
    ),
    (
        "oracle_prices.json",
        "/0/state/price",
        "\"1.192954000000000001\"",
        "oracle_prices",
        "price",
    ),
    ("supply.json", "/supply/0/amount", "\"1\"", "supply", "amount"),
];

#[test]
fn each_changed_field_is_named_and_nothing_else() {
    for (file, pointer, value, table, field) in FIELDS {
        let value: Value = serde_json::from_str(value).unwrap();
        let copy = planted(file, |document| *document.pointer_mut(pointer).expect(pointer) = value);
        let found = differences(&copy);
        assert_eq!(found.len(), 1, "{file} {pointer}: {found:?}");
        assert_eq!(
            (found[0].table, found[0].field.as_str()),
            (table, field),
            "{file} {pointer}"
        );
        assert_eq!(found[0].to_string().lines().count(), 1);
    }
}

/// Files with the tables whose objects they list first.
const LISTS: [(&str, &str, &str); 11] = [
    ("deployments.json", "", "deployments"),
    ("orders.json", "", "orders"),
    ("bids.json", "", "bids"),
    ("leases.json", "", "leases"),
    ("escrow_accounts.json", "", "bid_accounts"),
    ("escrow_payments.json", "", "escrow_payments"),
    ("providers.json", "", "providers"),
    ("audited_attributes.json", "", "audits"),
    ("bme_ledger.json", "", "bme_ledger"),
    ("oracle_prices.json", "", "oracle_prices"),
    ("supply.json", "/supply", "supply"),
];

#[test]
fn an_object_less_and_an_object_more_are_differences() {
    for (file, pointer, table) in LISTS {
        let copy = planted(file, |document| {
            document.pointer_mut(pointer).unwrap().as_array_mut().unwrap().remove(0);
        });
        let changed = Snapshot::from_truth_dir(copy.path()).unwrap();
        for (expected, got, lacking) in [
            (&original(), &changed, "got absent"),
            (&changed, &original(), "expected absent"),
        ] {
            let found: Vec<Difference> = diff(expected, got)
                .into_iter()
                .filter(|one| one.table == table)
                .collect();
            assert_eq!(found.len(), 1, "{file}: {found:?}");
            assert_eq!(found[0].field, OBJECT);
            assert!(found[0].to_string().contains(lacking), "{}", found[0]);
        }
    }
}

#[test]
fn a_report_names_heights_counts_and_differences_in_text_and_in_json() {
    let copy = planted("supply.json", |document| document["supply"][0]["amount"] = json!("1"));
    let report = HeightReport::new(860, &original(), &Snapshot::from_truth_dir(copy.path()).unwrap());
    let text = report.to_string();
    assert!(
        text.starts_with("height 860: ") && text.contains("in 14 tables compared, 1 differences"),
        "{text}"
    );
    assert_eq!(
        text.lines().nth(1),
        Some("  supply uact amount: expected 13540101683, got 1")
    );
    let printed = serde_json::to_value(&report).unwrap();
    assert_eq!(printed["compared"]["supply"], json!(2));
    assert_eq!(printed["differences"][0]["expected"], json!("13540101683"));
}

#[test]
fn an_escrow_account_of_a_deployment_is_compared_too() {
    let copy = planted("escrow_accounts.json", |document| {
        let accounts = document.as_array_mut().unwrap();
        let account = accounts
            .iter_mut()
            .find(|account| account["id"]["scope"] == "deployment")
            .unwrap();
        account["state"]["state"] = json!("overdrawn");
    });
    let found = differences(&copy);
    assert_eq!(
        (found.len(), found[0].table, found[0].field.as_str()),
        (1, "deployment_accounts", "state")
    );
}

#[test]
fn what_the_era_does_not_print_is_not_compared() {
    let old = Snapshot::from_truth_dir(&path("akash-gridlocal-v038", "state/582")).unwrap();
    assert!(
        old.leases
            .as_ref()
            .unwrap()
            .values()
            .all(|lease| lease.reason.is_none())
    );
    assert!(
        old.escrow_payments
            .as_ref()
            .unwrap()
            .values()
            .all(|payment| payment.unsettled.is_none())
    );
    assert_eq!((old.bme_vault.is_none(), old.oracle_prices.is_none()), (true, true));
    let counts = [
        Section::DeploymentAccounts,
        Section::BidAccounts,
        Section::EscrowPayments,
    ]
    .map(|section| old.count(section));
    assert_eq!(counts, [117, 147, 85]);
    let mut got = old.clone();
    for lease in got.leases.as_mut().unwrap().values_mut() {
        lease.reason = Some("lease_closed_owner".to_owned());
    }
    assert_eq!(diff(&old, &got), []);
}

#[test]
fn every_recorded_folder_of_every_era_is_read() {
    for recording in RECORDINGS {
        for (height, folder) in height_folders(&path(recording, "state")).unwrap() {
            let truth = Snapshot::from_truth_dir(&folder).unwrap();
            let report = HeightReport::new(height, &truth, &truth);
            assert!(report.differences.is_empty());
            assert!(report.objects() > 30, "{recording} {height}: {:?}", report.compared);
            assert!(
                report.compared.len() >= 10,
                "{recording} {height}: {:?}",
                report.compared
            );
        }
    }
}

#[test]
fn heights_are_sorted_as_numbers() {
    let folders = height_folders(&path("akash-gridlocal-all", "state")).unwrap();
    let heights: Vec<u64> = folders.keys().copied().collect();
    assert_eq!((heights.len(), heights[0], heights[2], heights[15]), (16, 65, 154, 718));
}

#[test]
fn a_malformed_truth_is_an_error_and_never_a_pass() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 9] = [
        ("deployments.json", |document| *document = json!({})),
        ("orders.json", |document| *document = json!("orders")),
        ("bids.json", |document| document[0]["bid"] = Value::Null),
        ("leases.json", |document| {
            document[0]["lease"]["price"]["amount"] = json!("12e3")
        }),
        ("leases.json", |document| {
            let first = document[0].clone();
            document.as_array_mut().unwrap().push(first);
        }),
        ("escrow_accounts.json", |document| {
            document[0]["id"]["scope"] = json!("loan")
        }),
        ("bme_vault.json", |document| {
            document["vault_state"]["balances"] = json!(5)
        }),
        ("oracle_prices.json", |document| {
            document[0]["id"]["timestamp"] = json!("yesterday")
        }),
        ("supply.json", |document| {
            document["pagination"]["next_key"] = json!("AAAA")
        }),
    ];
    for (file, change) in cases {
        let copy = planted(file, change);
        let error = Snapshot::from_truth_dir(copy.path()).unwrap_err();
        assert!(matches!(error, TruthError::Shape { .. }), "{file}: {error}");
        assert!(error.to_string().contains(file), "{error}");
    }
    let copy = planted("supply.json", |_| {});
    fs::write(copy.path().join("supply.json"), "<html>busy</html>").unwrap();
    let error = Snapshot::from_truth_dir(copy.path()).unwrap_err();
    assert!(matches!(error, TruthError::Json { .. }), "{error}");
}

#[test]
fn nothing_to_compare_is_an_error() {
    let empty = TempDir::new().unwrap();
    assert!(matches!(
        Snapshot::from_truth_dir(empty.path()),
        Err(TruthError::Empty { .. })
    ));
    assert!(matches!(height_folders(empty.path()), Err(TruthError::Empty { .. })));
    fs::write(empty.path().join("inflation.json"), "{}").unwrap();
    assert!(matches!(
        Snapshot::from_truth_dir(empty.path()),
        Err(TruthError::Empty { .. })
    ));
    fs::create_dir(empty.path().join("latest")).unwrap();
    assert!(matches!(height_folders(empty.path()), Err(TruthError::Empty { .. })));
    for name in ["573", "0573"] {
        fs::create_dir(empty.path().join(name)).unwrap();
    }
    assert!(matches!(height_folders(empty.path()), Err(TruthError::Twice { .. })));
    let absent = Path::new("no/such/folder");
    assert!(matches!(Snapshot::from_truth_dir(absent), Err(TruthError::Io { .. })));
}

/// Genesis document of a recording.
fn genesis(recording: &str) -> Value {
    let file = fs::File::open(path(recording, "genesis.json.zst")).unwrap();
    serde_json::from_reader(zstd::Decoder::new(file).unwrap()).unwrap()
}

/// Versions of a recording.
fn rules(recording: &str) -> ChainRules {
    let described: Value = serde_json::from_slice(&fs::read(path(recording, "recording.json")).unwrap()).unwrap();
    let upgrades = described["upgrades"].as_array().into_iter().flatten();
    let upgrades = upgrades.map(|upgrade| (upgrade["name"].as_str().unwrap(), upgrade["height"].as_u64().unwrap()));
    let chain_id = described["chain_id"].as_str().unwrap();
    ChainRules::parse(chain_id, described["starts_on"].as_str().unwrap(), upgrades).unwrap()
}

#[test]
fn the_whole_state_in_memory_equals_every_table_of_every_truth() {
    for recording in RECORDINGS {
        let folders = height_folders(&path(recording, "state")).unwrap();
        let mut state = State::new(rules(recording), Some(&genesis(recording))).unwrap();
        let mut compared = 0;
        for block in blocks(recording) {
            state.step(&block).unwrap();
            let Some(folder) = folders.get(&state.height) else {
                continue;
            };
            let truth = Snapshot::from_truth_dir(folder).unwrap();
            let report = HeightReport::new(state.height, &truth, &Snapshot::from_state(&state));
            let lines: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
            assert!(lines.is_empty(), "{recording} {}:\n{}", state.height, lines.join("\n"));
            compared += 1;
        }
        assert_eq!(compared, folders.len(), "{recording}");
    }
}
