//! The recorded world as a ledger made of the node's balances: it agrees with the truth, and no single change goes unseen.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::chain::render::discover::testing::{WORLD, identity, listed, transactions, truth};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Movements as the balances tell them: nobody lost, so it was minted; nobody gained, so it was burned.
fn events(slot: u64, signature: &str, changes: &[Change]) -> Vec<Event> {
    let lost: Vec<&Change> = changes.iter().filter(|change| change.delta() < 0).collect();
    let gained: Vec<&Change> = changes.iter().filter(|change| change.delta() > 0).collect();
    let event = |kind: &str, source: &str, dest: &str, amount: i128| Event {
        slot,
        signature: signature.to_owned(),
        kind: kind.to_owned(),
        source_account: source.to_owned(),
        dest_account: dest.to_owned(),
        amount: u64::try_from(amount.abs()).unwrap(),
        sign: 1,
        class: String::new(),
    };
    match (&lost[..], &gained[..]) {
        ([], gained) => gained
            .iter()
            .map(|to| event("mint", "", &to.account, to.delta()))
            .collect(),
        (lost, []) => lost
            .iter()
            .map(|from| event("burn", &from.account, "", from.delta()))
            .collect(),
        ([from], gained) => {
            let transfers = gained.iter();
            transfers
                .map(|to| event("transfer", &from.account, &to.account, to.delta()))
                .collect()
        }
        _ => panic!("{signature}: several accounts lost and gained"),
    }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger {
        from: 1,
        to: u64::MAX,
        mint: truth("accounts.json")["mint"].as_str().unwrap().to_owned(),
        follows_mint: true,
        from_nothing: true,
        ..Ledger::default()
    };
    let mut all = transactions();
    all.sort_by_key(|result| result["slot"].as_u64());
    for result in &all {
        let (signature, slot, _) = identity(result);
        let change = |one: crate::chain::render::discover::testing::Listed| Change {
            slot,
            signature: signature.clone(),
            account: one.account,
            owner: one.owner,
            pre: one.pre,
            post: one.post,
            watched: 1,
        };
        let changes: Vec<Change> = listed(result).into_iter().map(change).collect();
        ledger.events.extend(events(slot, &signature, &changes));
        ledger.changes.extend(changes);
    }
    let mut observed = |slot: u64, subject: Subject, address: &str, amount: u64| {
        ledger.observations.push(Observation {
            slot,
            subject,
            address: address.to_owned(),
            amount,
            endpoint: "the recorded node".to_owned(),
        });
    };
    for epoch in truth("truth_epochs.json").as_array().unwrap() {
        let slot = epoch["last_slot"].as_u64().unwrap();
        let supply = epoch["supply"]["value"]["amount"].as_str().unwrap().parse().unwrap();
        observed(slot, Subject::Supply, "mint", supply);
        for balance in epoch["balances"].as_object().unwrap().values() {
            let account = balance["account"].as_str().unwrap();
            observed(slot, Subject::Balance, account, balance["amount"].as_u64().unwrap());
        }
    }
    ledger
}

/// What a perfect decoder would store: each transaction under the class of its label.
fn stored(labels: &LabelTable) -> BTreeMap<String, StoredTransaction> {
    let all = truth("truth_transactions.json");
    let one = |one: &Value| {
        let failed = !one["err"].is_null();
        let class = labels.class_of(one["label"].as_str().unwrap()).unwrap();
        let signature = one["signature"].as_str().unwrap().to_owned();
        let stored = StoredTransaction {
            signature: signature.clone(),
            slot: one["slot"].as_u64().unwrap(),
            failed: u8::from(failed),
            class: class.to_owned(),
        };
        (signature, stored)
    };
    all.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn the_recorded_balances_equal_the_truth_of_every_epoch_and_every_recorded_answer() {
    let (ledger, labels) = (ledger(), LabelTable::built_in());
    let truth = RenderTruth::read(Path::new(WORLD)).unwrap();
    let compared = compare(&ledger, &stored(&labels), &truth, &labels);
    assert_eq!(compared.differences, []);
    assert_eq!((compared.epochs, compared.transactions), (14, 296));
    assert!(compared.balances > 14 * 31, "{}", compared.balances);
    assert_eq!(
        compared.answers, 4,
        "getTokenSupply, largest accounts, the mint's account, all holders"
    );
    assert!(compared.unknown_labels.is_empty() && truth.absent().is_empty());
    let report = check(&ledger);
    assert_eq!(
        (&report.findings[..], report.errors(), report.unexplained()),
        (&[][..], 0, 0)
    );
    assert_eq!(report.supply_drift, Some(0));
    assert!(report.transactions > 200 && report.accounts >= 46);
}

#[test]
fn pitfall_19_every_single_change_of_a_row_is_found_as_drift_of_supply_or_of_an_account() {
    let whole = ledger();
    let mut random = fastrand::Rng::with_seed(19);
    for round in 0..400 {
        let mut ledger = whole.clone();
        let by = random.u64(1..1_000_000);
        let (change, event) = (
            random.usize(0..ledger.changes.len()),
            random.usize(0..ledger.events.len()),
        );
        let what = match round % 7 {
            0 => {
                ledger.changes[change].post += by;
                "an amount after"
            }
            1 => {
                ledger.changes[change].pre += by;
                "an amount before"
            }
            2 => {
                let moved = ledger.changes.iter().position(|one| one.delta() != 0).unwrap() + 0;
                let candidates: Vec<usize> = (moved..ledger.changes.len())
                    .filter(|at| ledger.changes[*at].delta() != 0)
                    .collect();
                ledger.changes.remove(candidates[random.usize(0..candidates.len())]);
                "a lost change"
            }
            3 => {
                ledger.events[event].amount += by;
                "an amount moved"
            }
            4 => {
                ledger.events.remove(event);
                "a lost movement"
            }
            5 => {
                let twice = ledger.events[event].clone();
                ledger.events.insert(event, twice);
                "a movement twice"
            }
            _ => {
                let kind = &mut ledger.events[event].kind;
                *kind = if kind == "transfer" {
                    "burn".to_owned()
                } else {
                    "transfer".to_owned()
                };
                "another kind"
            }
        };
        let report = check(&ledger);
        assert!(report.errors() > 0, "round {round}: {what} was not found");
    }
}

#[test]
fn supply_that_is_observed_and_not_summed_has_no_drift_and_a_late_start_takes_the_first_answer() {
    let mut ledger = ledger();
    ledger.follows_mint = false;
    assert_eq!(check(&ledger).supply_drift, None);
    // From epoch 5 on, without knowing what was before.
    ledger.follows_mint = true;
    ledger.from_nothing = false;
    let from = 49_283_641;
    ledger.from = from;
    ledger.changes.retain(|change| change.slot >= from);
    ledger.events.retain(|event| event.slot >= from);
    ledger.observations.retain(|observation| observation.slot >= from);
    let report = check(&ledger);
    assert_eq!(
        (report.supply_drift, report.errors()),
        (Some(0), 0),
        "{:?}",
        report.findings
    );
    let burn = ledger.events.iter().rposition(|event| event.kind == "burn").unwrap();
    let lost = ledger.events.remove(burn);
    let report = check(&ledger);
    assert_eq!(report.supply_drift, Some(i128::from(lost.amount)));
    assert!(report.counts.contains_key(&Check::Supply));
}

#[test]
fn changes_within_one_slot_fit_in_any_order_but_must_fit() {
    let change = |pre: u64, post: u64, signature: &str| Change {
        slot: 7,
        signature: signature.to_owned(),
        account: "a".to_owned(),
        owner: "o".to_owned(),
        pre,
        post,
        watched: 1,
    };
    let breaks = |changes: &[Change], opening| chains::breaks(changes.iter(), opening).len();
    let three = [change(5, 9, "y"), change(0, 5, "z"), change(9, 2, "x")];
    assert_eq!(breaks(&three, Some(0)), 0);
    assert_eq!(breaks(&three, None), 0);
    assert_eq!(breaks(&three, Some(1)), 1);
    assert_eq!(breaks(&[change(0, 5, "x"), change(6, 9, "y")], Some(0)), 1);
    assert_eq!(
        breaks(&[change(0, 5, "x"), change(0, 5, "y")], Some(0)),
        1,
        "counted twice"
    );
    assert_eq!(breaks(&[change(3, 3, "x")], Some(3)), 0);
    assert_eq!(breaks(&[], Some(3)), 0);
}

#[test]
fn an_unexplained_change_is_told_and_is_no_error() {
    let mut ledger = ledger();
    let burn = ledger.events.iter().rposition(|event| event.kind == "burn").unwrap();
    let event = &mut ledger.events[burn];
    event.kind = "unexplained_delta".to_owned();
    event.sign = -1;
    // As if all observations had been made without it.
    ledger.observations.retain(|one| one.subject == Subject::Balance);
    let report = check(&ledger);
    assert_eq!((report.unexplained(), report.errors()), (1, 0), "{:?}", report.findings);
    assert!(report.findings[0].to_string().starts_with("unexplained at slot"));
}

/// A copy of the recorded world's small files, changed.
fn changed(file: &str, change: impl Fn(&mut Value)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["accounts.json", "truth_epochs.json", "truth_transactions.json"] {
        let mut document = truth(name);
        if name == file {
            change(&mut document);
        }
        std::fs::write(folder.path().join(name), document.to_string()).unwrap();
    }
    folder
}

#[test]
fn every_single_change_of_the_truth_is_found_and_named() {
    let (ledger, labels) = (ledger(), LabelTable::built_in());
    let stored = stored(&labels);
    let differences = |folder: &Path| {
        let truth = RenderTruth::read(folder).unwrap();
        compare(&ledger, &stored, &truth, &labels).differences
    };
    assert_eq!(differences(changed("", |_| {}).path()), []);
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..60 {
        let (epoch, one) = (random.usize(0..14), random.usize(0..296));
        let by = random.u64(1..1_000);
        let (file, what) = if round % 2 == 0 {
            ("truth_epochs.json", "balance")
        } else {
            ("truth_transactions.json", "")
        };
        let folder = changed(file, |document| match round % 6 {
            0 => {
                let amount = &mut document[epoch]["supply"]["value"]["amount"];
                *amount = (amount.as_str().unwrap().parse::<u64>().unwrap() + by)
                    .to_string()
                    .into();
            }
            2 => {
                let balances = document[epoch]["balances"].as_object_mut().unwrap();
                let name = balances
                    .keys()
                    .nth(random.clone().usize(0..balances.len()))
                    .unwrap()
                    .clone();
                balances[&name]["amount"] = (balances[&name]["amount"].as_u64().unwrap() + by).into();
            }
            4 => {
                // Another account under the same name: one that never appears and so has nothing.
                let balance = &mut document[epoch]["balances"]["market"];
                balance["account"] = "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe".into();
            }
            1 => {
                let label = &mut document[one]["label"];
                *label = if label == "grant" {
                    "job_burn".into()
                } else {
                    "grant".into()
                };
            }
            3 => document[one]["expect_failure"] = (!document[one]["expect_failure"].as_bool().unwrap()).into(),
            _ => document[one]["slot"] = (document[one]["slot"].as_u64().unwrap() + by).into(),
        });
        let found = differences(folder.path());
        let failed_anyway =
            round % 6 == 1 && stored[truth("truth_transactions.json")[one]["signature"].as_str().unwrap()].failed == 1;
        assert!(!found.is_empty() || failed_anyway, "round {round}");
        assert!(round % 6 != 2 || found[0].what == what, "{found:?}");
    }
}

#[test]
fn a_label_that_the_table_lacks_is_told_and_its_transactions_are_not_compared() {
    let (ledger, labels) = (ledger(), LabelTable::built_in());
    let folder = changed("truth_transactions.json", |document| {
        document[100]["label"] = "something_new".into()
    });
    let truth = RenderTruth::read(folder.path()).unwrap();
    let compared = compare(&ledger, &stored(&labels), &truth, &labels);
    assert_eq!(
        compared.unknown_labels,
        BTreeMap::from([("something_new".to_owned(), 1)])
    );
    assert_eq!((compared.transactions, compared.differences.len()), (295, 0));
}

#[test]
fn damaged_truth_is_an_error_that_names_the_place_and_absent_truth_is_said() {
    let cases: [(&str, &str, fn(&mut Value)); 6] = [
        ("truth_epochs.json", "[3].last_slot", |document| {
            document[3]["last_slot"] = (-1).into()
        }),
        ("truth_epochs.json", "field \"amount\" is missing", |document| {
            document[0]["supply"]["value"] = serde_json::json!({});
        }),
        ("truth_epochs.json", "comes twice", |document| {
            document[1]["epoch"] = 1.into()
        }),
        ("truth_transactions.json", "[7]", |document| {
            document[7]["signature"] = 5.into()
        }),
        ("truth_transactions.json", "not a list", |document| {
            *document = serde_json::json!({})
        }),
        ("accounts.json", "mint", |document| document["mint"] = Value::Null),
    ];
    for (file, reason, change) in cases {
        let error = RenderTruth::read(changed(file, change).path()).unwrap_err().to_string();
        assert!(error.contains(reason), "{file}: {error}");
    }
    let folder = changed("", |_| {});
    std::fs::remove_file(folder.path().join("truth_epochs.json")).unwrap();
    let truth = RenderTruth::read(folder.path()).unwrap();
    assert_eq!(truth.absent().len(), 2, "{:?}", truth.absent());
    assert!(
        RenderTruth::read(tempfile::tempdir().unwrap().path()).is_err(),
        "nothing to compare is no pass"
    );
}
