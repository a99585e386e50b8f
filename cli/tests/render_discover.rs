//! Discovery, watch list and import through the real program and the real engine.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json as value};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use support::{code, gridproof, json, quiet, recording, run, words};

const WORLD: &str = "render-world-1";
const NETWORK: &str = "rec-local-world-1";

fn command(data: &Path, args: &[&str]) -> Output {
    run(quiet(gridproof().args(args), data))
}

fn truth(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(recording(WORLD).join(name)).unwrap()).unwrap()
}

/// What each owner was paid by the transactions of an epoch whose label begins so, from the raw balances.
fn paid(epoch: usize, label: &str) -> BTreeMap<String, u64> {
    let epoch = &truth("truth_epochs.json")[epoch - 1];
    let span = epoch["first_slot"].as_u64().unwrap()..=epoch["last_slot"].as_u64().unwrap();
    let labels = truth("truth_transactions.json");
    let wanted: Vec<&str> = labels
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["label"].as_str().unwrap().starts_with(label))
        .filter(|one| span.contains(&one["slot"].as_u64().unwrap()))
        .map(|one| one["signature"].as_str().unwrap())
        .collect();
    let mut paid = BTreeMap::new();
    for result in support::render::transactions(&recording(WORLD)) {
        if wanted.contains(&result["transaction"]["signatures"][0].as_str().unwrap()) {
            for (owner, delta) in support::render::owner_deltas(&result) {
                if delta > 0 {
                    *paid.entry(owner).or_insert(0) += u64::try_from(delta).unwrap();
                }
            }
        }
    }
    paid
}

/// A liability record of what was paid in an epoch: work in proportion to `obhUsed`, anything else to `score`.
fn liability(epoch: usize, label: &str, channel: &str) -> Value {
    let first_time = truth("truth_epochs.json")[epoch - 1]["first_time"].as_i64().unwrap();
    let day = |seconds: i64| {
        let format = &time::format_description::well_known::Rfc3339;
        time::OffsetDateTime::from_unix_timestamp(seconds)
            .unwrap()
            .format(format)
            .unwrap()
    };
    let paid = paid(epoch, label);
    let measure = if channel == "node_operator" { "obhUsed" } else { "score" };
    let wallets: serde_json::Map<String, Value> = paid
        .iter()
        .map(|(owner, amount)| (owner.clone(), value!({ measure: amount / 10 })))
        .collect();
    value!({
        "epochId": epoch, "channel": channel, "start": day(first_time - 7 * 86_400), "end": day(first_time),
        "amountDue": paid.values().sum::<u64>(), "metadataBySolKey": wallets,
    })
}

/// The indexed recording leads from what was due to who paid it; accepted accounts are kept with their evidence.
#[test]
fn payout_wallets_are_discovered_from_indexed_transfers_and_accepted_with_their_evidence() {
    let data = tempfile::tempdir().unwrap();
    let output = run(&mut support::index_render(data.path(), WORLD));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    let mut records = Vec::new();
    for epoch in [12, 13, 14] {
        records.push(liability(epoch, "node_work_reward", "node_operator"));
        records.push(liability(epoch, "availability_reward", "availability"));
    }
    let file = data.path().join("liability.json");
    std::fs::write(&file, value!({ "data": records, "success": true }).to_string()).unwrap();
    let file = file.to_str().unwrap();
    let ask = ["discover-payout-wallets", "--network", NETWORK, "--liability", file];
    let output = command(data.path(), &[&ask[..], &["--json"]].concat());
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    let report = json(&output);
    let accounts = truth("accounts.json");
    let wallets = report["wallets"].as_array().unwrap();
    assert_eq!(wallets.len(), 2, "{report}");
    for wallet in wallets {
        let role = wallet["role"].as_str().unwrap();
        assert_eq!(wallet["account"], accounts["watched"][role], "{report}");
        assert_eq!(wallet["owner"], accounts["owners"][role], "{report}");
        assert_eq!(
            (&wallet["match_ratio"], &wallet["first_seen_epoch"]),
            (&value!("1.0000"), &value!(12))
        );
    }
    let listed = |data: &Path| json(&command(data, &["watch", "list", "--network", NETWORK, "--json"]));
    assert_eq!(listed(data.path()), value!([]), "nothing is stored unasked");
    for _ in 0..2 {
        let output = command(data.path(), &[&ask[..], &["--epoch", "13", "--accept"]].concat());
        assert_eq!(code(&output), Some(0), "{}", words(&output));
        assert!(
            words(&output).contains("stored in the watch list"),
            "{}",
            words(&output)
        );
    }
    let list = listed(data.path());
    assert_eq!(
        list.as_array().unwrap().len(),
        2,
        "accepting twice adds nothing: {list}"
    );
    for entry in list.as_array().unwrap() {
        assert_eq!(
            (&entry["status"], &entry["first_seen_epoch"]),
            (&value!("accepted"), &value!(13))
        );
        assert!(entry["evidence"].as_str().unwrap().contains("100.00 %"), "{entry}");
    }
    // A wallet list in lower case is refused with the reason, and nobody is named.
    let lower = std::fs::read_to_string(file).unwrap();
    let lower: Value = serde_json::from_str(&lower).unwrap();
    let mut first = lower["data"][0].clone();
    let wallets = first["metadataBySolKey"].as_object().unwrap().clone();
    first["metadataBySolKey"] = wallets
        .into_iter()
        .map(|(key, value)| (key.to_lowercase(), value))
        .collect();
    let wrong = data.path().join("lower.json");
    std::fs::write(&wrong, first.to_string()).unwrap();
    let wrong = wrong.to_str().unwrap();
    let output = command(
        data.path(),
        &["discover-payout-wallets", "--network", NETWORK, "--liability", wrong],
    );
    assert_eq!(code(&output), Some(65), "{}", words(&output));
    assert!(words(&output).contains("case-sensitive"), "{}", words(&output));
}

/// Transfers may come from a file, too; then no index is needed.
#[test]
fn payout_wallets_are_discovered_from_a_list_of_transfers() {
    let folder = tempfile::tempdir().unwrap();
    let record = liability(9, "node_work_reward", "node_operator");
    let end = truth("truth_epochs.json")[8]["first_time"].as_i64().unwrap();
    let mut lines = String::new();
    for (owner, amount) in paid(9, "node_work_reward") {
        let line = value!({
            "slot": 5, "block_time": end + 60, "signature": "s", "source_account": "payer", "source_owner": "boss",
            "dest_account": format!("account of {owner}"), "dest_owner": owner, "amount": amount.to_string(),
        });
        lines += &format!("{line}\n");
    }
    let (liability, transfers) = (folder.path().join("l.json"), folder.path().join("t.jsonl"));
    std::fs::write(&liability, record.to_string()).unwrap();
    std::fs::write(&transfers, &lines).unwrap();
    let args = |transfers: &'static str| {
        [
            "discover-payout-wallets",
            "--json",
            "--liability",
            "l.json",
            "--transfers",
            transfers,
        ]
    };
    let run_in = |args: &[&str]| run(quiet(gridproof().args(args), folder.path()).current_dir(folder.path()));
    let output = run_in(&args("t.jsonl"));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    assert_eq!(json(&output)["wallets"][0]["account"], "payer");
    std::fs::write(
        folder.path().join("bad.jsonl"),
        lines.replacen("\"amount\":\"", "\"amount\":\"x", 1),
    )
    .unwrap();
    let output = run_in(&args("bad.jsonl"));
    assert_eq!(code(&output), Some(65), "{}", words(&output));
    assert!(words(&output).contains("line 1"), "{}", words(&output));
    let output = run_in(&args("absent.jsonl"));
    assert_eq!(code(&output), Some(64), "{}", words(&output));
    let output = run_in(&["discover-payout-wallets", "--liability", "l.json", "--epoch", "10"]);
    assert_eq!(code(&output), Some(64), "{}", words(&output));
}
