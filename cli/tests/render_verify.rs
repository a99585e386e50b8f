//! `verify --recording` of Render: the whole real path, then the node's own answers. No single change goes unseen, and damage
//! ends with its reason.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use support::{code, gridproof, json, recording, run, words};
use tempfile::TempDir;

const WORLD: &str = "render-world-1";
const FILES: [&str; 5] = [
    "recording.json",
    "accounts.json",
    "rpc.jsonl.zst",
    "truth_epochs.json",
    "truth_transactions.json",
];

/// A copy of the recording, with one document changed.
fn copy(file: &str, change: impl Fn(&mut Value)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in FILES {
        let (from, to) = (recording(WORLD).join(name), folder.path().join(name));
        if name == file {
            let mut document: Value = serde_json::from_slice(&fs::read(&from).unwrap()).unwrap();
            change(&mut document);
            fs::write(to, document.to_string()).unwrap();
        } else {
            fs::copy(from, to).unwrap();
        }
    }
    folder
}

fn verify(folder: &Path, more: &[&str]) -> Output {
    let mut command = gridproof();
    command.args(["verify", "--log", "error", "--recording"]).arg(folder);
    run(command.args(more))
}

#[test]
fn a_whole_recording_equals_the_nodes_own_answers_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = gridproof();
    command
        .args(["verify", "--log", "error", "--json", "--recording"])
        .arg(recording(WORLD));
    let output = run(command.env("TMPDIR", temporary.path()));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    let report = json(&output);
    let comparison = &report["comparison"];
    assert_eq!(
        (&report["ok"], comparison["epochs"].as_u64()),
        (&Value::Bool(true), Some(14)),
        "{report}"
    );
    assert_eq!(comparison["transactions"], 296, "{report}");
    assert_eq!(comparison["answers"], 4, "{report}");
    assert_eq!(
        (&report["not_compared"], &comparison["unknown_labels"]),
        (&serde_json::json!([]), &serde_json::json!({}))
    );
    assert_eq!(
        (&report["audit"]["findings"], &report["integrity"]["findings"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
    assert_eq!(
        fs::read_dir(temporary.path()).unwrap().count(),
        0,
        "the data folder is gone"
    );
}

/// Thirty-six changes of one number or word each, over one data folder that holds the rows already.
#[test]
fn every_single_change_of_the_truth_is_found_and_printed() {
    let data = tempfile::tempdir().unwrap();
    let kept = [
        "--data-dir",
        data.path().to_str().unwrap(),
        "--engine-listen",
        "127.0.0.1:0",
    ];
    let whole = verify(&recording(WORLD), &kept);
    assert_eq!(code(&whole), Some(0), "{}", words(&whole));
    let mut random = fastrand::Rng::with_seed(36);
    for round in 0..36 {
        let (epoch, one, by) = (random.usize(0..14), random.usize(0..296), random.u64(1..1_000));
        let pick = random.u64(..);
        let change = |document: &mut Value| match round % 6 {
            0 => {
                let amount = &mut document[epoch]["supply"]["value"]["amount"];
                *amount = (amount.as_str().unwrap().parse::<u64>().unwrap() + by)
                    .to_string()
                    .into();
            }
            1 => {
                let balances = document[epoch]["balances"].as_object_mut().unwrap();
                let index = usize::try_from(pick).unwrap_or(0) % balances.len();
                let name = balances.keys().nth(index).unwrap().clone();
                balances[&name]["amount"] = (balances[&name]["amount"].as_u64().unwrap() + by).into();
            }
            2 => {
                let other = document[epoch]["balances"]["op_1"]["account"].clone();
                document[epoch]["balances"]["market"]["account"] = other;
            }
            3 => {
                let label = &mut document[one]["label"];
                *label = if label == "grant" {
                    "other_burn".into()
                } else {
                    "grant".into()
                };
                document[one]["err"] = Value::Null;
                document[one]["expect_failure"] = false.into();
            }
            4 => document[one]["slot"] = (document[one]["slot"].as_u64().unwrap() + by).into(),
            _ => {
                let failed = !document[one]["err"].is_null();
                document[one]["err"] = if failed {
                    Value::Null
                } else {
                    serde_json::json!({"InstructionError": [0, "x"]})
                };
            }
        };
        let (file, what) = [
            ("truth_epochs.json", "supply"),
            ("truth_epochs.json", "balance"),
            ("truth_epochs.json", "balance"),
            ("truth_transactions.json", "class"),
            ("truth_transactions.json", "slot"),
            ("truth_transactions.json", "fate"),
        ][round % 6];
        let output = verify(copy(file, change).path(), &kept);
        let text = words(&output);
        assert_eq!(code(&output), Some(65), "round {round}: {text}");
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{what}, ")));
        let line = line.unwrap_or_else(|| panic!("round {round}: {text}"));
        assert!(line.contains("expected") && line.contains("got"), "{line}");
    }
}

#[test]
fn a_damaged_or_partial_recording_is_refused_with_the_reason() {
    type Damage = fn(&Path);
    let cases: [(&str, i32, Damage); 8] = [
        ("recording.json", 64, |folder| {
            fs::remove_file(folder.join("recording.json")).unwrap()
        }),
        ("recording.json: ", 65, |folder| {
            fs::write(folder.join("recording.json"), "{").unwrap()
        }),
        ("truth_epochs.json is not JSON", 65, |folder| {
            fs::write(folder.join("truth_epochs.json"), "[{").unwrap()
        }),
        ("[0]", 65, |folder| {
            fs::write(folder.join("truth_transactions.json"), "[7]").unwrap()
        }),
        ("rpc.jsonl.zst", 65, |folder| {
            let whole = fs::read(folder.join("rpc.jsonl.zst")).unwrap();
            fs::write(folder.join("rpc.jsonl.zst"), &whole[..whole.len() / 2]).unwrap();
        }),
        ("rpc.jsonl.zst", 65, |folder| {
            fs::remove_file(folder.join("rpc.jsonl.zst")).unwrap()
        }),
        ("accounts.json", 65, |folder| {
            fs::remove_file(folder.join("accounts.json")).unwrap()
        }),
        ("not an address", 65, |folder| {
            let text = fs::read_to_string(folder.join("accounts.json")).unwrap();
            fs::write(folder.join("accounts.json"), text.to_lowercase()).unwrap();
        }),
    ];
    for (reason, expected, damage) in cases {
        let folder = copy("", |_| {});
        damage(folder.path());
        let output = verify(folder.path(), &[]);
        assert_eq!(code(&output), Some(expected), "{reason}: {}", words(&output));
        assert!(words(&output).contains(reason), "{reason}: {}", words(&output));
    }
    let output = verify(&recording(WORLD), &["--state", "/nowhere"]);
    assert_eq!(code(&output), Some(64), "{}", words(&output));
}

#[test]
fn truth_that_is_not_there_is_not_compared_and_said_so_and_a_new_label_is_told() {
    let folder = copy("truth_transactions.json", |document| {
        document[50]["label"] = "something_new".into()
    });
    fs::remove_file(folder.path().join("truth_epochs.json")).unwrap();
    let output = verify(folder.path(), &[]);
    let text = words(&output);
    assert_eq!(code(&output), Some(0), "{text}");
    assert!(
        text.contains("not compared, for it is not there: truth_epochs.json"),
        "{text}"
    );
    assert!(
        text.contains("label `something_new` is not in the table of labels: 1 transactions"),
        "{text}"
    );
}
