//! Power cuts: whatever is killed, whenever, the tables end up as if nothing had happened.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::crash::{POINTS, VARIABLE};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use support::{Dice, Engine, code, gridproof, index, quiet, run, seed, signal, words};

const RECORDING: &str = "akash-gridlocal-v12";
const KILLS: u32 = 20;
type Contents = BTreeMap<String, (usize, u64)>;

/// What an uninterrupted run gives.
fn reference() -> &'static Contents {
    static REFERENCE: OnceLock<Contents> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let data = tempfile::tempdir().unwrap();
        let output = run(&mut index(data.path(), RECORDING));
        assert_eq!(code(&output), Some(0), "{}", words(&output));
        let contents = Engine::over(data.path()).contents(false);
        assert_eq!(contents["blocks"].0, 582);
        contents
    })
}

/// Kills the indexer at random times until it has died twenty times; each folder is then finished and compared.
#[test]
fn twenty_kills_of_the_indexer_leave_no_trace() {
    let (expected, mut dice, mut kills) = (reference(), Dice::new(seed()), 0);
    while kills < KILLS {
        let data = tempfile::tempdir().unwrap();
        for _ in 0..7 {
            let mut child = index(data.path(), RECORDING)
                .args(["--latency", "4ms"])
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
        let output = run(&mut index(data.path(), RECORDING));
        assert_eq!(code(&output), Some(0), "{}", words(&output));
        assert_eq!(
            &Engine::over(data.path()).contents(false),
            expected,
            "after {kills} kills"
        );
        let reindexed = run(quiet(gridproof().arg("reindex"), data.path()));
        assert_eq!(code(&reindexed), Some(0), "{}", words(&reindexed));
        assert_eq!(
            &Engine::over(data.path()).contents(true),
            expected,
            "reindexed after {kills} kills"
        );
    }
}

/// Kills the engine's child at random times while the indexer writes.
#[test]
fn twenty_kills_of_the_engine_leave_no_trace() {
    let (expected, mut dice, mut kills) = (reference(), Dice::new(seed()), 0);
    while kills < KILLS {
        let data = tempfile::tempdir().unwrap();
        let mut child = index(data.path(), RECORDING)
            .args(["--latency", "10ms"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        let ended = loop {
            std::thread::sleep(dice.pause(300, 1_200));
            if let Some(ended) = child.try_wait().unwrap() {
                break ended;
            }
            assert!(
                began.elapsed() < Duration::from_secs(180),
                "the indexer does not get on"
            );
            let pid = std::fs::read_to_string(data.path().join("engine.pid"))
                .ok()
                .and_then(|pid| pid.trim().parse().ok());
            if let Some(pid) = pid.filter(|_| kills < KILLS) {
                signal(pid, rustix::process::Signal::KILL);
                kills += 1;
            }
        };
        assert_eq!(ended.code(), Some(0), "after {kills} kills");
        assert_eq!(
            &Engine::over(data.path()).contents(false),
            expected,
            "after {kills} kills"
        );
    }
}

/// At every named point of the protocol.
#[test]
fn a_crash_at_any_point_leaves_no_trace() {
    for point in POINTS.into_iter().chain(["before-checkpoint"]) {
        let data = tempfile::tempdir().unwrap();
        let died = run(index(data.path(), RECORDING).env(VARIABLE, format!("{point}:2")));
        assert_eq!(code(&died), None, "{point} was not passed twice: {}", words(&died));
        let output = run(&mut index(data.path(), RECORDING));
        assert_eq!(code(&output), Some(0), "{point}: {}", words(&output));
        assert_eq!(&Engine::over(data.path()).contents(false), reference(), "{point}");
    }
}
