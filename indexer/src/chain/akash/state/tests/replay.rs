//! Each recording replayed from genesis: every object equal to the chain's own answer, every paying
//! block's transfers and every event equal to the computed ones, a restored state goes on alike.

use super::truth::{answered, differences, heights, stated};
use crate::chain::akash::model::{Block, EventBody};
use crate::chain::akash::state::flow::{BME, ESCROW};
use crate::chain::akash::state::{ChainRules, State, StateOutput};
use crate::chain::akash::testing::{RECORDINGS, blocks, path};
use serde_json::Value;

/// State before the first block of a recording.
pub(crate) fn fresh(recording: &str) -> State {
    let about: Value = serde_json::from_slice(&std::fs::read(path(recording, "recording.json")).unwrap()).unwrap();
    let upgrades = about["upgrades"].as_array().unwrap();
    let upgrades = upgrades
        .iter()
        .map(|u| (u["name"].as_str().unwrap(), u["height"].as_u64().unwrap()));
    let (chain, starts) = (
        about["chain_id"].as_str().unwrap(),
        about["starts_on"].as_str().unwrap(),
    );
    let rules = ChainRules::parse(chain, starts, upgrades).unwrap();
    let genesis = std::fs::File::open(path(recording, "genesis.json.zst")).unwrap();
    let genesis: Value = serde_json::from_reader(zstd::Decoder::new(genesis).unwrap()).unwrap();
    State::new(rules, Some(&genesis)).unwrap()
}

/// Replays a recording; `each` sees the state after each block.
pub(crate) fn replay(recording: &str, mut each: impl FnMut(&State, &Block, &StateOutput)) -> State {
    let mut state = fresh(recording);
    for block in blocks(recording) {
        let out = state
            .step(&block)
            .unwrap_or_else(|error| panic!("{recording}: {error}"));
        each(&state, &block, &out);
    }
    state
}

fn agrees_with_the_chain(recording: &str, paying_blocks: usize) {
    let asked = heights(recording);
    let (mut compared, mut findings, mut paying) = (0, Vec::new(), 0);
    replay(recording, |state, _, out| {
        for audit in &out.audits {
            paying += usize::from(audit.subject == "transfers" && audit.ok);
            if !audit.ok {
                findings.push(format!("{} {audit:#?}", state.height));
            }
        }
        if asked.contains(&state.height) {
            let (truth, legacy) = answered(recording, state.height);
            let lines = differences(&stated(state, legacy), &truth);
            let shown = lines.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
            assert!(
                lines.is_empty(),
                "{recording} at {}: {} differ\n{shown}",
                state.height,
                lines.len()
            );
            compared += 1;
        }
    });
    assert!(
        findings.is_empty(),
        "{recording}: {} findings\n{}",
        findings.len(),
        findings.join("\n")
    );
    assert_eq!((compared, paying), (asked.len(), paying_blocks), "{recording}");
}

#[test]
fn gridlocal_1_equals_the_chain() {
    agrees_with_the_chain("akash-gridlocal-1", 267);
}

#[test]
fn gridlocal_v12_equals_the_chain() {
    agrees_with_the_chain("akash-gridlocal-v12", 147);
}

#[test]
fn gridlocal_v038_equals_the_chain() {
    agrees_with_the_chain("akash-gridlocal-v038", 147);
}

#[test]
fn gridlocal_all_equals_the_chain() {
    agrees_with_the_chain("akash-gridlocal-all", 132);
}

#[test]
fn a_state_restored_in_mid_chain_goes_on_alike() {
    for (recording, cut) in [("akash-gridlocal-all", 200), ("akash-gridlocal-1", 430)] {
        let mut restored: Option<State> = None;
        let end = replay(recording, |state, block, out| {
            if let Some(other) = restored.as_mut() {
                let again = other.step(block).unwrap();
                assert!(again.changed().eq(out.changed()), "{recording} at {}", state.height);
            }
            if state.height == cut {
                let bytes = state.to_checkpoint().unwrap();
                let other = State::from_checkpoint(&bytes).unwrap();
                assert_eq!(&other, state);
                assert_eq!(other.to_checkpoint().unwrap(), bytes, "the same state, the same bytes");
                restored = Some(other);
            }
        });
        assert_eq!(restored.unwrap(), end, "{recording}");
    }
}

/// Coins that left the module in a block's successful transactions, in the order of the events.
fn observed(block: &Block) -> Vec<(String, String, i128)> {
    let txs = block.txs.iter().filter(|tx| tx.succeeded());
    let mut sent = Vec::new();
    for event in txs.flat_map(|tx| &tx.events) {
        let EventBody::Transfer {
            recipient,
            sender,
            amount,
        } = &event.body
        else {
            continue;
        };
        let coins = amount.iter().filter(|_| sender == ESCROW);
        sent.extend(coins.map(|coin| (recipient.clone(), coin.denom.clone(), coin.amount)));
    }
    sent
}

#[test]
fn payouts_and_refunds_leave_in_the_computed_order() {
    for recording in RECORDINGS {
        replay(recording, |state, block, out| {
            let migrates = out.sent.iter().any(|sent| sent.recipient == BME);
            if migrates || state.rules.upgrades_at(state.height).next().is_some() {
                return;
            }
            let computed = out.sent.iter();
            let computed: Vec<_> = computed
                .map(|s| (s.recipient.clone(), s.denom.clone(), s.amount))
                .collect();
            assert_eq!(computed, observed(block), "{recording} at {}", state.height);
        });
    }
}
