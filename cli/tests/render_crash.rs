//! Power cuts while a recording of Render is indexed: whatever is killed, whenever, the rows end up as if nothing had happened.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::crash::{POINTS, VARIABLE};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;
use support::{Dice, Engine, code, gridproof, quiet, run, seed, words};

const RECORDING: &str = "render-world-1";
const KILLS: u32 = 20;
/// Slots of a range: some ninety ranges over the recording, so that there is much to interrupt.
const RANGE: &str = "2000000";
type Contents = BTreeMap<String, (usize, u64)>;

fn index(data: &Path) -> std::process::Command {
    let mut command = support::index_render(data, RECORDING);
    command.env("GRIDPROOF_PIPELINE__RANGE_HEIGHTS", RANGE);
    command
}

/// Rows of the facts, without `FINAL`: a row that is there twice counts twice. What is asked of nodes about the present and
/// lists that are published as a whole are not facts.
fn facts(data: &Path, newest: bool) -> Contents {
    let mut contents = Engine::over(data).contents(newest);
    contents.retain(|table, _| table.starts_with("render_") && FACTS.contains(&table.as_str()));
    contents
}

const FACTS: [&str; 5] = [
    "render_slots",
    "render_transactions",
    "render_token_events",
    "render_balance_changes",
    "render_unknown_instructions",
];

/// What an uninterrupted run gives.
fn reference() -> &'static Contents {
    static REFERENCE: OnceLock<Contents> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let data = tempfile::tempdir().unwrap();
        let output = run(&mut index(data.path()));
        assert_eq!(code(&output), Some(0), "{}", words(&output));
        let contents = facts(data.path(), false);
        assert_eq!(contents["render_transactions"].0, 296);
        assert!(contents["render_slots"].0 > 300, "{contents:?}");
        contents
    })
}

/// Kills the indexer at random times until it has died twenty times; each folder is then finished and compared.
#[test]
fn twenty_kills_of_the_indexer_of_render_leave_no_trace() {
    let (expected, mut dice, mut kills) = (reference(), Dice::new(seed()), 0);
    while kills < KILLS {
        let data = tempfile::tempdir().unwrap();
        for _ in 0..7 {
            let mut child = index(data.path())
                .args(["--latency", "2ms"])
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(dice.pause(600, 2_500));
            if child.try_wait().unwrap().is_some() {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        let output = run(&mut index(data.path()));
        assert_eq!(code(&output), Some(0), "{}", words(&output));
        assert_eq!(&facts(data.path(), false), expected, "after {kills} kills");
        let reindexed = run(quiet(gridproof().arg("reindex"), data.path()));
        assert_eq!(code(&reindexed), Some(0), "{}", words(&reindexed));
        assert_eq!(&facts(data.path(), true), expected, "reindexed after {kills} kills");
    }
}

/// The cursor is written after the rows are acknowledged and never before: a crash at any point of the protocol leaves
/// neither a hole nor a double, and nobody writes beside the one who writes.
#[test]
fn pitfall_12_the_cursor_never_runs_ahead_of_durable_rows_and_there_is_one_writer() {
    for point in POINTS {
        let data = tempfile::tempdir().unwrap();
        let died = run(index(data.path()).env(VARIABLE, format!("{point}:2")));
        assert_eq!(code(&died), None, "{point} was not passed twice: {}", words(&died));
        let output = run(&mut index(data.path()));
        assert_eq!(code(&output), Some(0), "{point}: {}", words(&output));
        assert_eq!(&facts(data.path(), false), reference(), "{point}");
    }
    let data = tempfile::tempdir().unwrap();
    let mut first = index(data.path())
        .args(["--latency", "20ms"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    support::wait_for("the first writer", Duration::from_secs(30), || {
        data.path().join("run.json").is_file().then_some(())
    });
    let second = run(&mut index(data.path()));
    assert_eq!(code(&second), Some(64), "{}", words(&second));
    assert!(words(&second).contains(&first.id().to_string()), "{}", words(&second));
    let ended = first.wait().unwrap();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(
        &facts(data.path(), false),
        reference(),
        "the second writer changed nothing"
    );
}
