//! What the machine does with blocks that do not fit: an error or a finding, never a guess.

use super::replay::fresh;
use crate::chain::akash::model::{Block, EventBody, MessageBody};
use crate::chain::akash::state::flow::ESCROW;
use crate::chain::akash::state::{ChainRules, State, StateError};
use crate::chain::akash::testing::blocks;
use serde_json::json;

const RECORDING: &str = "akash-gridlocal-v12";

/// Replays until the first error.
fn run(blocks: &[Block]) -> Result<(), StateError> {
    let mut state = fresh(RECORDING);
    blocks.iter().try_for_each(|block| state.step(block).map(|_| ()))
}

#[test]
fn a_gap_and_another_chain_are_refused() {
    let mut blocks = blocks(RECORDING);
    let skipped = [blocks[0].clone(), blocks[2].clone()];
    assert!(matches!(
        run(&skipped),
        Err(StateError::OutOfOrder { height: 1, got: 3 })
    ));
    blocks[1].header.chain_id = "elsewhere".to_owned();
    assert!(matches!(run(&blocks[..2]), Err(StateError::WrongChain { .. })));
}

#[test]
fn a_genesis_that_already_has_a_market_is_refused() {
    let rules = ChainRules::parse("x", "v2.1.0", []).unwrap();
    let genesis = json!({"app_state": {"market": {"leases": [{}]}}});
    assert!(matches!(
        State::new(rules, Some(&genesis)),
        Err(StateError::Genesis { .. })
    ));
}

#[test]
fn a_lost_creation_stops_the_range_at_the_first_message_that_needs_it() {
    let mut blocks = blocks(RECORDING);
    let creates = |block: &Block| {
        let messages = block.txs.iter().filter(|tx| tx.succeeded()).flat_map(|tx| &tx.messages);
        messages
            .into_iter()
            .any(|message| matches!(message.body, MessageBody::CreateDeployment { .. }))
    };
    let first = blocks.iter().position(creates).unwrap();
    blocks[first].txs.iter_mut().for_each(|tx| tx.code = 5);
    assert!(matches!(run(&blocks), Err(StateError::Missing { .. })));
}

#[test]
fn a_transfer_that_nobody_computed_is_a_finding() {
    let mut blocks = blocks(RECORDING);
    let mut state = fresh(RECORDING);
    let mut changed = None;
    for block in &mut blocks {
        for event in block
            .txs
            .iter_mut()
            .filter(|tx| tx.code == 0)
            .flat_map(|tx| &mut tx.events)
        {
            if let EventBody::Transfer { sender, amount, .. } = &mut event.body
                && sender == ESCROW
                && changed.is_none()
            {
                amount[0].amount += 1;
                changed = Some(block.header.height);
            }
        }
        let out = state.step(block).unwrap();
        for audit in out.audits {
            let honest = changed != Some(block.header.height) || audit.subject != "transfers";
            assert_eq!(audit.ok, honest, "{}", block.header.height);
        }
    }
    assert!(changed.is_some());
}

#[test]
fn an_event_that_is_missing_or_unannounced_is_a_finding() {
    let mut blocks = blocks(RECORDING);
    let closes = |block: &Block| {
        let events = block.txs.iter().flat_map(|tx| &tx.events);
        events
            .into_iter()
            .any(|event| matches!(event.body, EventBody::LeaseClosed { .. }))
    };
    let at = blocks.iter().position(closes).unwrap();
    for event in blocks[at].txs.iter_mut().flat_map(|tx| &mut tx.events) {
        if let EventBody::LeaseClosed { reason, .. } = &mut event.body {
            "lease_closed_reason_unstable".clone_into(reason);
        }
    }
    let mut state = fresh(RECORDING);
    let mut found = Vec::new();
    for block in &blocks[..=at] {
        let out = state.step(block).unwrap();
        found.extend(out.audits.into_iter().filter(|audit| audit.subject == "events"));
    }
    assert_eq!(found.len(), 1);
    assert!(
        !found[0].ok && found[0].expected.contains("lease_closed_reason_insufficient_funds"),
        "{found:?}"
    );
    assert!(found[0].observed.contains("lease_closed_reason_unstable"), "{found:?}");
}
