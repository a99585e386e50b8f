//! Asked of a node or derived from the blocks: the same state, and the same way on.

use super::completed::completed;
use super::recorded_state::{from_grpc, from_rest};
use crate::audit::{Snapshot, diff};
use crate::chain::akash::model::Version;
use crate::chain::akash::state::tests::replay::{fresh, replay};
use crate::chain::akash::state::tests::truth::heights;
use crate::chain::akash::state::{ChainRules, State};
use crate::chain::akash::testing::blocks;
use crate::source::RawState;
use serde_json::Value;
use std::collections::BTreeMap;

/// A state as JSON, without what cannot be asked of a node. Long numbers become text: JSON values do not hold them.
fn askable(state: &State) -> Value {
    let text = String::from_utf8(state.to_checkpoint().unwrap()).unwrap();
    let mut value: Value = serde_json::from_str(&quoted_numbers(&text)).unwrap();
    for pair in value["market"]["leases"].as_array_mut().unwrap() {
        // The clock at creation, and the words of the closing event.
        pair[1]["created_time_ms"] = Value::Null;
        pair[1]["reason"] = Value::Null;
        // The GPU where it follows from what the provider claimed at that time.
        let hardware = &mut pair[1]["hardware"];
        if ["provider", "provider_later", "unknown"].contains(&hardware["gpu_resolved_by"].as_str().unwrap()) {
            for field in ["vendor", "model", "ram", "interface", "resolved_by"] {
                hardware[format!("gpu_{field}")] = Value::Null;
            }
        }
    }
    // What was counted as spent before.
    value["accrual"] = Value::Null;
    let ledger = &mut value["ledger"];
    for provider in ledger["providers"]["by_owner"].as_object_mut().unwrap().values_mut() {
        // The height at which it registered.
        provider["created_at"] = Value::Null;
    }
    // Coins of the vault's account that are gone, and its own ACT: the chain answers the whole supply for that.
    let held = ledger["bme"]["held"].as_object_mut().unwrap();
    held.retain(|denom, amount| denom != "uact" && *amount != serde_json::json!(0));
    // The upgrades set sources that no block shows: here it is the answered state that knows more.
    let upgraded = |(version, at): &(Version, u64)| *version >= Version::V2_0 && *at <= state.height;
    if state.rules.upgrades.iter().any(upgraded) {
        ledger["oracle"]["params"]["sources"] = Value::Null;
    }
    // The numbering begins anew in each block.
    ledger["oracle"]["next_sequence"] = Value::Null;
    // The recordings did not ask for the epochs and the proposals.
    ledger["epochs"] = Value::Null;
    ledger["gov"] = Value::Null;
    value
}

/// Puts numbers of more than 15 digits into quotes.
fn quoted_numbers(json: &str) -> String {
    let (mut text, mut rest, mut inside) = (String::new(), json, false);
    while let Some(next) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').len();
        if !inside && digits > 15 {
            text.push_str(&format!("\"{}\"", &rest[..digits]));
            rest = &rest[digits..];
            continue;
        }
        if next == '\\' {
            text.push_str(&rest[..2]);
            rest = &rest[2..];
            continue;
        }
        inside ^= next == '"';
        text.push(next);
        rest = &rest[next.len_utf8()..];
    }
    text
}

fn same(one: &State, other: &State, what: &str) {
    let differences = diff(&Snapshot::from_state(one), &Snapshot::from_state(other));
    let shown: Vec<_> = differences.iter().take(8).map(ToString::to_string).collect();
    assert!(
        differences.is_empty(),
        "{what}: {} differ\n{}",
        differences.len(),
        shown.join("\n")
    );
    let (one, other) = (askable(one), askable(other));
    let mut lines = Vec::new();
    compare(&one, &other, "", &mut lines);
    assert!(lines.is_empty(), "{what}:\n{}", lines.join("\n"));
}

fn compare(one: &Value, other: &Value, path: &str, lines: &mut Vec<String>) {
    match (one, other) {
        _ if one == other || lines.len() > 20 => {}
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                compare(&one[key], &other[key], &format!("{path}/{key}"), lines);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, &format!("{path}/{index}"), lines);
            }
        }
        _ => lines.push(format!("{path}: {one} / {other}").chars().take(400).collect()),
    }
}

fn rules(recording: &str) -> ChainRules {
    fresh(recording).rules
}

/// The states derived from the blocks, at these heights.
fn derived(recording: &str, heights: &[u64]) -> BTreeMap<u64, State> {
    let mut states = BTreeMap::new();
    replay(recording, |state, _, _| {
        if heights.contains(&state.height) {
            states.insert(state.height, state.clone());
        }
    });
    states
}

fn seed(raw: &RawState, recording: &str) -> State {
    State::from_snapshot(&rules(recording), raw).unwrap_or_else(|error| panic!("{recording}: {error}"))
}

fn answered_over_grpc(recording: &str, height: u64) {
    let expected = derived(recording, &[height]);
    for large in [false, true] {
        let raw = from_grpc(recording, height, large);
        same(
            &expected[&height],
            &seed(&raw, recording),
            &format!("{recording}, large pages: {large}"),
        );
    }
}

#[test]
fn gridlocal_1_asked_over_grpc() {
    answered_over_grpc("akash-gridlocal-1", 860);
}

#[test]
fn gridlocal_all_asked_over_grpc() {
    answered_over_grpc("akash-gridlocal-all", 718);
}

#[test]
fn gridlocal_v12_asked_over_grpc() {
    answered_over_grpc("akash-gridlocal-v12", 582);
}

/// Begins at each of the heights, and follows to the end: the same as from the genesis, wherever the chain was asked.
fn followed_from(recording: &str, starts: &[u64]) {
    followed(recording, starts, |raw, _| raw);
}

fn followed(recording: &str, starts: &[u64], complete: impl Fn(RawState, &State) -> RawState) {
    let asked = heights(recording);
    let expected = derived(recording, &asked);
    let blocks = blocks(recording);
    for start in starts {
        let mut state = seed(&complete(from_rest(recording, *start), &expected[start]), recording);
        same(&expected[start], &state, &format!("{recording} at {start}"));
        let mut compared = 0;
        for block in blocks.iter().filter(|block| block.header.height > *start) {
            let out = state
                .step(block)
                .unwrap_or_else(|error| panic!("{recording} from {start}: {error}"));
            let findings: Vec<_> = out.audits.iter().filter(|audit| !audit.ok).collect();
            assert!(
                findings.is_empty(),
                "{recording} from {start}, {}: {findings:?}",
                state.height
            );
            if let Some(other) = expected.get(&state.height) {
                same(other, &state, &format!("{recording} from {start} at {}", state.height));
                compared += 1;
            }
        }
        assert_eq!(
            compared,
            asked.iter().filter(|height| *height > start).count(),
            "{recording} from {start}"
        );
    }
}

#[test]
fn gridlocal_1_followed_from_an_answered_state() {
    followed_from("akash-gridlocal-1", &[286, 573]);
}

#[test]
fn gridlocal_v12_followed_from_an_answered_state() {
    followed_from("akash-gridlocal-v12", &[194, 388]);
}

#[test]
fn gridlocal_all_followed_from_an_answered_state_through_its_upgrades() {
    followed_from("akash-gridlocal-all", &[154, 177, 243, 266, 333, 356]);
}

/// From the upgrade block on, where deployments wait for a price, through the block that reprices them, and after it. The
/// recorder could not ask BME and oracle at these heights.
#[test]
fn gridlocal_all_followed_from_the_heights_of_v2_0() {
    followed("akash-gridlocal-all", &[358, 360, 362, 368, 456, 479], completed);
}
