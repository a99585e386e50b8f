//! The watch list and what others report, through the real program and the real engine.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json as value};
use std::path::{Path, PathBuf};
use std::process::Output;
use support::{code, gridproof, json, quiet, recording, run, words};

fn reported(name: &str) -> PathBuf {
    recording("render-reported").join(name)
}

fn command(data: &Path, args: &[&str]) -> Output {
    run(quiet(gridproof().args(args), data))
}

#[test]
fn the_watch_list_adds_accepts_and_retires_and_refuses_what_contradicts_itself() {
    let data = tempfile::tempdir().unwrap();
    let (account, owner) = (
        "8t626wFVw94gnPMQ22HFusBUpyuRYKSQLyYFch2KyixB",
        "6CZhvi8uj3uyPXMaCzF7wMYZC3tjHX3VWnkZx5qvkVRy",
    );
    let watch = |args: &[&str]| command(data.path(), &[&["watch"], args].concat());
    let add = |role: &str, from: &str, more: &[&str]| {
        let args = [
            "add",
            "--address",
            account,
            "--owner",
            owner,
            "--role",
            role,
            "--evidence",
            "a test",
            "--from-slot",
            from,
        ];
        watch(&[&args[..], more].concat())
    };
    assert_eq!(code(&add("payout_work", "5", &["--propose"])), Some(0));
    let statuses = || -> Vec<(String, Value)> {
        let list = json(&watch(&["list", "--json"]));
        let entries = list
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["address"] == account);
        entries
            .map(|entry| {
                (
                    entry["status"].as_str().unwrap().to_owned(),
                    entry["valid_to_slot"].clone(),
                )
            })
            .collect()
    };
    assert_eq!(statuses(), [("proposed".to_owned(), Value::Null)]);
    assert!(
        words(&watch(&["list"])).contains("built_in"),
        "the burn wallet is there from the beginning"
    );
    assert_eq!(
        code(&watch(&["accept", "--address", account, "--from-slot", "5"])),
        Some(0)
    );
    assert_eq!(statuses(), [("accepted".to_owned(), Value::Null)]);
    let clash = add("treasury", "9", &[]);
    assert_eq!(code(&clash), Some(64), "{}", words(&clash));
    assert_eq!(
        code(&watch(&[
            "retire",
            "--address",
            account,
            "--from-slot",
            "5",
            "--last-slot",
            "8"
        ])),
        Some(0)
    );
    assert_eq!(statuses(), [("retired".to_owned(), value!(8))]);
    assert_eq!(code(&add("treasury", "9", &[])), Some(0));
    for (args, reason) in [
        (vec!["accept", "--address", account, "--from-slot", "77"], "77"),
        (
            vec![
                "add",
                "--address",
                &account.to_lowercase(),
                "--role",
                "burn",
                "--evidence",
                "x",
            ],
            "case-sensitive",
        ),
        (
            vec!["add", "--address", account, "--role", "bank", "--evidence", "x"],
            "no role",
        ),
        (
            vec!["add", "--address", account, "--role", "mint", "--evidence", "x"],
            "no role",
        ),
    ] {
        let output = watch(&args);
        assert_eq!(code(&output), Some(64), "{args:?}: {}", words(&output));
        assert!(words(&output).contains(reason), "{args:?}: {}", words(&output));
    }
}

/// Loaded twice, stored once; a wrong file among them changes nothing.
#[test]
fn pitfall_20_what_others_report_is_stored_as_reported_beside_the_chain_and_loaded_once() {
    let data = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = [
        "epoch_burn_stats_20251031.json",
        "render_epochs_1_97.csv",
        "render_liability_epochs.csv",
        "liability_epoch97_example.json",
    ]
    .map(reported)
    .to_vec();
    let import = |files: &[PathBuf], more: &[&str]| {
        let mut command = gridproof();
        command
            .args(["import", "--json", "--fetched-at", "2025-10-31T00:00:00Z"])
            .args(more)
            .args(files);
        run(quiet(&mut command, data.path()))
    };
    let wrong = data.path().join("wrong.json");
    std::fs::write(&wrong, "[{\"id\":1}]").unwrap();
    let output = import(&[files[0].clone(), wrong], &[]);
    assert_eq!(code(&output), Some(65), "{}", words(&output));
    assert!(words(&output).contains("wrong.json"), "{}", words(&output));
    for _ in 0..2 {
        let output = import(&files, &[]);
        assert_eq!(code(&output), Some(0), "{}", words(&output));
        let loaded = json(&output);
        let counts: Vec<u64> = loaded
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["rows"].as_u64().unwrap())
            .collect();
        assert_eq!(counts, [97, 97, 206, 1]);
        assert_eq!(
            (&loaded[0]["first_epoch"], &loaded[0]["last_epoch"]),
            (&value!(1), &value!(97))
        );
        assert_eq!(loaded[0]["sha256"].as_str().unwrap().len(), 64);
    }
    let engine = support::Engine::over(data.path());
    let count = |sql: &str| engine.query(sql).trim().to_owned();
    assert_eq!(
        count("SELECT count(), uniqExact(document) FROM offchain_render_epochs_newest WHERE source = 'foundation'"),
        "97\t1"
    );
    assert_eq!(
        count("SELECT count() FROM offchain_render_epochs"),
        "194",
        "once, also without FINAL"
    );
    assert_eq!(
        count("SELECT DISTINCT network, evidence FROM offchain_render_epochs"),
        "render\toffchain_reported"
    );
    assert_eq!(
        count(
            "SELECT toString(burned), toString(burned_usd) FROM offchain_render_epochs_newest WHERE source = 'foundation' AND epoch = 96"
        ),
        "9624.726594060003\t24632.707414713335",
        "exactly as published"
    );
    assert_eq!(count("SELECT count() FROM offchain_render_liabilities_newest"), "206");
    assert_eq!(
        count("SELECT count() FROM render_token_events"),
        "0",
        "never a row of the chain"
    );
    // The known disagreement stays visible: paid as seen by a query against due as reported.
    let (paid, due) = (
        count("SELECT toString(toUInt64(sum(work_paid))) FROM offchain_render_epochs_newest WHERE source = 'dune'"),
        count(
            "SELECT toString(intDiv(sum(amount_due), 100000000)) FROM offchain_render_liabilities_newest WHERE channel = 'node_operator'",
        ),
    );
    assert_eq!((paid.as_str(), due.as_str()), ("2373195", "2139663"));
}
