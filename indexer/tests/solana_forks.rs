//! Five hundred reorganisations of blocks that are not final: what is finalized stays as it was, and nothing is passed
//! over.
#![allow(clippy::unwrap_used)]

mod solana_support;

use gridproof_indexer::source::Source;
use gridproof_indexer::source::solana::SlotFact;
use solana_support::{Chain, Node, Order, Peer, Reply, address, fetch_patiently, paged};

const REORGANISATIONS: u64 = 500;

/// Grows the chain behind `finalized` by a new fork of confirmed blocks: other slots skipped, other transactions.
fn fork(chain: &mut Chain, finalized: u64, confirmed: u64, random: &mut fastrand::Rng, followed: &[String]) {
    chain.blocks.retain(|slot, _| *slot <= finalized);
    for slot in finalized + 1..=confirmed {
        // The next slot to become final always has a block, so that the chain grows.
        if slot > finalized + 1 && random.u8(..4) == 0 {
            continue;
        }
        chain.block(slot, random.u8(..));
        for _ in 0..random.u8(..3) {
            let one = &followed[random.usize(..followed.len())];
            match random.u8(..4) {
                0 => chain.failed(slot, &[one]),
                1 => chain.tx(slot, &[&followed[0], &followed[1]]),
                2 => chain.tx(slot, &[&address(88)]),
                _ => chain.tx(slot, &[one]),
            };
        }
    }
}

#[tokio::test]
async fn five_hundred_reorganisations_of_confirmed_blocks_never_change_the_finalized_view() {
    let followed = vec![address(1), address(2)];
    let mut random = fastrand::Rng::with_seed(20_261_123);
    let mut chain = Chain::of(1..=10);
    let mut finalized = 10;
    let (one, two) = (
        Peer::start(Node::new(chain.clone(), 10)).await,
        Peer::start(Node::new(chain.clone(), 10)).await,
    );
    let source = paged(&[&one, &two], &followed, 7);
    let mut seen = Vec::new();
    let mut done = 0;
    for _ in 0..REORGANISATIONS {
        fork(&mut chain, finalized, finalized + 32, &mut random, &followed);
        // Some of this fork becomes final. One node is ahead of the other, and orders slots in its own way.
        let final_now = *chain
            .blocks
            .range(..=finalized + random.u64(1..6))
            .next_back()
            .unwrap()
            .0;
        for (peer, lag) in [(&one, 0), (&two, random.u64(..3))] {
            let mut node = Node::new(chain.clone(), final_now.saturating_sub(lag).max(finalized));
            (node.confirmed, node.order) = (final_now + 20, Order::OldestFirst);
            if random.bool() {
                node.order = Order::NewestFirst;
            }
            peer.lock().node = node;
        }
        finalized = final_now;
        let head = source.head().await.unwrap().height;
        assert!(head <= finalized, "a slot that is not final is no head");
        if head > done {
            seen.extend(fetch_patiently(&source, done + 1, head).await);
            done = head;
        }
        assert_eq!(seen, chain.truth(&followed, 1, done), "at slot {done}");
    }
    for slot in (1..=done).step_by(37) {
        let fact = source.slot_fact(slot).await.unwrap();
        assert_eq!(
            matches!(fact, SlotFact::Produced(_)),
            chain.blocks.contains_key(&slot),
            "slot {slot}"
        );
    }
    assert!(done > REORGANISATIONS, "the chain grew to slot {done}");
    assert_eq!(
        fetch_patiently(&source, 1, done).await,
        seen,
        "and all of it at once is the same"
    );
}

#[tokio::test]
async fn endpoints_that_have_finalized_different_blocks_are_shown_and_the_head_stands_still() {
    let followed = vec![address(1)];
    let mut fork = Chain::of(1..=40);
    fork.block(40, 1);
    let one = Peer::start(Node::new(Chain::of(1..=40), 40)).await;
    let two = Peer::start(Node::new(fork, 40)).await;
    let source = paged(&[&one, &two], &followed, 7);
    let error = source.head().await.unwrap_err();
    assert!(error.to_string().contains("disagree"), "{error}");
    assert_eq!(*source.heads().borrow(), 0);
}

#[tokio::test]
async fn one_endpoint_that_claims_a_slot_far_ahead_does_not_move_the_head() {
    let followed = vec![address(1)];
    let one = Peer::start(Node::new(Chain::of(1..=40), 40)).await;
    let two = Peer::start(Node::new(Chain::of(1..=41), 41)).await;
    let ahead = Peer::with_fault(Node::new(Chain::of(1..=40), 40), |method, _, _| {
        (method == "getSlot").then_some(Reply::Result(1_000_000.into()))
    })
    .await;
    let source = paged(&[&one, &two, &ahead], &followed, 7);
    assert_eq!(source.head().await.unwrap().height, 41);
}
