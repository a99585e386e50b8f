//! Endpoints that serve what no honest node serves: set aside, visible, and never a row.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Engine, code, gridproof, index, quiet, run, status, words};

const RECORDING: &str = "akash-gridlocal-v038";
/// In the range 81-160.
const HEIGHT: u64 = 100;

/// Indexes with a fault at [`HEIGHT`] and gives the quarantine.
fn quarantine_of(fault: &str, data: &std::path::Path) -> Vec<serde_json::Value> {
    let output = run(index(data, RECORDING).args(["--fault", fault]));
    assert_eq!(code(&output), Some(65), "{fault}: {}", words(&output));
    let status = status(data);
    let quarantine = status["networks"][0]["quarantine"].as_array().unwrap().clone();
    assert!(!quarantine.is_empty(), "{fault}: {status}");
    quarantine
}

/// One bad height sets its range aside, in facts; all others are there, and a retry with a good node mends it.
#[test]
fn a_bad_height_sets_its_range_aside_until_it_is_retried() {
    for (fault, word) in [
        ("html", "HTML"),
        ("truncated", "truncated"),
        ("missing-results", "results"),
        ("parent-mismatch", "parent"),
        ("duplicate-events", "a second time"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let quarantine = quarantine_of(&format!("{fault}:{HEIGHT}"), data.path());
        assert_eq!(quarantine.len(), 1, "{fault}: {quarantine:?}");
        assert_eq!(
            quarantine[0]["range"],
            serde_json::json!({"from": 81, "to": 160}),
            "{fault}"
        );
        assert!(
            quarantine[0]["reason"].as_str().unwrap().contains(word),
            "{fault}: {}",
            quarantine[0]
        );
        {
            let engine = Engine::over(data.path());
            assert_eq!(
                engine
                    .query("SELECT count() FROM blocks WHERE height BETWEEN 81 AND 160")
                    .trim(),
                "0",
                "{fault}"
            );
            assert_eq!(engine.query("SELECT count() FROM blocks").trim(), "502", "{fault}");
            assert_eq!(
                engine
                    .query("SELECT max(height) FROM deployments WHERE height > 80")
                    .trim(),
                "0",
                "{fault}"
            );
        }
        let mut retry = gridproof();
        retry
            .args(["backfill", "--retry-quarantined", "--recording"])
            .arg(support::recording(RECORDING));
        let output = run(support::small_ranges(quiet(&mut retry, data.path())));
        assert_eq!(code(&output), Some(0), "{fault}: {}", words(&output));
        assert_eq!(
            Engine::over(data.path()).query("SELECT count() FROM blocks").trim(),
            "582",
            "{fault}"
        );
    }
}

/// Pruned heights are a hole with a reason; what is above them is indexed.
#[test]
fn pruned_heights_are_set_aside_and_the_rest_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let quarantine = quarantine_of(&format!("pruned-below:{HEIGHT}"), data.path());
    assert!(
        quarantine
            .iter()
            .all(|entry| entry["reason"].as_str().unwrap().contains("pruned")),
        "{quarantine:?}"
    );
    let engine = Engine::over(data.path());
    assert_eq!(
        engine.query("SELECT min(height), count() FROM blocks").trim(),
        "100\t483"
    );
}

/// A node of another chain gives nothing at all.
#[test]
fn another_chain_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let quarantine = quarantine_of("chain-id:somebody-else", data.path());
    assert!(
        quarantine
            .iter()
            .all(|entry| entry["reason"].as_str().unwrap().contains("wrong_chain")),
        "{quarantine:?}"
    );
    assert_eq!(
        Engine::over(data.path()).query("SELECT count() FROM blocks").trim(),
        "0"
    );
}

/// A claimed tip that is not served moves nothing.
#[test]
fn a_lying_tip_makes_no_rows() {
    let data = tempfile::tempdir().unwrap();
    let output = run(index(data.path(), RECORDING).args(["--fault", "lying-tip:100000"]));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    assert_eq!(
        Engine::over(data.path()).query("SELECT max(height) FROM blocks").trim(),
        "582"
    );
}
