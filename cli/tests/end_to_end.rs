//! From a recording of a real chain to rows, and to the chain's own answers.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use support::{code, get, gridproof, index, json, quiet, recording, run, signal, status, wait_for, words};

fn verify(recording_name: &str, state: &Path) -> std::process::Output {
    let mut command = gridproof();
    command
        .args(["verify", "--log", "warn", "--recording"])
        .arg(recording(recording_name))
        .arg("--state")
        .arg(state);
    run(&mut command)
}

/// Every table, as of every recorded height, is what the chain itself answered.
#[test]
fn every_recording_equals_the_chains_own_answers() {
    for name in [
        "akash-gridlocal-v038",
        "akash-gridlocal-v12",
        "akash-gridlocal-1",
        "akash-gridlocal-all",
    ] {
        let output = verify(name, &recording(name).join("state"));
        assert_eq!(code(&output), Some(0), "{name}: {}", words(&output));
        let heights = std::fs::read_dir(recording(name).join("state")).unwrap().count();
        let equal = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter(|line| line.ends_with(" equal"))
            .count();
        assert_eq!(equal, heights, "{name}: {}", words(&output));
    }
}

/// A truth that differs in one number is found, named, and fails the run.
#[test]
fn a_planted_difference_is_printed_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (recording("akash-gridlocal-v12/state/582"), folder.path().join("582"));
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    let supply = std::fs::read_to_string(to.join("supply.json")).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&supply).unwrap();
    let planted = plant(&mut document);
    std::fs::write(to.join("supply.json"), document.to_string()).unwrap();
    let output = verify("akash-gridlocal-v12", folder.path());
    assert_eq!(code(&output), Some(65), "{}", words(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .lines()
        .find(|line| line.contains(&planted))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(
        line.contains("supply") && line.contains("expected") && line.contains("got"),
        "{line}"
    );
}

/// Changes the first amount of a document and tells what it became.
fn plant(value: &mut serde_json::Value) -> String {
    fn walk(value: &mut serde_json::Value) -> Option<String> {
        match value {
            serde_json::Value::Array(items) => items.iter_mut().find_map(walk),
            serde_json::Value::Object(fields) => {
                if let Some(serde_json::Value::String(amount)) = fields.get_mut("amount") {
                    *amount = "123454321".to_owned();
                    return Some(amount.clone());
                }
                fields.values_mut().find_map(walk)
            }
            _ => None,
        }
    }
    walk(value).expect("the document has no amount")
}

/// Indexed, proven whole, derived again, proven again; and nothing is done twice.
#[test]
fn a_folder_is_whole_before_and_after_reindex() {
    let data = tempfile::tempdir().unwrap();
    let output = run(&mut index(data.path(), "akash-gridlocal-v12"));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    let again = run(&mut index(data.path(), "akash-gridlocal-v12"));
    assert_eq!(code(&again), Some(0), "{}", words(&again));
    let contents = support::Engine::over(data.path()).contents(false);
    assert_eq!(contents["blocks"].0, 582);
    assert!(contents["leases"].0 > 0 && contents["escrow_transfers"].0 > 0);
    for step in ["verify", "reindex", "verify"] {
        let output = run(quiet(gridproof().args([step, "--json"]), data.path()));
        assert_eq!(code(&output), Some(0), "{step}: {}", words(&output));
    }
    assert_eq!(support::Engine::over(data.path()).contents(true), contents);
    let status = status(data.path());
    assert_eq!(status["networks"][0]["facts"]["watermark"], 582);
    assert_eq!(status["networks"][0]["state"]["watermark"], 582);
}

/// Rows that are gone from a table are found.
#[test]
fn verify_finds_a_missing_row_and_a_damaged_archive() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(code(&run(&mut index(data.path(), "akash-gridlocal-v038"))), Some(0));
    {
        let engine = support::Engine::over(data.path());
        engine.query(
            "ALTER TABLE tx_fees DELETE WHERE height = (SELECT max(height) FROM tx_fees) SETTINGS mutations_sync = 1",
        );
    }
    let archive = data.path().join("archive/rec-gridlocal-v038/ranges");
    let file = std::fs::read_dir(archive)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .min()
        .unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let output = run(quiet(gridproof().args(["verify", "--json"]), data.path()));
    assert_eq!(code(&output), Some(65), "{}", words(&output));
    let report = json(&output);
    let checks: Vec<&str> = report[0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["check"].as_str().unwrap())
        .collect();
    assert!(
        checks.contains(&"tables") && checks.contains(&"blocks") && checks.contains(&"archive"),
        "{report}"
    );
}

/// `up` serves the page, the API, metrics and health, refuses a second instance, and ends within ten seconds.
#[test]
fn up_serves_a_recording_and_ends_in_good_order() {
    let data = tempfile::tempdir().unwrap();
    let mut command = gridproof();
    command
        .args(["up", "--json", "--listen", "127.0.0.1:0", "--recording"])
        .arg(recording("akash-gridlocal-v12"));
    let mut child = quiet(&mut command, data.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let indexed = || {
        let output = run(quiet(gridproof().args(["status", "--json"]), data.path()));
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        let network = &status["networks"][0];
        (network["state"]["watermark"] == 582 && status["running"] == true).then(|| status.clone())
    };
    let status = wait_for("the whole recording", Duration::from_secs(90), indexed);
    assert!(
        status["networks"][0]["note"].as_str().unwrap().contains("recording"),
        "{status}"
    );
    let second = run(&mut index(data.path(), "akash-gridlocal-v12"));
    assert_eq!(code(&second), Some(64), "{}", words(&second));
    assert!(
        words(&second).contains(&child.id().to_string()),
        "the holder must be named: {}",
        words(&second)
    );
    let note: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.path().join("run.json")).unwrap()).unwrap();
    let (api, operations) = (note["api"].as_str().unwrap(), note["operations"].as_str().unwrap());
    assert!(get(api, "/").1.contains("<html"), "the page");
    assert_eq!(get(api, "/readyz").0, 200);
    assert_eq!(get(operations, "/healthz"), (200, "ok\n".to_owned()));
    assert!(
        get(operations, "/metrics")
            .1
            .contains("gridproof_watermark_height{network=\"rec-gridlocal-v12\",stage=\"state\"} 582")
    );
    let asked = Instant::now();
    signal(child.id(), rustix::process::Signal::TERM);
    let ended = wait_for("the end", Duration::from_secs(10), || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10));
}

/// A finite run that is stopped in the middle keeps what it has and goes on later.
#[test]
fn a_stopped_run_goes_on_where_it_was() {
    let data = tempfile::tempdir().unwrap();
    let mut child = index(data.path(), "akash-gridlocal-v12")
        .args(["--latency", "30ms"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the first range", Duration::from_secs(60), || {
        let output = run(quiet(gridproof().args(["status", "--json"]), data.path()));
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        (status["networks"][0]["facts"]["committed_heights"].as_u64()? > 0).then_some(())
    });
    signal(child.id(), rustix::process::Signal::INT);
    let ended = wait_for("the end", Duration::from_secs(10), || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
    let before = status(data.path())["networks"][0]["facts"]["committed_heights"]
        .as_u64()
        .unwrap();
    assert!(before > 0 && before < 582, "{before}");
    assert_eq!(code(&run(&mut index(data.path(), "akash-gridlocal-v12"))), Some(0));
}
