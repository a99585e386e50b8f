//! The ledger against the chain's own answers, at every height of every recording.
#![allow(clippy::unwrap_used)]

use super::Ledger;
use crate::audit::{Snapshot, diff};
use crate::chain::akash::model::{Block, Version};
use crate::chain::akash::state::{ChainRules, ObjectKey, StateOutput};
use crate::chain::akash::testing::{RECORDINGS, blocks, path};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Genesis document of a recording.
fn genesis(recording: &str) -> Value {
    let file = std::fs::File::open(path(recording, "genesis.json.zst")).unwrap();
    serde_json::from_reader(zstd::Decoder::new(file).unwrap()).unwrap()
}

/// Versions of a recording.
fn rules(recording: &str) -> ChainRules {
    let described: Value = serde_json::from_slice(&std::fs::read(path(recording, "recording.json")).unwrap()).unwrap();
    let upgrades = described["upgrades"].as_array().into_iter().flatten();
    let upgrades = upgrades.map(|upgrade| (upgrade["name"].as_str().unwrap(), upgrade["height"].as_u64().unwrap()));
    let chain_id = described["chain_id"].as_str().unwrap();
    ChainRules::parse(chain_id, described["starts_on"].as_str().unwrap(), upgrades).unwrap()
}

fn truth_heights(recording: &str) -> BTreeSet<u64> {
    let folders = std::fs::read_dir(path(recording, "state")).unwrap();
    folders
        .map(|folder| folder.unwrap().file_name().to_str().unwrap().parse().unwrap())
        .collect()
}

/// Runs a recording and calls back after each block.
fn replay(recording: &str, mut after: impl FnMut(&Block, Version, &mut Ledger, &StateOutput)) {
    let (rules, mut ledger) = (rules(recording), Ledger::new(Some(&genesis(recording))).unwrap());
    for block in blocks(recording) {
        let (version, mut out) = (rules.version_at(block.header.height), StateOutput::default());
        ledger.step(version, &block, &mut out).unwrap();
        after(&block, version, &mut ledger, &out);
    }
}

#[test]
fn every_recorded_height_equals_the_chains_own_answers() {
    for recording in RECORDINGS {
        let heights = truth_heights(recording);
        let mut compared = 0;
        replay(recording, |block, _, ledger, _| {
            let height = block.header.height;
            if !heights.contains(&height) {
                return;
            }
            let mut truth = Snapshot::from_truth_dir(&path(recording, &format!("state/{height}"))).unwrap();
            let got = Snapshot::from_ledger(ledger);
            market_is_elsewhere(&mut truth);
            assert!(
                truth.sections().len() >= 3,
                "{recording} {height}: providers, audits and supply at least"
            );
            let lines: Vec<String> = diff(&truth, &got).iter().map(ToString::to_string).collect();
            assert!(lines.is_empty(), "{recording} {height}:\n{}", lines.join("\n"));
            compared += 1;
        });
        assert_eq!(compared, heights.len(), "{recording}");
    }
}

fn market_is_elsewhere(truth: &mut Snapshot) {
    (truth.deployments, truth.groups, truth.orders) = (None, None, None);
    (truth.bids, truth.leases, truth.escrow_payments) = (None, None, None);
    (truth.deployment_accounts, truth.bid_accounts) = (None, None);
}

#[test]
fn the_rows_of_marked_objects_alone_rebuild_the_state() {
    for recording in RECORDINGS {
        let mut rebuilt: BTreeMap<ObjectKey, bool> = BTreeMap::new();
        let mut last = Ledger::default();
        replay(recording, |_, _, ledger, out| {
            for key in out.changed() {
                rebuilt.insert(key.clone(), ledger.holds(key));
            }
            last = ledger.clone();
        });
        let mut all = StateOutput::default();
        last.first_block(Version::V0_38, &mut all);
        let held: BTreeSet<&ObjectKey> = all.changed().collect();
        let marked: BTreeSet<&ObjectKey> = rebuilt.iter().filter(|(_, held)| **held).map(|(key, _)| key).collect();
        let differ: Vec<_> = held.symmetric_difference(&marked).collect();
        assert!(differ.is_empty(), "{recording}: {differ:?}");
    }
}

#[test]
fn the_price_of_the_repricing_is_there_in_block_362_and_not_before() {
    let mut seen = BTreeMap::new();
    let mut before = None;
    replay("akash-gridlocal-all", |block, _, ledger, _| {
        if (358..=368).contains(&block.header.height) {
            seen.insert(block.header.height, before);
        }
        before = ledger.repricing_price();
    });
    assert_eq!(seen[&361], None);
    assert_eq!(
        seen[&362].map(|price| price.to_string()),
        Some("0.900000000000000000".to_owned())
    );
    assert_eq!(
        seen[&368].map(|price| price.to_string()),
        Some("0.900000000000000000".to_owned())
    );
}

#[test]
fn a_checkpoint_in_the_middle_changes_nothing() {
    let recording = "akash-gridlocal-all";
    let mut straight = Ledger::default();
    replay(recording, |_, _, ledger, _| straight = ledger.clone());
    let mut restored = Ledger::default();
    replay(recording, |block, _, ledger, _| {
        if block.header.height % 120 == 0 {
            let text = serde_json::to_string(ledger).unwrap();
            *ledger = serde_json::from_str(&text).unwrap();
        }
        restored = ledger.clone();
    });
    assert_eq!(straight, restored);
}

#[test]
fn take_parameters_of_the_genesis_equal_the_chains_answer() {
    let ledger = Ledger::new(Some(&genesis("akash-gridlocal-all"))).unwrap();
    let answer = std::fs::read(path("akash-gridlocal-all", "state/356/take_params.json")).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let params = answer["params"].as_object().unwrap();
    assert_eq!(ledger.take_params(), &super::TakeParams::from_json(params).unwrap());
}

#[test]
fn a_genesis_that_cannot_be_read_is_an_error() {
    for broken in [
        serde_json::json!([]),
        serde_json::json!({"app_state": {}}),
        serde_json::json!({"app_state": {"bank": {"supply": [{"denom": "uakt", "amount": "many"}]}}}),
        serde_json::json!({"app_state": {"bank": {}, "provider": {"providers": [{"owner": 5}]}}}),
    ] {
        assert!(Ledger::new(Some(&broken)).is_err(), "{broken}");
    }
}

#[test]
fn the_computed_clock_ends_epochs_in_the_blocks_that_say_so() {
    for recording in ["akash-gridlocal-1", "akash-gridlocal-all"] {
        let told: Vec<usize> = crate::chain::akash::testing::raw_blocks(recording)
            .iter()
            .map(|raw| {
                std::str::from_utf8(&raw.results)
                    .unwrap()
                    .matches("EventEpochEnd")
                    .count()
            })
            .collect();
        assert!(told.iter().sum::<usize>() > 5, "{recording}");
        let mut computed = Vec::new();
        let (rules, mut clock) = (rules(recording), Ledger::new(Some(&genesis(recording))).unwrap().epochs);
        for block in blocks(recording) {
            let now_ns = super::fields::nanoseconds(block.header.time).unwrap();
            if rules
                .upgrades_at(block.header.height)
                .any(|version| version == Version::V2_0)
            {
                clock = super::Epochs::created_at(now_ns);
            }
            computed.push(clock.begin_block(now_ns).len());
        }
        assert_eq!(computed, told, "{recording}");
    }
}
