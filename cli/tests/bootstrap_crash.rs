//! Power cuts while a state is taken in: wherever it happens, the same command again gives what an undisturbed run gives.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::crash::VARIABLE;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use support::akash::{By, Nodes};
use support::{Dice, Engine, code, json, run, seed, words};

/// Every point that a snapshot passes, in this order.
const POINTS: [&str; 11] = [
    "after-snapshot-archive",
    "after-snapshot-record",
    "after-snapshot-claim",
    "after-claim",
    "after-insert-1",
    "after-insert-all",
    "before-cursor",
    "after-cursor",
    "after-mirror",
    "after-snapshot-commit",
    "before-checkpoint",
];
/// Points after which no node is asked again.
const CLAIMED: &str = "after-snapshot-claim";
/// Random kills beside the named points.
const KILLS: u32 = 6;

type Contents = BTreeMap<String, (usize, u64)>;

fn from_state(nodes: &Nodes, data: &Path) -> Command {
    nodes.command(
        By::Rest,
        data,
        &["backfill", "akash", "--from-state", "--at", "286", "--json"],
    )
}

/// Rows without `FINAL`: one that is there twice counts twice.
fn contents(data: &Path) -> Contents {
    Engine::over(data).contents(false)
}

#[test]
fn a_crash_at_any_point_of_a_snapshot_leaves_no_trace() {
    let (nodes, undisturbed) = (Nodes::with(&[]), tempfile::tempdir().unwrap());
    let output = run(&mut from_state(&nodes, undisturbed.path()));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    let expected = contents(undisturbed.path());
    assert!(expected["leases"].0 > 0 && expected["blocks"].0 == 0, "{expected:?}");
    let mut claimed = false;
    for point in POINTS {
        claimed |= point == CLAIMED;
        let data = tempfile::tempdir().unwrap();
        let died = run(from_state(&nodes, data.path()).env(VARIABLE, point));
        assert_eq!(code(&died), None, "{point} was not passed: {}", words(&died));
        let output = run(&mut from_state(&nodes, data.path()));
        assert_eq!(code(&output), Some(0), "{point}: {}", words(&output));
        assert_eq!(json(&output)["resumed"], claimed, "{point}");
        assert_eq!(contents(data.path()), expected, "{point}");
        let blobs = std::fs::read_dir(data.path().join("archive/akash/blobs")).unwrap();
        let snapshots = blobs.filter(|file| {
            file.as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with("snapshot-")
        });
        assert_eq!(snapshots.count(), 1, "{point}");
    }
    let mut dice = Dice::new(seed());
    let data = tempfile::tempdir().unwrap();
    for _ in 0..KILLS {
        let mut child = from_state(&nodes, data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(dice.pause(800, 4_000));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // Where the last run came to its end, the state stands.
    let output = run(&mut from_state(&nodes, data.path()));
    assert!(matches!(code(&output), Some(0 | 64)), "{}", words(&output));
    assert_eq!(contents(data.path()), expected, "after random kills");
}
