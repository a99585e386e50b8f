//! Whether a slot has a block: a claim of a node, until the chain itself passes over the slot.
#![allow(clippy::unwrap_used)]

mod solana_support;

use gridproof_indexer::source::solana::SlotFact;
use gridproof_indexer::source::{Class, FetchError};
use serde_json::{Value, json};
use solana_support::{Chain, Node, Peer, Reply, source};

/// Slots 1 to 40 without 10, 11 and 12.
fn chain() -> Chain {
    Chain::of((1..=40).filter(|slot| !(10..=12).contains(slot)))
}

/// Says that it has no block in `slot`.
fn without(slot: u64, code: i64) -> impl Fn(&str, &Value, usize) -> Option<Reply> + Send {
    move |method, params, _| {
        (method == "getBlock" && params[0] == slot).then_some(Reply::Error(code, "Slot was skipped", Value::Null))
    }
}

#[tokio::test]
async fn a_slot_is_skipped_when_the_next_block_passes_over_it_and_follows_the_one_before() {
    let peer = Peer::start(Node::new(chain(), 40)).await;
    for code in [-32007, -32009] {
        peer.lock().fault = Some(Box::new(without(11, code)));
        let fact = source(&[&peer], &[]).slot_fact(11).await.unwrap();
        assert_eq!(fact, SlotFact::Skipped { parent: 9, next: 13 }, "{code}");
    }
    let produced = source(&[&peer], &[]).slot_fact(13).await.unwrap();
    assert!(matches!(produced, SlotFact::Produced(links) if links.parent_slot == 9 && links.slot == 13));
}

#[tokio::test]
async fn a_block_that_a_node_lost_is_not_skipped() {
    for code in [-32007, -32009] {
        let peer = Peer::with_fault(Node::new(chain(), 40), without(20, code)).await;
        let error = source(&[&peer], &[]).slot_fact(20).await.unwrap_err();
        assert!(matches!(error, FetchError::SlotSkipped { slot: 20, .. }), "{error}");
        assert_eq!(error.class(), Class::Retry, "unknown, to be asked again");
        let whole = Peer::start(Node::new(chain(), 40)).await;
        let fact = source(&[&peer, &whole], &[]).slot_fact(20).await.unwrap();
        assert!(matches!(fact, SlotFact::Produced(_)), "the other node has it");
    }
}

#[tokio::test]
async fn a_parent_link_with_another_hash_is_a_disagreement_and_no_skip() {
    let node = Node::new(chain(), 40);
    let forged = move |method: &str, params: &Value, _: usize| match node.answer(method, params) {
        Reply::Result(mut block) if method == "getBlock" && params[0] == 13 => {
            block["previousBlockhash"] = json!("forged");
            Some(Reply::Result(block))
        }
        _ => None,
    };
    let peer = Peer::with_fault(Node::new(chain(), 40), forged).await;
    let error = source(&[&peer], &[]).slot_fact(11).await.unwrap_err();
    assert!(matches!(error, FetchError::Disagreement { height: 9, .. }), "{error}");
}

#[tokio::test]
async fn where_there_is_a_second_endpoint_it_must_have_the_same_next_block() {
    let peer = Peer::start(Node::new(chain(), 40)).await;
    let second = Peer::start(Node::new(chain(), 40)).await;
    let fact = source(&[&peer, &second], &[]).slot_fact(11).await.unwrap();
    assert_eq!(fact, SlotFact::Skipped { parent: 9, next: 13 });
    let mut forgetful = Node::new(chain(), 40);
    forgetful.first = 30;
    let third = Peer::start(forgetful).await;
    let fact = source(&[&peer, &third], &[]).slot_fact(11).await.unwrap();
    assert_eq!(
        fact,
        SlotFact::Skipped { parent: 9, next: 13 },
        "one that keeps nothing so old contradicts nothing"
    );
    let down = Peer::with_fault(Node::new(chain(), 40), |method, _, _| {
        (method == "getBlock").then(|| Reply::Http(503, vec![], "down".into()))
    })
    .await;
    let error = source(&[&peer, &down], &[]).slot_fact(11).await.unwrap_err();
    assert_eq!(
        error.class(),
        Class::Retry,
        "one that cannot be asked leaves it unknown: {error}"
    );
    let mut fork = chain();
    fork.block(13, 1);
    let other = Peer::start(Node::new(fork, 40)).await;
    let error = source(&[&peer, &other], &[]).slot_fact(11).await.unwrap_err();
    assert!(matches!(error, FetchError::Disagreement { height: 13, .. }), "{error}");
}

#[tokio::test]
async fn pitfall_01_a_version_that_is_not_supported_is_never_a_skip() {
    let peer = Peer::with_fault(Node::new(chain(), 40), without(11, -32015)).await;
    let error = source(&[&peer], &[]).slot_fact(11).await.unwrap_err();
    assert!(
        matches!(error, FetchError::UnsupportedVersion { height: 11, .. }),
        "{error}"
    );
    let claims = Peer::with_fault(Node::new(chain(), 40), without(11, -32007)).await;
    let error = source(&[&peer, &claims], &[]).slot_fact(11).await.unwrap_err();
    assert_eq!(
        error.class(),
        Class::Retry,
        "not even where another claims one: {error}"
    );
}

#[tokio::test]
async fn the_newest_slots_are_unknown_until_a_block_follows() {
    let peer = Peer::with_fault(Node::new(chain(), 40), without(40, -32007)).await;
    let error = source(&[&peer], &[]).slot_fact(40).await.unwrap_err();
    assert_eq!(error.class(), Class::Retry, "{error}");
    let error = source(&[&peer], &[]).slot_fact(41).await.unwrap_err();
    assert_eq!(error.class(), Class::Wait, "{error}");
}
